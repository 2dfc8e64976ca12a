// The hosts: library streaming and blocking, the program streaming, with --json, and --no-stream;
// the gateway streaming and not, in served.cpp.
#include <rapidjson/document.h>

#include <map>

#include "faults/observed.hpp"
#include "faults/served.hpp"
#include "support/process.hpp"

namespace prx::faults {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPrompt = "hello";
constexpr std::chrono::seconds kPatience{300};  ///< above what the slowest scenario takes

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

ChatRequest question(const Scenario& scenario) {
  ChatRequest request;
  request.messages = {Message::user(kPrompt)};
  for (const auto& [name, json] : scenario.asks)
    request.extra += (request.extra.empty() ? "{\"" : ",\"") + name + "\":" + json;
  if (!request.extra.empty()) request.extra += '}';
  return request;
}

bool is_json(std::string_view text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  return !document.HasParseError();
}

void add_call(std::string& calls, std::string_view name, std::string_view arguments) {
  if (!calls.empty()) calls += "; ";
  calls.append(name).append("(").append(arguments).append(")");
}

std::string calls_of(const std::vector<ToolCall>& list) {
  std::string out;
  for (const ToolCall& call : list) add_call(out, call.name, call.arguments);
  return out;
}

/// What a stream's caller sees, event by event.
class Watcher {
 public:
  explicit Watcher(Observed& out) : out_(out) { out_.restarts = 0; }

  void take(const StreamEvent& event) {
    using Type = StreamEvent::Type;
    if (event.type == Type::kText) out_.text += event.text;
    if (event.type == Type::kRestart) restart();
    if (event.type == Type::kToolCallDelta) take_piece(event);
    if (event.type == Type::kToolCall) take_call(event);
  }

 private:
  struct Piece {
    std::string id, name, arguments;
  };

  void restart() {
    ++*out_.restarts;
    if (!out_.text.empty() || !pieces_.empty()) out_.odd.push_back("a restart after an answer");
  }

  void take_piece(const StreamEvent& event) {
    Piece& piece = pieces_[event.index];
    if (!event.id.empty() && !piece.id.empty() && piece.id != event.id)
      out_.odd.push_back("the id of a tool call has changed");
    if (piece.id.empty()) piece.id = event.id;
    if (piece.name.empty()) piece.name = event.name;
    piece.arguments += event.text;
    out_.pieces.clear();
    for (const auto& [index, each] : pieces_) add_call(out_.pieces, each.name, each.arguments);
  }

  void take_call(const StreamEvent& event) {
    if (!is_json(event.text)) out_.odd.push_back("half a tool call: " + std::string(event.text));
    add_call(out_.calls, event.name, event.text);
    const auto found = pieces_.find(event.index);
    if (found != pieces_.end() && found->second.id != event.id)
      out_.odd.push_back("a tool call has another id than its pieces");
  }

  Observed& out_;
  std::map<std::uint32_t, Piece> pieces_;
};

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
  if (calls_of(result->tool_calls) != out.calls)
    out.odd.push_back("the tool calls are not those delivered");
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
  for (const auto& call : document["tool_calls"].GetArray())
    add_call(out.calls, member_text(call, "name"), member_text(call, "arguments"));
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

/// The program without --json says a tool call on stderr.
void take_spoken_calls(Observed& out, const std::string& err) {
  constexpr std::string_view kMark = "the model calls ";
  for (auto at = err.find(kMark); at != std::string::npos; at = err.find(kMark, at)) {
    at += kMark.size();
    const std::string call = err.substr(at, err.find('\n', at) - at);
    out.calls += (out.calls.empty() ? "" : "; ") + call;
  }
}

}  // namespace

std::string calls_text(const Target& target) {
  std::string out;
  for (const char* name : {"weather", "clock"})
    if (out.empty() ? target.calls > 0 : target.calls > 1) add_call(out, name, target.arguments);
  return out;
}

Observed stream_call(Client& client, const Scenario& scenario) {
  Observed out;
  Watcher watcher(out);
  CallOptions options;
  options.tool_call_deltas = scenario.deltas;
  const auto start = Clock::now();
  const auto stream = client.stream(question(scenario), options);
  while (const StreamEvent* event = stream->next()) watcher.take(*event);
  if (stream->next() != nullptr) out.odd.push_back("an event after the end");
  out.took = since(start);
  take_result(out, stream->result());
  return out;
}

Observed block_call(Client& client, const Scenario& scenario) {
  Observed out;
  const auto start = Clock::now();
  const ChatResult result = client.chat(question(scenario));
  out.took = since(start);
  if (result) out.calls = calls_of(result->tool_calls);
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
  for (const auto& [name, json] : stage.scenario().asks) {
    options.arguments.push_back("--param");
    options.arguments.push_back(name + "=" + json);
  }
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
  take_spoken_calls(out, result.err);
  if (!out.text.empty() && out.text.back() == '\n') out.text.pop_back();
  return out;
}

Observed make_call(Stage& stage, const Cell& cell) {
  Observed out;
  if (cell.host == Host::kServe || cell.host == Host::kServePlain) {
    out = Served(stage, cell).call(stage.scenario(), cell.host == Host::kServe);
  } else if (cell.host == Host::kStream || cell.host == Host::kBlock) {
    const auto client = stage.open(cell);
    out = cell.host == Host::kStream ? stream_call(*client, stage.scenario())
                                     : block_call(*client, stage.scenario());
  } else {
    return program_call(stage, cell);
  }
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
