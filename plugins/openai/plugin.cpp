// OpenAI, and servers that speak its Chat Completions at another base_url.
#include "prx/plugin.hpp"

#include <atomic>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model_memory.hpp"
#include "prx/sdk/chat_messages.hpp"
#include "prx/sdk/chat_provider.hpp"
#include "prx_note.h"
#include "request_body.hpp"

namespace {

using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectIndex;
using prx::openai::BodyOptions;
using prx::openai::Shape;
using prx::sdk::ChatOptions;
using prx::sdk::ChatProvider;
using prx::sdk::ChatRejection;
using prx::sdk::Config;
using prx::sdk::Host;
using prx::sdk::Refusal;
using prx::sdk::Request;

namespace shape = prx::openai;

/// OpenAI's own servers, those of its regions ("eu.api.openai.com") included.
bool is_openai(std::string_view base_url) {
  constexpr std::string_view kHost = "api.openai.com";
  std::string_view host = base_url.substr(base_url.find("://") + 3);
  host = host.substr(0, host.find_first_of("/:"));
  if (!host.ends_with(kHost)) return false;
  return host.size() == kHost.size() || host[host.size() - kHost.size() - 1] == '.';
}

/// How an instance writes bodies: the bits to begin with, and those that a server may correct.
struct Switches {
  Shape first = 0, learns = shape::kNoEffort;
};

/// A switch of the configuration: one of its words, or "auto" when it is absent.
Result<std::string> word_of(const Config& config, std::string_view key,
                            std::initializer_list<std::string_view> words) {
  std::string word = config.string(key, "auto");
  std::string known;
  for (const std::string_view each : words) {
    if (word == each) return word;
    known.append(known.empty() ? "\"" : ", \"").append(each).append("\"");
  }
  return prx::fail(ErrorClass::kInvalidRequest,
                   std::string(key) + " \"" + word + "\" is none of " + known);
}

Result<Switches> read_switches(const Config& config, BodyOptions& body) {
  Switches out;
  PRX_TRY_SET(const std::string field,
              word_of(config, "max_tokens_field", {"auto", "max_tokens", "max_completion_tokens"}));
  PRX_TRY_SET(const std::string role,
              word_of(config, "system_role", {"auto", "system", "developer"}));
  PRX_TRY_SET(const std::string usage,
              word_of(config, "include_usage", {"auto", "always", "never"}));
  if (field == "auto" ? body.is_openai : field == "max_completion_tokens")
    out.first |= shape::kCompletionTokens;
  if (field == "auto") out.learns |= shape::kCompletionTokens;
  if (role == "developer") out.first |= shape::kDeveloperRole;
  if (role == "system") out.first |= shape::kSystemRole;
  if (role == "auto") out.learns |= shape::kRoles;
  if (usage == "auto") out.learns |= shape::kNoStreamOptions;
  body.asks_usage = usage != "never";
  return out;
}

/// The N of "messages[N].role".
std::optional<std::size_t> message_of_role(std::string_view parameter) {
  constexpr std::string_view kBegin = "messages[";
  constexpr std::string_view kEnd = "].role";
  if (!parameter.starts_with(kBegin) || !parameter.ends_with(kEnd)) return std::nullopt;
  std::size_t number = 0;
  const char* const end = parameter.data() + parameter.size() - kEnd.size();
  const auto read = std::from_chars(parameter.data() + kBegin.size(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

std::string_view role_in(Shape bits, std::string_view written) {
  if (written == "system" && (bits & shape::kDeveloperRole) != 0) return "developer";
  if (written == "developer" && (bits & shape::kSystemRole) != 0) return "system";
  return written;
}

class OpenAi final : public ChatProvider {
 public:
  OpenAi(ChatOptions options, BodyOptions body, Switches switches, Host host)
      : ChatProvider(std::move(options), host),
        body_(std::move(body)),
        switches_(switches),
        learned_(switches.first) {}

  static Result<std::unique_ptr<OpenAi>> create(const Config& config, Host host) {
    ChatOptions options;
    options.title = config.string("service", "OpenAI");
    options.base_url = config.string("base_url", "https://api.openai.com/v1");
    options.headers = {{"OpenAI-Organization", config.string("organization")},
                       {"OpenAI-Project", config.string("project")}};
    PRX_TRY_SET(ChatOptions usable, prx::sdk::checked(std::move(options)));
    BodyOptions body;
    body.is_openai = is_openai(usable.base_url);
    PRX_TRY_SET(const Switches switches, read_switches(config, body));
    prx::openai::choose_dropped(body, config.strings("request_members"),
                                config.strings("message_members"));
    return std::make_unique<OpenAi>(std::move(usable), std::move(body), switches, host);
  }

  [[nodiscard]] static std::string describe() { return PRX_NOTE_CAPABILITIES; }

  void choose(Request& request) const override {
    request.shape = learned_.load(std::memory_order_relaxed);
    if (models_.is_empty()) return;
    if (const auto model = model_of(request)) request.shape ^= models_.find(*model);
  }

 protected:
  [[nodiscard]] Result<std::optional<std::string>> edit_chat(
      const Request& request) const override {
    return prx::openai::write_body(request.body, request.stream, request.shape, body_);
  }

  [[nodiscard]] Shape repair_chat(const Request& request,
                                  const ChatRejection& rejection) const override {
    if (rejection.status != 400 && rejection.status != 422) return request.shape;
    const Refusal refusal = prx::sdk::read_refusal(rejection.body);
    const auto body = ObjectIndex::parse(request.body);
    if (!body || refusal.parameter.empty()) return request.shape;
    const Shape changed = wanted(request, *body, refusal) ^ request.shape;
    return (changed & ~switches_.learns) == 0 ? request.shape ^ changed : request.shape;
  }

  void chat_repaired(const Request& request, Shape changed) const override {
    const Shape of_server = changed & shape::kOfServer;
    learned_.fetch_or(request.shape & of_server);
    learned_.fetch_and(~(~request.shape & of_server));
    if (of_server == changed) return;
    if (const auto model = model_of(request))
      models_.set(*model, (request.shape ^ switches_.first) & ~shape::kOfServer);
  }

 private:
  /// The text of the body's model, as it is written there.
  [[nodiscard]] static std::optional<std::string> model_of(const Request& request) {
    const auto body = ObjectIndex::parse(request.body);
    const auto model = body ? body->find("model") : std::nullopt;
    return model ? std::optional<std::string>(*model) : std::nullopt;
  }

  /// The shape that a typed refusal asks for.
  [[nodiscard]] Shape wanted(const Request& request, const ObjectIndex& body,
                             const Refusal& refusal) const {
    const std::string_view parameter = refusal.parameter;
    const bool is_unknown =
        refusal.code == "unsupported_parameter" || refusal.code == "unknown_parameter";
    const bool is_completion = (request.shape & shape::kCompletionTokens) != 0;
    if (is_unknown && parameter == (is_completion ? "max_completion_tokens" : "max_tokens"))
      return request.shape ^ shape::kCompletionTokens;
    const bool is_usage = parameter == "stream_options" || parameter.starts_with("stream_options.");
    if (is_usage &&
        (is_unknown || !body.find("stream_options")))  // else it is the caller's mistake
      return request.stream ? request.shape | shape::kNoStreamOptions : request.shape;
    const bool is_unfit = is_unknown || refusal.code == "unsupported_value";
    if (is_unfit && parameter == "reasoning_effort" && !body.find(parameter))
      return request.shape | shape::kNoEffort;
    return refusal.code == "unsupported_value" ? with_roles(request, body, parameter)
                                               : request.shape;
  }

  [[nodiscard]] static Shape with_roles(const Request& request, const ObjectIndex& body,
                                        std::string_view parameter) {
    const auto number = message_of_role(parameter);
    const auto messages = body.find("messages");
    if (!number || !messages) return request.shape;
    const std::string written = prx::sdk::role_of(*messages, *number);
    const std::string_view sent = role_in(request.shape, written);
    const Shape others = request.shape & ~shape::kRoles;
    if (sent == "system") return others | shape::kDeveloperRole;
    if (sent == "developer") return others | shape::kSystemRole;
    return request.shape;
  }

  const BodyOptions body_;
  const Switches switches_;
  mutable std::atomic<Shape> learned_;       ///< of the server; what a model wants comes on top
  mutable prx::openai::ModelMemory models_;  ///< bits that differ from learned_
};

}  // namespace

PRX_PLUGIN(OpenAi, PRX_NOTE_ID, PRX_NOTE_VERSION)
