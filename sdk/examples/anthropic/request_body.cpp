#include "request_body.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include <prx/sdk/json_edit.hpp>
#include <prx/sdk/text.hpp>

#include "json_writer.hpp"
#include "messages.hpp"
#include "tools.hpp"

namespace anthropic {
namespace {

using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectEdit;
using prx::json::ObjectIndex;

/// What becomes of a member; those that are not in the table go out as they are.
enum class Fate {
  kTranslated,   ///< by a function below
  kLeftOut,      ///< advice
  kUnsupported,  ///< unless its value asks for nothing
};
struct Rule {
  std::string_view name;
  Fate fate;
};

constexpr Rule kRules[] = {
    {"audio", Fate::kUnsupported},
    {"frequency_penalty", Fate::kLeftOut},
    {"function_call", Fate::kUnsupported},
    {"functions", Fate::kUnsupported},
    {"image_config", Fate::kLeftOut},
    {"include_reasoning", Fate::kLeftOut},
    {"logit_bias", Fate::kLeftOut},
    {"logprobs", Fate::kUnsupported},
    {"max_completion_tokens", Fate::kTranslated},
    {"max_tokens", Fate::kTranslated},
    {"messages", Fate::kTranslated},
    {"metadata", Fate::kTranslated},
    {"min_p", Fate::kLeftOut},
    {"modalities", Fate::kUnsupported},
    {"model", Fate::kTranslated},
    {"models", Fate::kLeftOut},
    {"n", Fate::kUnsupported},
    {"output_config", Fate::kTranslated},
    {"parallel_tool_calls", Fate::kTranslated},
    {"plugins", Fate::kLeftOut},
    {"prediction", Fate::kLeftOut},
    {"presence_penalty", Fate::kLeftOut},
    {"prompt_cache_key", Fate::kLeftOut},
    {"prompt_cache_retention", Fate::kLeftOut},
    {"provider", Fate::kLeftOut},
    {"reasoning", Fate::kTranslated},
    {"reasoning_effort", Fate::kTranslated},
    {"repetition_penalty", Fate::kLeftOut},
    {"response_format", Fate::kTranslated},
    {"route", Fate::kLeftOut},
    {"safety_identifier", Fate::kLeftOut},
    {"seed", Fate::kLeftOut},
    {"service_tier", Fate::kTranslated},
    {"session_id", Fate::kLeftOut},
    {"stop", Fate::kTranslated},
    {"stop_sequences", Fate::kTranslated},
    {"store", Fate::kLeftOut},
    {"stream_options", Fate::kLeftOut},
    {"temperature", Fate::kTranslated},
    {"tool_choice", Fate::kTranslated},
    {"tools", Fate::kTranslated},
    {"top_a", Fate::kLeftOut},
    {"top_k", Fate::kTranslated},
    {"top_logprobs", Fate::kUnsupported},
    {"trace", Fate::kLeftOut},
    {"transforms", Fate::kLeftOut},
    {"usage", Fate::kLeftOut},
    {"user", Fate::kTranslated},
    {"verbosity", Fate::kLeftOut},
    {"web_search_options", Fate::kUnsupported},
};

/// Values of members of kUnsupported that any answer fulfils.
constexpr std::string_view kNothingAsked[] = {"null", "false", "0", "[]", "[\"text\"]"};
bool asks_nothing(const ObjectIndex::Member& member) {
  if (member.value == "1" && member.has_key("n")) return true;
  return std::find(std::begin(kNothingAsked), std::end(kNothingAsked), member.value) !=
         std::end(kNothingAsked);
}

class BodyWriter {
 public:
  BodyWriter(const ObjectIndex& request, const BodyOptions& options)
      : request_(request), options_(options), model_(text(request, "model")) {
    constexpr std::string_view kVendor = "anthropic/";  // OpenRouter's name of the same model
    if (model_.starts_with(kVendor)) model_.erase(0, kVendor.size());
  }

  Result<std::string> run() {
    body_.text("model", model_);
    PRX_TRY(limit());
    PRX_TRY(messages());
    PRX_TRY(output());
    sampling();
    PRX_TRY(tools());
    account();
    PRX_TRY(others());
    return body_.str();
  }

 private:
  [[nodiscard]] std::string_view value(std::string_view name) const {
    return member(request_, name);
  }

  Result<void> limit() {
    std::string_view token = value("max_tokens");
    if (token.empty()) token = value("max_completion_tokens");
    max_tokens_ = options_.max_tokens;
    if (!token.empty()) {
      const auto read = std::from_chars(token.data(), token.data() + token.size(), max_tokens_);
      if (read.ec != std::errc() || read.ptr != token.data() + token.size())
        return prx::fail(ErrorClass::kInvalidRequest, "max_tokens is no whole number");
    }
    body_.raw("max_tokens", std::to_string(max_tokens_));
    return {};
  }

  Result<void> messages() {
    PRX_TRY_SET(const Turns turns, read_messages(request_.find("messages").value_or("[]")));
    if (!turns.system.empty() && request_.find("system"))
      return prx::fail(ErrorClass::kInvalidRequest,
                       "the request has instructions in system and in messages; leave one of them");
    if (!turns.system.empty()) body_.raw("system", turns.system);
    body_.raw("messages", turns.messages);
    return {};
  }

  /// thinking, and output_config with the effort and the format of the answer.
  Result<void> output() {
    PRX_TRY_SET(const Thinking wanted,
                read_thinking(request_, model_, max_tokens_, options_.thinking));
    thinks_ = !wanted.thinking.empty() || request_.find("thinking");
    if (!wanted.thinking.empty() && !request_.find("thinking"))
      body_.raw("thinking", wanted.thinking);
    PRX_TRY_SET(const std::string format, read_format());
    const std::string_view own = value("output_config");
    if (own.empty() && wanted.effort.empty() && format.empty()) return {};
    PRX_TRY_SET(const ObjectIndex given, ObjectIndex::parse(own.empty() ? "{}" : own));
    ObjectEdit config(given);
    if (!wanted.effort.empty() && !given.find("effort")) config.set("effort", wanted.effort);
    if (!format.empty() && !given.find("format")) config.set("format", format);
    body_.raw("output_config", config.str());
    return {};
  }

  /// \see https://platform.claude.com/docs/en/build-with-claude/structured-outputs
  [[nodiscard]] Result<std::string> read_format() const {
    const ObjectIndex format = object(request_, "response_format");
    const std::string type = text(format, "type");
    if (value("response_format").empty() || type == "text") return std::string();
    const std::string_view schema = member(object(format, "json_schema"), "schema");
    if (type != "json_schema" || schema.empty())
      return prx::fail(ErrorClass::kUnsupported, "Anthropic has no response_format \"" +
                                                     prx::sdk::one_line(type) +
                                                     "\"; ask for a json_schema with a schema");
    return ObjectWriter().text("type", "json_schema").raw("schema", schema).str();
  }

  void sampling() {
    std::string stop(value("stop_sequences"));
    if (stop.empty()) stop = value("stop");
    if (!stop.empty()) body_.raw("stop_sequences", stop.front() == '[' ? stop : '[' + stop + ']');
    if (thinks_) return;
    if (const auto top_k = value("top_k"); !top_k.empty()) body_.raw("top_k", top_k);
    const std::string_view heat = value("temperature");
    double number = 0;
    std::from_chars(heat.data(), heat.data() + heat.size(), number);
    if (!heat.empty()) body_.raw("temperature", number > 1 ? "1" : heat);
  }

  Result<void> tools() {
    PRX_TRY_SET(const std::string list, write_tools(value("tools")));
    if (list.empty()) return {};
    body_.raw("tools", list);
    PRX_TRY_SET(const std::string choice,
                write_tool_choice(value("tool_choice"), value("parallel_tool_calls")));
    if (!choice.empty()) body_.raw("tool_choice", choice);
    return {};
  }

  /// The metadata of Chat Completions are a store's; this API knows a user_id alone.
  void account() {
    std::string_view user = member(object(request_, "metadata"), "user_id");
    if (user.empty()) user = value("user");
    if (!user.empty()) body_.raw("metadata", ObjectWriter().raw("user_id", user).str());
    const std::string_view tier = value("service_tier");
    if (tier == "\"auto\"" || tier == "\"standard_only\"") body_.raw("service_tier", tier);
  }

  Result<void> others() {
    for (const ObjectIndex::Member& each : request_.members()) {
      const auto* const rule =
          std::find_if(std::begin(kRules), std::end(kRules),
                       [&](const Rule& known) { return each.has_key(known.name); });
      const bool is_known = rule != std::end(kRules);
      if (is_known && rule->fate == Fate::kUnsupported && !asks_nothing(each))
        return prx::fail(ErrorClass::kUnsupported, "Anthropic has nothing like " +
                                                       std::string(rule->name) + "; leave it out");
      if (!is_known && !is_absent(each.value)) body_.raw(each.key, each.value);
    }
    return {};
  }

  const ObjectIndex& request_;
  const BodyOptions& options_;
  std::string model_;
  std::int64_t max_tokens_ = 0;
  bool thinks_ = false;
  ObjectWriter body_;
};

}  // namespace

Result<std::string> write_body(std::string_view chat, const BodyOptions& options) {
  PRX_TRY_SET(const ObjectIndex request, ObjectIndex::parse(chat));
  return BodyWriter(request, options).run();
}

}  // namespace anthropic
