#include "sim/parameters.hpp"

#include <algorithm>
#include <array>

#include "sim/sample_json.hpp"

namespace prx::sim {
namespace {

// https://platform.openai.com/docs/api-reference/chat/create
constexpr auto kKnown = std::to_array<std::string_view>({"audio",
                                                         "frequency_penalty",
                                                         "function_call",
                                                         "functions",
                                                         "logit_bias",
                                                         "logprobs",
                                                         "max_completion_tokens",
                                                         "max_tokens",
                                                         "messages",
                                                         "metadata",
                                                         "modalities",
                                                         "model",
                                                         "n",
                                                         "parallel_tool_calls",
                                                         "prediction",
                                                         "presence_penalty",
                                                         "prompt",
                                                         "prompt_cache_key",
                                                         "prompt_cache_retention",
                                                         "reasoning_effort",
                                                         "response_format",
                                                         "safety_identifier",
                                                         "seed",
                                                         "service_tier",
                                                         "stop",
                                                         "store",
                                                         "stream",
                                                         "stream_options",
                                                         "temperature",
                                                         "tool_choice",
                                                         "tools",
                                                         "top_logprobs",
                                                         "top_p",
                                                         "user",
                                                         "verbosity",
                                                         "web_search_options"});
constexpr auto kKnownOfMessages = std::to_array<std::string_view>(
    {"audio", "content", "function_call", "name", "refusal", "role", "tool_call_id", "tool_calls"});

std::string_view name_of(const JsonValue::Member& member) { return text_of(&member.name); }

template <class Names>
std::string first_unknown(const JsonValue& object, const Names& known) {
  for (const auto& each : object.GetObject())
    if (!std::binary_search(known.begin(), known.end(), name_of(each)))
      return std::string(name_of(each));
  return {};
}

void read_messages(const JsonValue* messages, Parameters& out) {
  if (messages == nullptr || !messages->IsArray()) return;
  for (rapidjson::SizeType i = 0; i < messages->Size(); ++i) {
    const JsonValue& message = (*messages)[i];
    if (!message.IsObject()) continue;
    if (!out.system_at && text_of(member(&message, "role")) == "system") out.system_at = i;
    if (!out.unknown.empty()) continue;
    out.unknown = first_unknown(message, kKnownOfMessages);
    if (!out.unknown.empty()) out.unknown.insert(0, "messages[" + std::to_string(i) + "].");
  }
}

VendorError unsupported(std::string_view parameter, std::string_view code,
                        const std::string& message) {
  VendorError error = usual_error(400);
  error.type = "invalid_request_error";
  error.message = message;
  error.code = code;
  error.parameter = parameter;
  return error;
}

VendorError unknown(std::string_view parameter) {
  return unsupported(parameter, "unknown_parameter",
                     "Unknown parameter: '" + std::string(parameter) + "'.");
}

/// What FastAPI says of a member that it does not know.
PlainReply extra_forbidden(std::string_view parameter) {
  PlainReply reply;
  reply.status = 422;
  reply.body = R"({"detail":[{"type":"extra_forbidden","loc":["body",)";
  append_quoted(reply.body, parameter);
  reply.body += R"(],"msg":"Extra inputs are not permitted"}]})";
  return reply;
}

std::optional<VendorError> of_model(std::string_view model, const Parameters& parameters) {
  model = model.substr(0, model.find('#'));
  if (model.starts_with("openai/")) model.remove_prefix(7);
  constexpr auto kReasoning = std::to_array<std::string_view>({"o1", "o3", "o4", "gpt-5"});
  const bool reasons = std::any_of(kReasoning.begin(), kReasoning.end(),
                                   [&](std::string_view each) { return model.starts_with(each); });
  if (reasons && parameters.max_tokens)
    return unsupported("max_tokens", "unsupported_parameter",
                       "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                       "'max_completion_tokens' instead.");
  if (!model.starts_with("o1-mini") || !parameters.system_at) return std::nullopt;
  const std::string role = "messages[" + std::to_string(*parameters.system_at) + "].role";
  return unsupported(
      role, "unsupported_value",
      "Unsupported value: '" + role + "' does not support 'system' with this model.");
}

std::string_view refused_by_old_server(const Parameters& parameters) {
  if (parameters.stream_options) return "stream_options";
  return parameters.max_completion_tokens ? "max_completion_tokens" : "";
}

}  // namespace

Parameters read_parameters(const JsonValue& root) {
  Parameters out;
  out.max_tokens = member(&root, "max_tokens") != nullptr;
  out.max_completion_tokens = member(&root, "max_completion_tokens") != nullptr;
  out.stream_options = member(&root, "stream_options") != nullptr;
  out.unknown = first_unknown(root, kKnown);
  read_messages(member(&root, "messages"), out);
  return out;
}

std::optional<PlainReply> refused_parameter(const Dialect& dialect, const Faults& faults,
                                            std::string_view model, const Parameters& parameters) {
  if (find_fault(faults, FaultKind::kStrict) != nullptr && !parameters.unknown.empty())
    return error_reply(dialect, unknown(parameters.unknown));
  if (const Fault* const old = find_fault(faults, FaultKind::kOldServer); old != nullptr)
    if (const auto refused = refused_by_old_server(parameters); !refused.empty())
      return old->shape == 2 ? extra_forbidden(refused) : error_reply(dialect, unknown(refused));
  if (dialect.is_openrouter()) return std::nullopt;
  if (const auto error = of_model(model, parameters)) return error_reply(dialect, *error);
  return std::nullopt;
}

}  // namespace prx::sim
