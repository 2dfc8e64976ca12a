/// \file model.hpp
/// A language model small enough to be learned while one waits: the next word by the three before
/// it, by a network with one hidden layer. Pure: no clock, no thread, no I/O; the same seed and the
/// same steps give the same model and the same words.
/// \see Bengio et al., A Neural Probabilistic Language Model, JMLR 3 (2003)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace local {

/// Random numbers that are the same everywhere. Not for secrets.
/// \see https://prng.di.unimi.it/splitmix64.c
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next();
  /// 0 or more, below 1.
  [[nodiscard]] double uniform();

 private:
  std::uint64_t state_;
};

using Word = std::uint32_t;  ///< an index into the vocabulary

/// Words of a text: what blanks separate. In the model's own text each line ends a sentence.
class Vocabulary {
 public:
  static constexpr Word kEnd = 0;      ///< before the first word of a sentence, and after the last
  static constexpr Word kUnknown = 1;  ///< not in the text that was learned
  static constexpr std::size_t kWordsMax = 4096;

  Vocabulary();
  /// The number of a word; a new one until there are kWordsMax, kUnknown then.
  Word learn(std::string_view word);
  [[nodiscard]] Word find(std::string_view word) const;
  [[nodiscard]] std::string_view text(Word word) const { return words_[word]; }
  [[nodiscard]] std::size_t size() const { return words_.size(); }

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, Word> numbers_;
};

/// The blanks-separated words of a text, as views into it.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

/// Made by its constructor, learned step by step by one thread, then read by any number.
class Model {
 public:
  static constexpr std::size_t kContext = 3;
  using Context = std::array<Word, kContext>;  ///< the newest word last

  /// \param corpus  one sentence per line.
  Model(std::string_view corpus, std::uint64_t seed);

  /// Learns one word of the text from those before it; some ten microseconds.
  void step();
  /// Words of the text: as many steps are an epoch.
  [[nodiscard]] std::size_t epoch_steps() const { return examples_.size(); }

  /// Draws the word after a context. A temperature of 0 takes the likeliest one; a higher one makes
  /// the others likelier.
  [[nodiscard]] Word next(const Context& context, double temperature, Random& random) const;
  [[nodiscard]] const Vocabulary& vocabulary() const { return vocabulary_; }
  /// The mean surprise of the text's words, in nats; falls while it learns.
  [[nodiscard]] double loss() const;

 private:
  static constexpr std::size_t kWidth = 12;   ///< of a word
  static constexpr std::size_t kHidden = 24;  ///< units of the hidden layer
  static constexpr std::size_t kInput = kContext * kWidth;
  struct Example {
    Context context;
    Word word;
  };
  struct Activity {
    std::array<float, kInput> input;
    std::array<float, kHidden> hidden;
    std::vector<float> scores;  ///< of each word
  };

  void read(std::string_view corpus);
  void run(const Context& context, Activity& activity) const;
  void learn(const Example& example, Activity& activity);

  Vocabulary vocabulary_;
  std::vector<Example> examples_;
  std::vector<float> embedding_;  ///< a row of kWidth for each word
  std::vector<float> hidden_;     ///< a row of kInput for each unit
  std::vector<float> output_;     ///< a row of kHidden for each word
  Activity activity_;             ///< of step()
  Random random_;                 ///< of step()
};

}  // namespace local
