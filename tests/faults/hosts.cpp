// The hosts: library streaming and blocking, the program streaming, with --json, and --no-stream.
#include <rapidjson/document.h>

#include "faults/observed.hpp"
#include "support/process.hpp"

namespace prx::faults {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPrompt = "hello";
constexpr std::chrono::seconds kPatience{300};  ///< above what the slowest scenario takes

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

ChatRequest question() {
  ChatRequest request;
  request.messages = {Message::user(kPrompt)};
  return request;
}

void take_trail(Observed& out, const std::vector<Attempt>& attempts) {
  out.trail.emplace();
  out.cost = cost_of(attempts);
  for (const Attempt& attempt : attempts)
    out.trail->push_back({attempt.provider, attempt.reason,
                          attempt.error ? std::string(to_string(attempt.error->error_class)) : "",
                          attempt.exchanges, attempt.error ? attempt.error->message : ""});
}

void take_result(Observed& out, const ChatResult& result) {
  out.answered = result.has_value();
  if (!result) {
    out.error_class = to_string(result.error().error_class);
    out.message = result.error().message;
    take_trail(out, result.error().attempts);
    if (result.error().partial.text != out.text) out.odd.push_back("partial text is not that read");
    return;
  }
  if (result->text != out.text) out.odd.push_back("the whole text is not that of its pieces");
  out.provider = result->provider;
  out.model = result->model;
  out.tokens = result->usage.completion_tokens;
  take_trail(out, result->attempts);
}

std::string member_text(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found != object.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

void take_attempts(Observed& out, const rapidjson::Value& list) {
  out.trail.emplace();
  for (const auto& attempt : list.GetArray()) {
    const auto& error = attempt["error"];
    out.trail->push_back({member_text(attempt, "provider"), member_text(attempt, "reason"),
                          error.IsObject() ? member_text(error, "class") : "",
                          attempt["exchanges"].GetUint(),
                          error.IsObject() ? member_text(error, "message") : ""});
  }
}

void take_json(Observed& out, const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) {
    out.odd.push_back("--json printed no JSON object: " + text.substr(0, 200));
    return;
  }
  out.text = member_text(document, "text");
  if (document["attempts"].IsArray()) take_attempts(out, document["attempts"]);
  if (document["error"].IsObject()) {
    out.error_class = member_text(document["error"], "class");
    out.message = member_text(document["error"], "message");
    if (out.answered) out.odd.push_back("exit code 0 with an error");
    return;
  }
  if (!out.answered) out.odd.push_back("an exit code of failure without an error");
  out.provider = member_text(document, "provider");
  out.model = member_text(document, "model");
  const auto& tokens = document["usage"]["completion_tokens"];
  if (tokens.IsInt64()) out.tokens = tokens.GetInt64();
}

}  // namespace

Observed stream_call(Client& client) {
  Observed out;
  const auto start = Clock::now();
  const auto stream = client.stream(question());
  while (const StreamEvent* event = stream->next())
    if (event->type == StreamEvent::Type::kText) out.text += event->text;
  if (stream->next() != nullptr) out.odd.push_back("an event after the end");
  out.took = since(start);
  take_result(out, stream->result());
  return out;
}

Observed block_call(Client& client) {
  Observed out;
  const auto start = Clock::now();
  const ChatResult result = client.chat(question());
  out.took = since(start);
  out.text = result ? result->text : result.error().partial.text;
  take_result(out, result);
  return out;
}

Observed program_call(Stage& stage, const Cell& cell) {
  test::ProcessOptions options;
  options.program = PRX_BINARY_DIR "/bin/prx";
  options.environment = stage.environment();
  options.arguments = {"chat", "--config", stage.config_file(cell)};
  if (cell.host != Host::kCli) options.arguments.push_back("--json");
  if (cell.host == Host::kCliPlain) options.arguments.push_back("--no-stream");
  options.arguments.push_back(kPrompt);
  const auto start = Clock::now();
  test::Process process(std::move(options));
  const test::ProcessResult result = process.wait(kPatience);
  Observed out;
  out.took = since(start);
  out.exit_code = result.exit_code;
  out.answered = result.exit_code == 0;
  out.message = result.err;
  if (result.signal != 0) out.odd.push_back("killed by signal " + std::to_string(result.signal));
  if (cell.host != Host::kCli) {
    take_json(out, result.out);
    return out;
  }
  out.text = result.out;
  if (!out.text.empty() && out.text.back() == '\n') out.text.pop_back();
  return out;
}

Observed make_call(Stage& stage, const Cell& cell) {
  if (cell.host != Host::kStream && cell.host != Host::kBlock) return program_call(stage, cell);
  const auto client = stage.open(cell);
  Observed out = cell.host == Host::kStream ? stream_call(*client) : block_call(*client);
  if (!stage.settled(cell)) out.odd.push_back("a request is still open two seconds after the end");
  return out;
}

Rehearsed rehearse(Stage& stage, const Cell& cell) {
  test::ProcessOptions options;
  options.program = PRX_BINARY_DIR "/bin/prx";
  options.environment = stage.environment();
  options.arguments = {
      "plan",
      "--config",
      stage.config_file(cell),
      "--json",
      "--fail",
      with_variant(stage.scenario().rehearsed, stage.scenario().variants[cell.variant])};
  const test::ProcessResult result = test::run_process(std::move(options));
  Rehearsed out;
  rapidjson::Document document;
  document.Parse(result.out.data(), result.out.size());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("answered")) {
    out.problem = "prx plan: " + result.err + result.out.substr(0, 200);
    return out;
  }
  out.answered = document["answered"].GetBool();
  out.served_by = member_text(document, "served_by");
  out.error_class = member_text(document, "error");
  out.attempts = document["attempts"].GetInt();
  return out;
}

}  // namespace prx::faults
