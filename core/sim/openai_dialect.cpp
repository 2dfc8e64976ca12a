#include "sim/dialect.hpp"
#include "sim/sample_json.hpp"

namespace prx::sim {
namespace {

std::string opening(const AnswerNames& names, std::string_view object) {
  std::string out = "{\"id\":";
  append_quoted(out, names.id);
  out.append(",\"object\":\"").append(object).append("\",\"created\":");
  out += std::to_string(names.created) + ",\"model\":";
  append_quoted(out, names.model);
  return out += ",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_simulated0\"";
}

/// Padding whose length varies with what was written, as the vendor's does.
void close(std::string& out, const AnswerNames& names) {
  if (names.obfuscate)
    out.append(",\"obfuscation\":\"")
        .append(std::string_view("abcdefghijklmnopq").substr(0, out.size() % 16 + 1))
        .append("\"");
  out += '}';
}

std::string event(const AnswerNames& names, std::string_view delta,
                  std::string_view finish_reason) {
  std::string out = opening(names, "chat.completion.chunk");
  out.append(",\"choices\":[{\"index\":0,\"delta\":{").append(delta);
  out += "},\"logprobs\":null,\"finish_reason\":";
  if (finish_reason.empty())
    out += "null";
  else
    append_quoted(out, finish_reason);
  out += "}]";
  if (names.usage_null) out += ",\"usage\":null";
  close(out, names);
  return out;
}

std::string usage_object(const Answer& answer) {
  std::string out = "{\"prompt_tokens\":" + std::to_string(answer.prompt_tokens);
  out += ",\"completion_tokens\":" + std::to_string(answer.completion_tokens);
  out += ",\"total_tokens\":" + std::to_string(answer.prompt_tokens + answer.completion_tokens);
  out += ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0}";
  out += ",\"completion_tokens_details\":{\"reasoning_tokens\":";
  out += std::to_string(answer.reasoning_tokens);
  return out +=
         ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0"
         ",\"rejected_prediction_tokens\":0}}";
}

std::string_view bare_name(const CatalogModel& model) {
  return model.id.starts_with("sim/") ? model.id : model.id.substr(model.id.find('/') + 1);
}

std::string model_object(const CatalogModel& model) {
  std::string out = "{\"id\":";
  append_quoted(out, bare_name(model));
  out += ",\"object\":\"model\",\"created\":" + std::to_string(model.created);
  out += ",\"owned_by\":\"simulator\"";
  if (!model.expires.empty()) {
    out += ",\"shutdown_date\":";
    append_quoted(out, model.expires);
  }
  return out += '}';
}

void append_or_null(std::string& out, std::string_view text) {
  if (text.empty())
    out += "null";
  else
    append_quoted(out, text);
}

class OpenAi final : public Dialect {
 public:
  bool is_openrouter() const override { return false; }

  std::string answer_id(std::uint64_t number) const override {
    std::string digits = std::to_string(number);
    return "chatcmpl-sim" + std::string(26 - std::min<std::size_t>(digits.size(), 26), '0') +
           digits;
  }

  std::string delta(const AnswerNames& names, const Delta& delta) const override {
    std::string inner;
    switch (delta.kind) {
      case Delta::Kind::kRole:
        inner = "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null";
        break;
      case Delta::Kind::kText:
      case Delta::Kind::kReasoning:
        inner = "\"content\":";
        append_text(inner, delta);
        break;
      case Delta::Kind::kSignature:
        break;
      case Delta::Kind::kToolOpen:
        if (delta.index == 0) inner = "\"role\":\"assistant\",\"content\":null,";
        append_tool_delta(inner, delta);
        break;
      case Delta::Kind::kToolArguments:
        append_tool_delta(inner, delta);
        break;
    }
    return event(names, inner, "");
  }

  std::string finish(const AnswerNames& names, std::string_view finish_reason) const override {
    return event(names, "", finish_reason);
  }

  std::string usage(const AnswerNames& names, const Answer& answer, std::string_view,
                    bool) const override {
    std::string out = opening(names, "chat.completion.chunk");
    out += ",\"choices\":[],\"usage\":" + usage_object(answer);
    close(out, names);
    return out;
  }

  std::string completion(const AnswerNames& names, const Answer& answer,
                         bool has_finish) const override {
    std::string out = opening(names, "chat.completion");
    out += ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":";
    if (answer.calls.empty() || !answer.text.empty())
      append_quoted(out, answer.text);
    else
      out += "null";
    append_tool_calls(out, answer);
    out += ",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":";
    append_or_null(out, has_finish ? answer.finish_reason : "");
    return out += "}],\"usage\":" + usage_object(answer) + '}';
  }

  std::string error_object(const VendorError& error) const override {
    std::string out = "{\"message\":";
    append_quoted(out, error.message);
    out += ",\"type\":";
    append_quoted(out, error.type);
    out += ",\"param\":";
    append_or_null(out, error.parameter);
    out += ",\"code\":";
    const std::string status = std::to_string(error.status);
    switch (error.form) {
      case CodeForm::kVendor:
        append_or_null(out, error.code);
        break;
      case CodeForm::kString:
        append_quoted(out, status);
        break;
      case CodeForm::kWord:
        append_quoted(out, error.type);
        break;
      case CodeForm::kNull:
        out += "null";
        break;
    }
    return out += '}';
  }

  std::string error(const VendorError& error) const override {
    return "{\"error\":" + error_object(error) + '}';
  }

  Headers headers(std::string_view, std::uint64_t number) const override {
    return {{"x-request-id", "req_sim" + std::to_string(number)},
            {"openai-organization", "simulated"},
            {"openai-processing-ms", "1"},
            {"openai-version", "2020-10-01"},
            {"x-ratelimit-limit-requests", "10000"},
            {"x-ratelimit-remaining-requests", "9999"},
            {"x-ratelimit-reset-requests", "6ms"},
            {"x-ratelimit-limit-tokens", "200000"},
            {"x-ratelimit-remaining-tokens", "199990"},
            {"x-ratelimit-reset-tokens", "3ms"}};
  }

  std::string models() const override {
    std::string out = "{\"object\":\"list\",\"data\":[";
    for (const auto& each : catalog()) {
      if (!each.id.starts_with("openai/") && !each.id.starts_with("sim/")) continue;
      if (out.back() != '[') out += ',';
      out += model_object(each);
    }
    return out += "]}";
  }

  std::string model(const CatalogModel& model) const override { return model_object(model); }

  VendorError unknown_model(std::string_view model) const override {
    VendorError error = usual_error(404);
    error.message =
        "The model `" + std::string(model) + "` does not exist or you do not have access to it.";
    error.code = "model_not_found";
    return error;
  }

  VendorError no_key() const override {
    VendorError error = usual_error(401);
    error.message =
        "You didn't provide an API key. You need to provide it in an Authorization header "
        "using Bearer auth.";
    error.code.clear();
    return error;
  }

  VendorError bad_key() const override { return usual_error(401); }

  VendorError no_credit() const override {
    VendorError error = usual_error(429);
    error.message = "You exceeded your current quota, please check your plan and billing details.";
    error.type = error.code = "insufficient_quota";
    return error;
  }

  VendorError context_length(const CatalogModel& model) const override {
    VendorError error = usual_error(400);
    error.message = "This model's maximum context length is " +
                    std::to_string(model.context_length) +
                    " tokens. However, your messages resulted in more. Please reduce the length of "
                    "the messages.";
    error.code = "context_length_exceeded";
    error.parameter = "messages";
    return error;
  }

  VendorError policy() const override {
    VendorError error = usual_error(400);
    error.message = "Your request was rejected as a result of our safety system.";
    error.code = "content_policy_violation";
    return error;
  }
};

}  // namespace

const Dialect& openai() {
  static const OpenAi dialect;
  return dialect;
}

}  // namespace prx::sim
