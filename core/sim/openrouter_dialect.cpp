#include "sim/dialect.hpp"
#include "sim/sample_json.hpp"

namespace prx::sim {
namespace {

constexpr std::string_view kFormat = "anthropic-claude-v1";
constexpr std::string_view kSignature = "c2ltdWxhdGVkIHNpZ25hdHVyZQ==";

std::string_view native_reason(std::string_view finish_reason) {
  if (finish_reason == "tool_calls") return "tool_use";
  return finish_reason == "length" ? "max_tokens" : "end_turn";
}

void append_reason(std::string& out, std::string_view finish_reason) {
  out += ",\"finish_reason\":";
  if (finish_reason.empty()) {
    out += "null,\"native_finish_reason\":null";
    return;
  }
  append_quoted(out, finish_reason);
  out += ",\"native_finish_reason\":";
  append_quoted(out, native_reason(finish_reason));
}

/// Up to and with `"created":N`.
std::string opening(const AnswerNames& names, std::string_view object) {
  std::string out = "{\"id\":";
  append_quoted(out, names.id);
  out += ",\"provider\":";
  append_quoted(out, names.catalog->provider);
  out += ",\"model\":";
  append_quoted(out, names.model);
  out.append(",\"object\":\"").append(object).append("\",\"created\":");
  return out += std::to_string(names.created);
}

std::string event(const AnswerNames& names, std::string_view rest_of_delta,
                  std::string_view finish_reason) {
  std::string out = opening(names, "chat.completion.chunk");
  out += ",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":";
  out += rest_of_delta;
  out += '}';
  append_reason(out, finish_reason);
  return out += ",\"logprobs\":null}]";
}

/// `"reasoning_details":[{...}]` with one text or one signature.
void append_detail(std::string& out, std::string_view member, std::string_view value) {
  out += "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"";
  out.append(member).append("\":");
  append_quoted(out, value);
  out.append(",\"format\":\"").append(kFormat).append("\",\"index\":0}]");
}

std::string usage_object(const AnswerNames& names, const Answer& answer) {
  const double cost = cost_of(answer, *names.catalog);
  Answer prompt_only;
  prompt_only.prompt_tokens = answer.prompt_tokens;
  const double prompt_cost = cost_of(prompt_only, *names.catalog);
  std::string out = "{\"prompt_tokens\":" + std::to_string(answer.prompt_tokens);
  out += ",\"completion_tokens\":" + std::to_string(answer.completion_tokens);
  out += ",\"total_tokens\":" + std::to_string(answer.prompt_tokens + answer.completion_tokens);
  out += ",\"cost\":" + decimal(cost);
  out += ",\"is_byok\":false,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0}";
  out += ",\"cost_details\":{\"upstream_inference_cost\":null";
  out += ",\"upstream_inference_prompt_cost\":" + decimal(prompt_cost);
  out += ",\"upstream_inference_completions_cost\":" + decimal(cost - prompt_cost);
  out += "},\"completion_tokens_details\":{\"reasoning_tokens\":";
  return out += std::to_string(answer.reasoning_tokens) + ",\"image_tokens\":0}}";
}

void append_array(std::string& out, std::string_view name,
                  std::initializer_list<std::string_view> words) {
  out.append(",\"").append(name).append("\":[");
  bool first = true;
  for (const auto word : words) {
    if (word.empty()) continue;
    if (!first) out += ',';
    first = false;
    append_quoted(out, word);
  }
  out += ']';
}

void append_architecture(std::string& out, const CatalogModel& model) {
  const bool embeds = model.completion_max == 0;
  out += ",\"architecture\":{\"modality\":";
  append_quoted(out, embeds              ? "text->embeddings"
                     : model.sees_images ? "text+image->text"
                                         : "text->text");
  append_array(out, "input_modalities", {"text", model.sees_images ? "image" : ""});
  append_array(out, "output_modalities", {embeds ? "embeddings" : "text"});
  out += ",\"tokenizer\":\"Other\",\"instruct_type\":null}";
}

std::string model_object(const CatalogModel& model) {
  std::string out = "{\"id\":";
  append_quoted(out, model.id);
  out += ",\"canonical_slug\":";
  append_quoted(out, model.id);
  out += ",\"hugging_face_id\":null,\"name\":";
  append_quoted(out, model.title);
  out += ",\"created\":" + std::to_string(model.created);
  out += ",\"description\":\"An entry of the prx simulator; nothing of it is a vendor's word.\"";
  out += ",\"context_length\":" + std::to_string(model.context_length);
  append_architecture(out, model);
  out += ",\"pricing\":{\"prompt\":";
  append_quoted(out, model.prompt_price);
  out += ",\"completion\":";
  append_quoted(out, model.completion_price);
  out += ",\"request\":\"0\",\"image\":\"0\"},\"top_provider\":{\"context_length\":";
  out += std::to_string(model.context_length) + ",\"max_completion_tokens\":";
  out += model.completion_max == 0 ? "null" : std::to_string(model.completion_max);
  out += ",\"is_moderated\":false},\"per_request_limits\":null";
  append_array(out, "supported_parameters",
               {"max_tokens", "temperature", "top_p", "stop", "seed", "response_format",
                model.calls_tools ? "tools" : "", model.calls_tools ? "tool_choice" : "",
                model.calls_tools ? "structured_outputs" : "", model.reasons ? "reasoning" : "",
                model.reasons ? "include_reasoning" : ""});
  out += ",\"default_parameters\":null,\"supported_voices\":null,\"expiration_date\":";
  if (model.expires.empty())
    out += "null";
  else
    append_quoted(out, model.expires);
  out += ",\"links\":{\"details\":";
  append_quoted(out, "/api/v1/models/" + std::string(model.id) + "/endpoints");
  return out += "}}";
}

class OpenRouter final : public Dialect {
 public:
  bool is_openrouter() const override { return true; }

  std::string answer_id(std::uint64_t number) const override {
    std::string digits = std::to_string(number);
    return "gen-1735689600-sim" + std::string(17 - std::min<std::size_t>(digits.size(), 17), '0') +
           digits;
  }

  std::string delta(const AnswerNames& names, const Delta& delta) const override {
    std::string rest = "\"\"";
    switch (delta.kind) {
      case Delta::Kind::kRole:
        break;
      case Delta::Kind::kText:
        rest.clear();
        append_text(rest, delta);
        break;
      case Delta::Kind::kReasoning:
        rest += ",\"reasoning\":";
        append_quoted(rest, delta.text);
        rest += ',';
        append_detail(rest, "text", delta.text);
        break;
      case Delta::Kind::kSignature:
        rest += ",\"reasoning\":null,";
        append_detail(rest, "signature", kSignature);
        break;
      case Delta::Kind::kToolOpen:
      case Delta::Kind::kToolArguments:
        rest = "null,";
        append_tool_delta(rest, delta);
        break;
    }
    return event(names, rest, "") + '}';
  }

  std::string finish(const AnswerNames& names, std::string_view finish_reason) const override {
    return event(names, "\"\"", finish_reason) + '}';
  }

  std::string usage(const AnswerNames& names, const Answer& answer, std::string_view finish_reason,
                    bool no_choices) const override {
    std::string out = no_choices ? opening(names, "chat.completion.chunk") + ",\"choices\":[]"
                                 : event(names, "\"\"", finish_reason);
    return out += ",\"usage\":" + usage_object(names, answer) + '}';
  }

  std::string completion(const AnswerNames& names, const Answer& answer,
                         bool has_finish) const override {
    std::string out = opening(names, "chat.completion");
    out += ",\"system_fingerprint\":null,\"choices\":[{\"logprobs\":null";
    append_reason(out, has_finish ? answer.finish_reason : "");
    out += ",\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":";
    append_quoted(out, answer.text);
    out += ",\"refusal\":null,\"reasoning\":";
    if (answer.reasoning.empty()) {
      out += "null";
    } else {
      append_quoted(out, answer.reasoning);
      out += ",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":";
      append_quoted(out, answer.reasoning);
      out.append(",\"signature\":\"").append(kSignature).append("\",\"format\":\"");
      out.append(kFormat).append("\",\"index\":0}]");
    }
    append_tool_calls(out, answer);
    return out += "}}],\"usage\":" + usage_object(names, answer) + '}';
  }

  std::string error_object(const VendorError& error) const override {
    std::string out = "{\"message\":";
    append_quoted(out, error.message);
    out += ",\"code\":";
    const std::string status = std::to_string(error.status);
    switch (error.form) {
      case CodeForm::kVendor:
        out += status;
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
    out += ",\"metadata\":{\"provider_name\":\"Simulator\"";
    if (!error.error_type.empty()) out += ",\"error_type\":\"" + error.error_type + '"';
    if (!error.raw.empty()) {
      out += ",\"raw\":";
      append_quoted(out, error.raw);
    }
    if (error.retry_after.count() >= 0 && error.retry_form == RetryAfterForm::kBody)
      out +=
          ",\"headers\":{\"X-RateLimit-Limit\":\"20\",\"X-RateLimit-Remaining\":\"0\""
          ",\"X-RateLimit-Reset\":\"" +
          decimal(static_cast<double>(error.retry_after.count()) / 1000.0) + "\"}";
    return out += "}}";
  }

  std::string error(const VendorError& error) const override {
    return "{\"error\":" + error_object(error) + ",\"user_id\":\"user_simulated\"}";
  }

  Headers headers(std::string_view id, std::uint64_t) const override {
    if (id.empty()) return {};
    return {{"X-Generation-Id", std::string(id)}};
  }

  std::string models() const override {
    std::string out = "{\"data\":[";
    for (const auto& each : catalog()) {
      if (out.back() != '[') out += ',';
      out += model_object(each);
    }
    return out +=
           "],\"links\":{\"next\":null},\"total_count\":" + std::to_string(catalog().size()) + '}';
  }

  std::string model(const CatalogModel& model) const override {
    return "{\"data\":" + model_object(model) + '}';
  }

  VendorError unknown_model(std::string_view model) const override {
    VendorError error = usual_error(400);
    error.message = std::string(model) + " is not a valid model ID";
    return error;
  }

  VendorError no_key() const override {
    VendorError error = usual_error(401);
    error.message = "No auth credentials found";
    return error;
  }

  VendorError bad_key() const override {
    VendorError error = usual_error(401);
    error.message = "User not found.";
    return error;
  }

  VendorError no_credit() const override { return usual_error(402); }

  VendorError context_length(const CatalogModel& model) const override {
    VendorError error = usual_error(400);
    error.message = "This endpoint's maximum context length is " +
                    std::to_string(model.context_length) +
                    " tokens. However, you requested more. Please reduce the length of either one, "
                    "or use the context-compression plugin.";
    error.error_type = "context_length_exceeded";
    return error;
  }

  VendorError policy() const override {
    VendorError error = usual_error(403);
    error.message =
        "Your chosen model requires moderation and your input was flagged for violence.";
    error.error_type = "content_policy_violation";
    return error;
  }
};

}  // namespace

const Dialect& openrouter() {
  static const OpenRouter dialect;
  return dialect;
}

}  // namespace prx::sim
