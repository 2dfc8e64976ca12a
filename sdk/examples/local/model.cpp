#include "model.hpp"

#include <algorithm>
#include <cmath>

namespace local {
namespace {

constexpr float kRate = 0.1F;    ///< how far a step goes
constexpr float kSpread = 0.2F;  ///< of the weights at first

/// Scores become shares that add up to 1.
void to_shares(std::vector<float>& scores, float temperature) {
  const float highest = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (float& score : scores) sum += score = std::exp((score - highest) / temperature);
  for (float& score : scores) score /= sum;
}

float product(const float* a, const float* b, std::size_t size) {
  float sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}
void add(float* to, const float* from, float factor, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to[i] += factor * from[i];
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}
double Random::uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

Vocabulary::Vocabulary() : words_{"", "?"} {}

Word Vocabulary::learn(std::string_view word) {
  const auto known = numbers_.find(std::string(word));
  if (known != numbers_.end()) return known->second;
  if (words_.size() >= kWordsMax) return kUnknown;
  const auto number = static_cast<Word>(words_.size());
  words_.emplace_back(word);
  numbers_.emplace(word, number);
  return number;
}

Word Vocabulary::find(std::string_view word) const {
  const auto known = numbers_.find(std::string(word));
  return known == numbers_.end() ? kUnknown : known->second;
}

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string_view> words;
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

Model::Model(std::string_view corpus, std::uint64_t seed) : activity_{}, random_(seed) {
  read(corpus);
  const auto fill = [this](std::vector<float>& weights, std::size_t size) {
    weights.resize(size);
    for (float& weight : weights)
      weight = kSpread * (2 * static_cast<float>(random_.uniform()) - 1);
  };
  fill(embedding_, vocabulary_.size() * kWidth);
  fill(hidden_, kHidden * kInput);
  fill(output_, vocabulary_.size() * kHidden);
}

void Model::read(std::string_view corpus) {
  while (!corpus.empty()) {
    const std::size_t size = std::min(corpus.find('\n'), corpus.size());
    const std::string_view line = corpus.substr(0, size);
    corpus.remove_prefix(std::min(size + 1, corpus.size()));
    Context context{};
    const auto add_example = [&](Word word) {
      examples_.push_back({context, word});
      std::rotate(context.begin(), context.begin() + 1, context.end());
      context.back() = word;
    };
    const auto words = words_of(line);
    for (const std::string_view word : words) add_example(vocabulary_.learn(word));
    if (!words.empty()) add_example(Vocabulary::kEnd);
  }
}

void Model::run(const Context& context, Activity& activity) const {
  for (std::size_t i = 0; i < kContext; ++i)
    std::copy_n(&embedding_[context[i] * kWidth], kWidth, &activity.input[i * kWidth]);
  for (std::size_t unit = 0; unit < kHidden; ++unit)
    activity.hidden[unit] =
        std::tanh(product(&hidden_[unit * kInput], activity.input.data(), kInput));
  activity.scores.resize(vocabulary_.size());
  for (std::size_t word = 0; word < activity.scores.size(); ++word)
    activity.scores[word] = product(&output_[word * kHidden], activity.hidden.data(), kHidden);
}

void Model::step() {
  if (!examples_.empty()) learn(examples_[random_.next() % examples_.size()], activity_);
}

/// One step down the slope of the surprise.
void Model::learn(const Example& example, Activity& activity) {
  run(example.context, activity);
  to_shares(activity.scores, 1);
  activity.scores[example.word] -= 1;
  std::array<float, kHidden> hidden_slope{};
  for (std::size_t word = 0; word < activity.scores.size(); ++word) {
    add(hidden_slope.data(), &output_[word * kHidden], activity.scores[word], kHidden);
    add(&output_[word * kHidden], activity.hidden.data(), -kRate * activity.scores[word], kHidden);
  }
  std::array<float, kInput> input_slope{};
  for (std::size_t unit = 0; unit < kHidden; ++unit) {
    const float slope = hidden_slope[unit] * (1 - activity.hidden[unit] * activity.hidden[unit]);
    add(input_slope.data(), &hidden_[unit * kInput], slope, kInput);
    add(&hidden_[unit * kInput], activity.input.data(), -kRate * slope, kInput);
  }
  for (std::size_t i = 0; i < kContext; ++i)
    add(&embedding_[example.context[i] * kWidth], &input_slope[i * kWidth], -kRate, kWidth);
}

Word Model::next(const Context& context, double temperature, Random& random) const {
  Activity activity{};
  run(context, activity);
  activity.scores[Vocabulary::kUnknown] = -1e9F;  // no text of its own
  const auto best = std::max_element(activity.scores.begin(), activity.scores.end());
  constexpr double kColdest = 0.01;
  if (temperature < kColdest) return static_cast<Word>(best - activity.scores.begin());
  to_shares(activity.scores, static_cast<float>(temperature));
  double left = random.uniform();
  for (std::size_t word = 0; word < activity.scores.size(); ++word)
    if ((left -= static_cast<double>(activity.scores[word])) < 0) return static_cast<Word>(word);
  return static_cast<Word>(best - activity.scores.begin());
}

double Model::loss() const {
  double sum = 0;
  Activity activity{};
  for (const Example& example : examples_) {
    run(example.context, activity);
    to_shares(activity.scores, 1);
    sum -= std::log(static_cast<double>(activity.scores[example.word]) + 1e-9);
  }
  return examples_.empty() ? 0 : sum / static_cast<double>(examples_.size());
}

}  // namespace local
