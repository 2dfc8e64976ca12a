#include "cli/plugin/live_rules.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "prx/client.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::cli {
namespace {

using check::Rule;
using check::Subject;
using check::Trial;

constexpr std::chrono::seconds kCallMax{60};
constexpr std::chrono::seconds kRuleMax{90};

/// A client that asks this plugin alone; nullptr after the trial was told why there is none.
std::unique_ptr<Client> open_client(const Subject& subject, Trial& trial, LogSink log = {}) {
  ClientOptions options;
  options.warm_up = false;
  options.one_shot = true;
  options.catalog = CatalogUse::kOff;
  options.log = std::move(log);
  trial.at("opening a client");
  auto config = Config::parse(subject.live_toml, "check.toml", subject.live_folder, {});
  auto client = config ? Client::open(std::move(*config), std::move(options))
                       : Result<std::unique_ptr<Client>>(Unexpected(config.error()));
  (void)trial.expect(client.has_value(), "the plugin can be asked",
                     client ? "" : client.error().message);
  return client ? std::move(*client) : nullptr;
}

bool has_operation(const Subject& subject, Trial& trial, std::string_view operation) {
  const auto& operations = subject.note.operations;
  if (std::find(operations.begin(), operations.end(), operation) != operations.end()) return true;
  trial.not_applicable("the note has no operation \"" + std::string(operation) + "\"");
  return false;
}

CallOptions call_options() {
  CallOptions options;
  options.deadline = kCallMax;
  return options;
}

std::string failure_text(const CallError& error) {
  return std::string(to_string(error.error_class)) + ": " + error.message;
}

Result<ChatRequest> request_of(const Subject& subject) {
  PRX_TRY_SET(auto request, ChatRequest::from_json(subject.request_json));
  request.model = subject.model;
  return request;
}

void ask(const Subject& subject, Trial& trial, bool stream_upstream) {
  if (!has_operation(subject, trial, "chat")) return;
  const auto client = open_client(subject, trial);
  const auto request = request_of(subject);
  if (!client || !trial.expect(request.has_value(), "a request", "the body of [chat] is none"))
    return;
  CallOptions options = call_options();
  options.stream_upstream = stream_upstream;
  trial.at("asking the model " + subject.model);
  const ChatResult answer = client->chat(*request, options);
  if (!trial.expect(answer.has_value(), "an answer", answer ? "" : failure_text(answer.error())))
    return;
  (void)trial.expect(!answer->text.empty() || !answer->tool_calls.empty(),
                     "text or a call of a tool", "the answer is empty");
  (void)trial.expect(answer->finish_reason != FinishReason::kOther, "a known finish reason",
                     "it is none that prx knows");
}

void check_stream(const Subject& subject, Trial& trial) { ask(subject, trial, true); }
void check_whole(const Subject& subject, Trial& trial) { ask(subject, trial, false); }

void check_models(const Subject& subject, Trial& trial) {
  if (!has_operation(subject, trial, "models")) return;
  const auto client = open_client(subject, trial);
  if (!client) return;
  trial.at("asking for the models");
  const auto models = client->models({}, call_options());
  if (!trial.expect(models.has_value(), "a list of models", models ? "" : models.error().message))
    return;
  (void)trial.expect(!models->empty(), "one model at least", "the list is empty");
  for (const Model& model : *models)
    (void)trial.expect(!model.id.empty(), "an id of each model", "one has none");
}

void check_health(const Subject& subject, Trial& trial) {
  if (!has_operation(subject, trial, "health")) return;
  const auto client = open_client(subject, trial);
  if (!client) return;
  trial.at("asking for its health");
  const auto health = client->health({}, call_options());
  (void)trial.expect(health.has_value(), "it answers this key",
                     health ? "" : health.error().message);
}

/// What the log of a client says, from any thread.
class Lines {
 public:
  [[nodiscard]] LogSink sink() {
    return [this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
  }
  /// The first one that has these words, or "".
  [[nodiscard]] std::string with(std::string_view words) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(lines_.begin(), lines_.end(), [words](const auto& line) {
      return line.find(words) != line.npos;
    });
    return found == lines_.end() ? "" : *found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// One whose answer is far from its end when its first words are there.
Result<ChatRequest> long_request(const Subject& subject) {
  PRX_TRY_SET(const auto index, json::ObjectIndex::parse(subject.request_json));
  const std::string asked =
      R"([{"role":"user","content":"Write the numbers from 1 to 2000 as words, one a line."}])";
  auto request = ChatRequest::from_json(json::ObjectEdit(index)
                                            .set("messages", asked)
                                            .remove("max_tokens")
                                            .remove("max_completion_tokens")
                                            .str());
  if (request) request->model = subject.model;
  return request;
}

/// Reads a few pieces of it. \return whether there was anything
bool read_beginning(Stream& stream) {
  constexpr int kPieces = 8;
  bool begun = false;
  for (int pieces = 0; pieces < kPieces;) {
    const StreamEvent* const event = stream.next();
    if (event == nullptr) break;
    begun = true;
    if (event->type == StreamEvent::Type::kText || event->type == StreamEvent::Type::kReasoning)
      ++pieces;
  }
  return begun;
}

/// In the middle of an answer. The call of a client ends as cancelled whatever the plugin does;
/// what that did is in the log, once all of the client has ended.
void check_cancel(const Subject& subject, Trial& trial) {
  if (!has_operation(subject, trial, "chat")) return;
  Lines log;
  auto client = open_client(subject, trial, log.sink());
  const auto request = long_request(subject);
  if (!client || !trial.expect(request.has_value(), "a request", "the body of [chat] is none"))
    return;
  trial.at("cancelling in the middle of a long answer");
  auto stream = client->stream(*request, call_options());
  const bool begun = read_beginning(*stream);
  stream->cancel();
  const ChatResult result = stream->result();
  stream.reset();
  client.reset();
  if (!begun)
    return (void)trial.expect(false, "an answer begins",
                              result ? "it was empty" : failure_text(result.error()));
  if (!trial.expect(!result.has_value(),
                    "the answer to a long question goes on after its first words",
                    "it was over before it could be cancelled; name a model in [chat] that answers "
                    "at length"))
    return;
  (void)trial.expect(result.error().error_class == ErrorClass::kCancelled, "it ends as cancelled",
                     failure_text(result.error()));
  (void)trial.expect(log.with("out of service").empty(),
                     "the plugin ends its operation within a second of the cancel",
                     log.with("out of service"));
  (void)trial.expect(log.with("broke its contract").empty(), "the plugin keeps its contract",
                     log.with("broke its contract"));
}

constexpr std::string_view kSource = "plugin-check.md of prx's documentation, Asking the service";

constexpr std::array kRules{
    Rule{.id = "live.chat-stream",
         .claim = "The service answers a chat, streamed.",
         .source = kSource,
         .quirks = "",
         .limit = kRuleMax,
         .run = check_stream},
    Rule{.id = "live.chat-whole",
         .claim = "The service answers a chat, whole.",
         .source = kSource,
         .quirks = "",
         .limit = kRuleMax,
         .run = check_whole},
    Rule{.id = "live.models",
         .claim = "The service lists its models.",
         .source = kSource,
         .quirks = "",
         .limit = kRuleMax,
         .run = check_models},
    Rule{.id = "live.health",
         .claim = "The service answers the question for its health.",
         .source = kSource,
         .quirks = "",
         .limit = kRuleMax,
         .run = check_health},
    Rule{.id = "live.cancel",
         .claim = "A chat is cancelled in the middle of its answer.",
         .source = kSource,
         .quirks = "",
         .limit = kRuleMax,
         .run = check_cancel},
};

}  // namespace

std::span<const Rule> live_rules() { return kRules; }

}  // namespace prx::cli
