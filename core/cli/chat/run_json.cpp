#include "cli/chat/run_json.hpp"

#include "cli/chat/answer_json.hpp"
#include "cli/json_writer.hpp"
#include "cli/status_line.hpp"
#include "client/whole_characters.hpp"

namespace prx::cli {
namespace {

constexpr std::size_t kShownMax = 200;  // bytes of arguments, and of a failure, in a line

std::string shortened(std::string_view text) {
  if (text.size() <= kShownMax) return std::string(text);
  return std::string(whole_characters(text, kShownMax)) + "...";
}

std::string in_ms(std::chrono::microseconds time) {
  return std::to_string(std::chrono::round<std::chrono::milliseconds>(time).count()) + " ms";
}

std::string without_line_feed(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string tools_json(const std::vector<ToolRun>& runs) {
  JsonWriter json;
  json.begin_array();
  for (const ToolRun& run : runs) {
    json.begin_object();
    json.key("id").string(run.call.id).key("name").string(run.call.name);
    json.key("arguments").string(run.call.arguments).key("result").string(run.result);
    json.key("failed").boolean(run.failed);
    json.key("took_ms").number(static_cast<double>(run.took.count()) / 1e3);
    json.end_object();
  }
  json.end_array();
  return json.text();
}

std::string total_json(const ConversationUsage& total) {
  JsonWriter json;
  json.begin_object();
  json.key("answers").integer(total.calls);
  json.key("prompt_tokens").integer(total.prompt_tokens);
  json.key("completion_tokens").integer(total.completion_tokens);
  json.key("reasoning_tokens").integer(total.reasoning_tokens);
  json.key("cached_tokens").integer(total.cached_tokens);
  json.key("cost").begin_object();
  json.key("dollars").number(total.cost.dollars);
  json.key("lower_bound").boolean(total.cost.lower_bound);
  json.key("estimated").boolean(total.cost.estimated);
  json.end_object().end_object();
  return json.text();
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string spent(const std::vector<Round>& rounds, std::size_t answers, const CallCost& cost) {
  std::size_t calls = 0;
  for (const Round& round : rounds) calls += round.tools.size();
  return counted(answers, "answer") + ", " + counted(calls, "tool call") + ", " +
         format_cost_in_all(cost);
}

}  // namespace

std::string run_json(std::string answer, const std::vector<Round>& rounds,
                     const ConversationUsage& total) {
  std::string out = without_line_feed(std::move(answer));
  out.pop_back();  // its brace
  out += ",\"rounds\":[";
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    if (i > 0) out += ',';
    out += "{\"answer\":" + without_line_feed(answer_json(rounds[i].response));
    out += ",\"tools\":" + tools_json(rounds[i].tools) + "}";
  }
  return out + "],\"total\":" + total_json(total) + "}\n";
}

std::string tool_line(const ToolRun& run) {
  const std::string called =
      "tool " + shortened(run.call.name) + "(" + shortened(run.call.arguments) + "): ";
  if (run.failed) return called + shortened(run.result);
  return called + std::to_string(run.result.size()) + " bytes, " + in_ms(run.took);
}

ConversationUsage usage_of(const std::vector<Round>& rounds) {
  ConversationUsage usage;
  for (const Round& round : rounds) usage.add(round.response.usage, round.response.attempts);
  return usage;
}

ConversationUsage usage_of(const RunError& error) {
  ConversationUsage usage = usage_of(error.rounds);
  if (!error.attempts.empty()) usage.add(error.partial.usage, error.attempts);
  return usage;
}

std::string run_summary(const std::vector<Round>& rounds, const ConversationUsage& total) {
  return rounds.size() < 2 ? std::string() : " | " + spent(rounds, rounds.size(), total.cost);
}

std::string failed_run_summary(const RunError& error) {
  const std::size_t answers = error.rounds.size() + (error.rounds_over ? 1 : 0);
  return answers == 0 ? std::string() : spent(error.rounds, answers, usage_of(error).cost);
}

}  // namespace prx::cli
