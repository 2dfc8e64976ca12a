#include "sim/answer.hpp"

#include <algorithm>
#include <array>

namespace prx::sim {
namespace {

std::string clip(std::string_view text) {
  if (text.size() <= kEchoBytesMax) return std::string(text);
  std::size_t end = kEchoBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + " ...";
}

std::string filler(std::size_t tokens) {
  static constexpr std::array<std::string_view, 8> kWords{" the",   " quick", " brown", " fox",
                                                          " jumps", " over",  " lazy",  " dogs"};
  std::string out;
  for (std::size_t i = 0; i < tokens; ++i) out += kWords[i % kWords.size()];
  return out;
}

std::string echo(const ChatCall& call) {
  std::string out = "This is a simulated answer: no model was asked";
  out += call.prompt.empty() ? ", and the prompt was empty."
                             : ". Your prompt was: " + clip(call.prompt);
  for (const auto& result : call.tool_results) out += " The tool said: " + clip(result);
  return out;
}

std::string choose_text(const ChatCall& call, const Faults& faults, const AnswerOptions& options) {
  std::string text;
  if (const Fault* said = find_fault(faults, FaultKind::kAnswer)) {
    text = said->text;
  } else if (!call.json_answer.empty()) {
    text = call.json_answer;
  } else if (!options.text.empty()) {
    text = options.text;
  } else {
    text = options.tokens > 0 ? filler(options.tokens) : echo(call);
  }
  if (!call.prefill.empty() && text.starts_with(call.prefill)) text.erase(0, call.prefill.size());
  return text;
}

/// Ids that differ within an answer and repeat from run to run, as a cache of prompts wants them.
std::string call_id(std::size_t index) {
  std::string id = "call_sim0000";
  id += std::to_string(index);
  return id;
}

void choose_calls(Answer& answer, const ChatCall& call, const Faults& faults) {
  const bool parallel = find_fault(faults, FaultKind::kParallelTools) != nullptr ||
                        call.model.find(":parallel") != std::string::npos;
  const std::size_t count = parallel ? call.tools.size() : 1;
  const Fault* const said = find_fault(faults, FaultKind::kToolAnswer);
  for (std::size_t i = 0; i < count; ++i)
    answer.calls.push_back(
        {call_id(i), call.tools[i].name, said != nullptr ? said->text : call.tools[i].arguments});
  answer.finish_reason = "tool_calls";
}

/// Keeps the first `count` tokens; the number kept.
std::size_t keep_tokens(std::string& text, std::size_t count) {
  std::size_t at = 0, kept = 0;
  while (at < text.size() && kept < count) {
    at += token_length(std::string_view(text).substr(at));
    ++kept;
  }
  text.resize(at);
  return kept;
}

/// The limit ends an answer also in the middle of a call's arguments; a name is one token.
void limit_calls(Answer& answer, std::size_t limit) {
  for (std::size_t i = 0; i < answer.calls.size(); ++i) {
    const std::size_t left = limit - std::min(limit, answer.completion_tokens);
    std::string& arguments = answer.calls[i].arguments;
    const std::size_t wanted = count_tokens(arguments) + 1;
    if (wanted > left) {
      answer.completion_tokens += left;
      static_cast<void>(keep_tokens(arguments, left > 0 ? left - 1 : 0));
      answer.calls.resize(i + 1);
      answer.finish_reason = "length";
      return;
    }
    answer.completion_tokens += wanted;
  }
}

}  // namespace

Answer make_answer(const ChatCall& call, const Faults& faults, const AnswerOptions& options) {
  Answer answer;
  answer.prompt_tokens = call.prompt_tokens;
  if (find_fault(faults, FaultKind::kEmpty) != nullptr) {
    answer.prompt_tokens = 0;
    return answer;
  }
  std::string reasoning;
  if (call.reasoning)
    reasoning = "The prompt has " + std::to_string(call.prompt_tokens) +
                " tokens. A simulator does not think, so I say what I was asked.";
  if (call.wants_tools) choose_calls(answer, call, faults);
  const bool speaks = find_fault(faults, FaultKind::kToolAnswer) != nullptr &&
                      find_fault(faults, FaultKind::kAnswer) != nullptr;
  if (!call.wants_tools || speaks) answer.text = choose_text(call, faults, options);
  const std::size_t limit = call.tokens_max.value_or(SIZE_MAX);
  const std::size_t wanted = count_tokens(reasoning) + count_tokens(answer.text);
  answer.reasoning_tokens = keep_tokens(reasoning, limit);
  answer.completion_tokens =
      answer.reasoning_tokens + keep_tokens(answer.text, limit - answer.reasoning_tokens);
  if (wanted > limit && answer.calls.empty()) answer.finish_reason = "length";
  limit_calls(answer, limit);
  if (options.shows_reasoning && call.reasoning_shown) answer.reasoning = std::move(reasoning);
  return answer;
}

}  // namespace prx::sim
