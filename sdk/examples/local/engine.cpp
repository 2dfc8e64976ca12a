#include "engine.hpp"

#include <algorithm>

#include <prx/sdk/event_writer.hpp>

#include "stop_filter.hpp"

namespace local {
namespace {

using prx::sdk::FinishReason;
using prx::sdk::Op;

bool is_late(const Op& op) { return op.host().now_ns() >= op.request().deadline_ns; }

/// The last words of the prompt are the first context.
Model::Context context_of(std::string_view prompt, const Vocabulary& vocabulary) {
  Model::Context context{};
  const auto words = words_of(prompt);
  const std::size_t size = std::min(words.size(), context.size());
  for (std::size_t i = 0; i < size; ++i)
    context[context.size() - size + i] = vocabulary.find(words[words.size() - size + i]);
  return context;
}

bool is_mark(std::string_view word) { return word == "." || word == ","; }

struct Counted {
  std::size_t prompt = 0, answer = 0;
};
prx_usage usage_of(const Counted& counted) {
  prx_usage usage = prx::sdk::unknown_usage();
  usage.prompt_tokens = static_cast<std::int64_t>(counted.prompt);
  usage.completion_tokens = static_cast<std::int64_t>(counted.answer);
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
  usage.reasoning_tokens = usage.cached_tokens = usage.cache_write_tokens = 0;
  usage.cost = 0;
  return usage;
}

}  // namespace

Engine::Engine(std::string_view corpus, std::uint64_t seed, std::size_t epochs)
    : model_(corpus, seed), steps_(epochs * model_.epoch_steps()) {}

Outcome Engine::load(Op& op) {
  const std::size_t epoch = std::max<std::size_t>(model_.epoch_steps(), 1);
  while (steps_done_ < steps_) {
    if (op.cancelled()) return Outcome::kStopped;
    if (is_late(op)) return Outcome::kTooLate;
    if (steps_done_ % epoch == 0 &&
        !op.progress("learning, epoch " + std::to_string(steps_done_ / epoch + 1) + " of " +
                     std::to_string(steps_ / epoch)))
      return Outcome::kStopped;
    model_.step();
    ++steps_done_;
  }
  return Outcome::kDone;
}

Outcome Engine::say(Op& op, const Asked& asked) const {
  Model::Context context = context_of(asked.prompt, model_.vocabulary());
  Random random(asked.seed);
  StopFilter filter(asked.stops);
  Counted counted{words_of(asked.prompt).size(), 0};
  Word word = Vocabulary::kEnd;
  while (counted.answer < asked.tokens_max && !filter.stopped()) {
    if (op.cancelled()) return Outcome::kStopped;
    if (is_late(op)) return Outcome::kTooLate;
    word = model_.next(context, asked.temperature, random);
    if (word == Vocabulary::kEnd && counted.answer > 0) break;
    std::rotate(context.begin(), context.begin() + 1, context.end());
    context.back() = word;
    if (word == Vocabulary::kEnd) continue;  // the prompt ended its sentence
    const std::string_view text = model_.vocabulary().text(word);
    const bool glued = counted.answer == 0 || is_mark(text);
    if (!op.text(filter.add(glued ? std::string(text) : ' ' + std::string(text))))
      return Outcome::kStopped;
    ++counted.answer;
  }
  if (!filter.stopped() && !op.text(filter.rest())) return Outcome::kStopped;
  const bool is_cut = !filter.stopped() && word != Vocabulary::kEnd;
  if (is_cut)
    op.finish(FinishReason::kLength, "length");
  else
    op.finish(FinishReason::kStop, filter.stopped() ? "stop" : "end of sentence");
  op.usage(usage_of(counted));
  return Outcome::kDone;
}

}  // namespace local
