// ChatRequest: checks a typed request and writes it as Chat Completions JSON.

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "client/json_writing.hpp"
#include "client/message_json.hpp"
#include "prx/chat.hpp"
#include "prx/sdk/json_peek.hpp"

namespace prx {

namespace {

using driver::at;
using driver::bad_request;
using driver::need_json;
using driver::need_utf8;
using driver::ObjectWriter;

constexpr std::size_t kBodyMax = 64u << 20;
constexpr std::size_t kStopMax = 4;
constexpr std::int64_t kTopLogprobsMax = 20;
constexpr std::size_t kSessionIdMax = 256;

Result<std::string> tool_json(const Tool& tool, const std::string& place) {
  if (!tool.server_tool.empty()) {
    PRX_TRY(need_json(tool.server_tool, place + ".server_tool", '{'));
    return tool.server_tool;
  }
  if (tool.name.empty()) return bad_request(place + ".name is empty");
  const std::string where = "tool '" + tool.name + "'";
  PRX_TRY(need_utf8(tool.name + tool.description, place));
  std::string function;
  ObjectWriter writer(function);
  writer.text("name", tool.name).text_if("description", tool.description);
  if (!tool.parameters.empty()) {
    PRX_TRY(need_json(tool.parameters, where + ": parameters", '{'));
    writer.raw("parameters", tool.parameters);
  }
  if (tool.strict) writer.flag("strict", *tool.strict);
  writer.end();
  std::string out;
  ObjectWriter(out).text("type", "function").raw("function", function).end();
  return out;
}

Result<std::string> tools_json(const std::vector<Tool>& tools) {
  std::string out = "[";
  for (std::size_t i = 0; i < tools.size(); ++i) {
    PRX_TRY_SET(const std::string tool, tool_json(tools[i], at("tools", i)));
    if (i > 0) out += ',';
    out += tool;
  }
  return out + "]";
}

Result<std::string> tool_choice_json(const std::string& choice) {
  if (choice == "auto" || choice == "none" || choice == "required") return json::quoted(choice);
  if (json::begins_object(choice)) {
    PRX_TRY(need_json(choice, "tool_choice", '{'));
    return choice;
  }
  PRX_TRY(need_utf8(choice, "tool_choice"));
  std::string function, out;
  ObjectWriter(function).text("name", choice).end();
  ObjectWriter(out).text("type", "function").raw("function", function).end();
  return out;
}

/// A list of strings, when there are any.
Result<void> write_list(std::string_view name, const std::vector<std::string>& texts,
                        ObjectWriter& writer) {
  if (texts.empty()) return {};
  std::string list = "[";
  for (const auto& text : texts) {
    PRX_TRY(need_utf8(text, std::string(name)));
    if (list.size() > 1) list += ',';
    json::append_quoted(list, text);
  }
  writer.raw(name, list + "]");
  return {};
}

Result<void> write_tools(const ChatRequest& request, ObjectWriter& writer) {
  if (!request.tools.empty()) {
    PRX_TRY_SET(const std::string tools, tools_json(request.tools));
    writer.raw("tools", tools);
  }
  if (!request.tool_choice.empty()) {
    PRX_TRY_SET(const std::string choice, tool_choice_json(request.tool_choice));
    writer.raw("tool_choice", choice);
  }
  if (request.parallel_tool_calls) writer.flag("parallel_tool_calls", *request.parallel_tool_calls);
  return {};
}

struct NumberMember {
  std::string_view name;
  std::optional<double> value;
  bool is_share = false;  ///< 0 to 1
};

Result<void> write_sampling(const ChatRequest& request, ObjectWriter& writer) {
  const std::array<NumberMember, 7> numbers{{
      {"temperature", request.temperature},
      {"top_p", request.top_p, true},
      {"frequency_penalty", request.frequency_penalty},
      {"presence_penalty", request.presence_penalty},
      {"repetition_penalty", request.repetition_penalty},
      {"min_p", request.min_p, true},
      {"top_a", request.top_a, true},
  }};
  for (const auto& [name, value, is_share] : numbers) {
    if (!value) continue;
    if (!std::isfinite(*value)) return bad_request(std::string(name) + " is not a finite number");
    if (is_share && (*value < 0 || *value > 1))
      return bad_request(std::string(name) + " must be a number from 0 to 1");
    writer.number(name, *value);
  }
  return {};
}

Result<void> write_integers(const ChatRequest& request, ObjectWriter& writer) {
  if (request.max_tokens && *request.max_tokens < 1)
    return bad_request("max_tokens must be 1 or more");
  if (request.top_k && *request.top_k < 0) return bad_request("top_k must be 0 or more");
  const std::int64_t top = request.top_logprobs.value_or(0);
  if (top < 0 || top > kTopLogprobsMax) return bad_request("top_logprobs must be 0 to 20");
  if (request.top_logprobs && !request.logprobs.value_or(false))
    return bad_request("top_logprobs needs logprobs; set that too");
  if (request.max_tokens) writer.number("max_tokens", *request.max_tokens);
  if (request.top_k) writer.number("top_k", *request.top_k);
  if (request.seed) writer.number("seed", *request.seed);
  if (request.logprobs) writer.flag("logprobs", *request.logprobs);
  if (request.top_logprobs) writer.number("top_logprobs", top);
  return {};
}

struct TextMember {
  std::string_view name;
  const std::string& value;
};

Result<void> write_texts(const ChatRequest& request, ObjectWriter& writer) {
  if (request.session_id.size() > kSessionIdMax)
    return bad_request("session_id is longer than 256 bytes");
  const std::array<TextMember, 7> texts{{
      {"reasoning_effort", request.reasoning_effort},
      {"verbosity", request.verbosity},
      {"service_tier", request.service_tier},
      {"user", request.user},
      {"prompt_cache_key", request.prompt_cache_key},
      {"route", request.route},
      {"session_id", request.session_id},
  }};
  for (const auto& [name, value] : texts) {
    PRX_TRY(need_utf8(value, std::string(name)));
    writer.text_if(name, value);
  }
  return {};
}

struct JsonMember {
  std::string_view name;
  const std::string& value;
  char kind = '{';
};

Result<void> write_json(const ChatRequest& request, ObjectWriter& writer) {
  const std::array<JsonMember, 8> members{{
      {"logit_bias", request.logit_bias},
      {"reasoning", request.reasoning},
      {"response_format", request.response_format},
      {"prediction", request.prediction},
      {"audio", request.audio},
      {"metadata", request.metadata},
      {"provider", request.provider},
      {"plugins", request.plugins, '['},
  }};
  for (const auto& [name, value, kind] : members) {
    if (value.empty()) continue;
    PRX_TRY(need_json(value, std::string(name), kind));
    writer.raw(name, value);
  }
  return {};
}

Result<void> write_lists(const ChatRequest& request, ObjectWriter& writer) {
  if (request.stop.size() > kStopMax) return bad_request("stop has more than 4 entries");
  PRX_TRY(write_list("stop", request.stop, writer));
  PRX_TRY(write_list("modalities", request.modalities, writer));
  PRX_TRY(write_list("models", request.models, writer));
  return write_list("transforms", request.transforms, writer);
}

Result<std::string> typed_body(const ChatRequest& request) {
  PRX_TRY(need_utf8(request.model, "model"));
  if (request.messages.empty()) return bad_request("messages is empty; a chat needs at least one");
  PRX_TRY(driver::check_tool_results(request.messages));
  PRX_TRY_SET(const std::string messages, driver::messages_json(request.messages));
  std::string out;
  ObjectWriter writer(out);
  writer.text_if("model", request.model);
  writer.raw("messages", messages);
  PRX_TRY(write_tools(request, writer));
  PRX_TRY(write_sampling(request, writer));
  PRX_TRY(write_integers(request, writer));
  PRX_TRY(write_lists(request, writer));
  PRX_TRY(write_texts(request, writer));
  PRX_TRY(write_json(request, writer));
  writer.end();
  PRX_TRY(driver::merge_members(out, request.extra, "extra"));
  if (out.size() > kBodyMax) return bad_request("the request is larger than 64 MiB");
  return out;
}

}  // namespace

Result<ChatRequest> ChatRequest::from_json(std::string body) {
  if (body.size() > kBodyMax) return bad_request("the request is larger than 64 MiB");
  PRX_TRY(need_json(body, "the request"));
  const auto index = json::ObjectIndex::parse(body);
  if (!index) return bad_request("the request: " + index.error().message);
  const auto messages = index->find("messages");
  if (!messages || messages->front() != '[')
    return bad_request("the request has no array 'messages'");
  ChatRequest request;
  request.raw_ = std::move(body);
  return request;
}

Result<std::string> ChatRequest::body() const {
  if (raw_.empty()) return typed_body(*this);
  if (model.empty()) return raw_;
  const auto index = json::ObjectIndex::parse(raw_);
  if (!index) return bad_request("the request: " + index.error().message);
  return json::ObjectEdit(*index).set("model", json::quoted(model)).str();
}

std::string_view to_string(FinishReason reason) {
  switch (reason) {
    case FinishReason::kOther:
      return "other";
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kToolCalls:
      return "tool_calls";
    case FinishReason::kContentFilter:
      return "content_filter";
  }
  return "other";
}

}  // namespace prx
