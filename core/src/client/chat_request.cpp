// ChatRequest: checks a typed request and writes it as Chat Completions JSON.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "prx/chat.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx {

namespace {

constexpr std::size_t kBodyMax = 64u << 20;
constexpr std::size_t kStopMax = 4;

Unexpected<Error> bad(std::string message) {
  return fail(ErrorClass::kInvalidRequest, std::move(message));
}

std::string_view role_name(Message::Role role) {
  switch (role) {
    case Message::Role::kSystem:
      return "system";
    case Message::Role::kDeveloper:
      return "developer";
    case Message::Role::kUser:
      return "user";
    case Message::Role::kAssistant:
      return "assistant";
    case Message::Role::kTool:
      return "tool";
  }
  return "user";
}

/// Writes members of one object; a caller adds them in order.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  ObjectWriter& raw(std::string_view key, std::string_view json) {
    if (!std::exchange(first_, false)) out_ += ',';
    json::append_quoted(out_, key);
    out_ += ':';
    out_ += json;
    return *this;
  }
  ObjectWriter& text(std::string_view key, std::string_view value) {
    return raw(key, json::quoted(value));
  }
  ObjectWriter& number(std::string_view key, double value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return raw(key, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  }
  ObjectWriter& number(std::string_view key, std::int64_t value) {
    return raw(key, std::to_string(value));
  }
  ObjectWriter& flag(std::string_view key, bool value) {
    return raw(key, value ? "true" : "false");
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

std::string at(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

Result<void> need_utf8(std::string_view text, const std::string& where) {
  if (json::is_utf8(text)) return {};
  return bad(where + " is not valid UTF-8; convert it before sending");
}

Result<void> need_json(std::string_view text, const std::string& where) {
  if (const auto valid = json::validate(text); !valid)
    return bad(where + " is not JSON: " + valid.error().message);
  return {};
}

Result<void> merge_members(std::string& object, std::string_view extra, const std::string& where) {
  if (extra.empty()) return {};
  PRX_TRY(need_json(extra, where));
  const auto index = json::ObjectIndex::parse(object);
  const auto more = json::ObjectIndex::parse(extra);
  if (!index || !more) return bad(where + " is not a JSON object");
  object = json::ObjectEdit(*index).merge(*more).str();
  return {};
}

Result<std::string> part_json(const Part& part, const std::string& where) {
  std::string out;
  ObjectWriter writer(out);
  if (part.type == Part::Type::kText) {
    PRX_TRY(need_utf8(part.text, where + ".text"));
    writer.text("type", "text").text("text", part.text).end();
    return out;
  }
  PRX_TRY(need_utf8(part.url, where + ".url"));
  if (part.url.empty()) return bad(where + ".url is empty; give an https: or data: URL");
  std::string image;
  ObjectWriter inner(image);
  inner.text("url", part.url);
  if (!part.detail.empty()) inner.text("detail", part.detail);
  inner.end();
  writer.text("type", "image_url").raw("image_url", image).end();
  return out;
}

Result<std::string> content_json(const Message& message, const std::string& where) {
  if (message.parts.empty()) {
    PRX_TRY(need_utf8(message.text, where + ".text"));
    return json::quoted(message.text);
  }
  std::string out = "[";
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    PRX_TRY_SET(const std::string part, part_json(message.parts[i], where + "." + at("parts", i)));
    if (i > 0) out += ',';
    out += part;
  }
  return out + "]";
}

Result<std::string> tool_calls_json(const Message& message, const std::string& where) {
  std::string out = "[";
  for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
    const ToolCall& call = message.tool_calls[i];
    PRX_TRY(need_utf8(call.id + call.name + call.arguments, where + "." + at("tool_calls", i)));
    std::string function;
    ObjectWriter(function).text("name", call.name).text("arguments", call.arguments).end();
    if (i > 0) out += ',';
    ObjectWriter(out).text("id", call.id).text("type", "function").raw("function", function).end();
  }
  return out + "]";
}

Result<std::string> message_json(const Message& message, const std::string& where) {
  std::string out;
  ObjectWriter writer(out);
  writer.text("role", role_name(message.role));
  const bool only_calls =
      !message.tool_calls.empty() && message.text.empty() && message.parts.empty();
  PRX_TRY_SET(const std::string content, content_json(message, where));
  writer.raw("content", only_calls ? "null" : content);
  if (!message.name.empty()) writer.text("name", message.name);
  if (!message.tool_calls.empty()) {
    PRX_TRY_SET(const std::string calls, tool_calls_json(message, where));
    writer.raw("tool_calls", calls);
  }
  if (!message.tool_call_id.empty()) writer.text("tool_call_id", message.tool_call_id);
  writer.end();
  PRX_TRY(merge_members(out, message.extra, where + ".extra"));
  return out;
}

/// Every tool result answers a call that an assistant message made before it.
Result<void> check_tool_results(const std::vector<Message>& messages) {
  std::vector<std::string_view> open;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    for (const ToolCall& call : messages[i].tool_calls) open.push_back(call.id);
    if (messages[i].role != Message::Role::kTool) continue;
    const auto found = std::find(open.begin(), open.end(), messages[i].tool_call_id);
    if (found == open.end())
      return bad(at("messages", i) + ": a tool result for call '" + messages[i].tool_call_id +
                 "', which no assistant message before it made");
    open.erase(found);
  }
  return {};
}

Result<std::string> messages_json(const std::vector<Message>& messages) {
  if (messages.empty()) return bad("messages is empty; a chat needs at least one");
  PRX_TRY(check_tool_results(messages));
  std::string out = "[";
  for (std::size_t i = 0; i < messages.size(); ++i) {
    PRX_TRY_SET(const std::string message, message_json(messages[i], at("messages", i)));
    if (i > 0) out += ',';
    out += message;
  }
  return out + "]";
}

Result<std::string> tools_json(const std::vector<Tool>& tools) {
  std::string out = "[";
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const Tool& tool = tools[i];
    const std::string where = "tool '" + tool.name + "'";
    if (tool.name.empty()) return bad(at("tools", i) + ".name is empty");
    PRX_TRY(need_utf8(tool.name + tool.description, where));
    std::string function;
    ObjectWriter writer(function);
    writer.text("name", tool.name);
    if (!tool.description.empty()) writer.text("description", tool.description);
    if (!tool.parameters.empty()) {
      PRX_TRY(need_json(tool.parameters, where + ": parameters"));
      writer.raw("parameters", tool.parameters);
    }
    if (tool.strict) writer.flag("strict", *tool.strict);
    writer.end();
    if (i > 0) out += ',';
    ObjectWriter(out).text("type", "function").raw("function", function).end();
  }
  return out + "]";
}

std::string tool_choice_json(const std::string& choice) {
  if (choice == "auto" || choice == "none" || choice == "required") return json::quoted(choice);
  std::string function;
  ObjectWriter(function).text("name", choice).end();
  std::string out;
  ObjectWriter(out).text("type", "function").raw("function", function).end();
  return out;
}

Result<void> write_sampling(const ChatRequest& request, ObjectWriter& writer) {
  const std::array<std::pair<std::string_view, std::optional<double>>, 4> numbers{{
      {"temperature", request.temperature},
      {"top_p", request.top_p},
      {"frequency_penalty", request.frequency_penalty},
      {"presence_penalty", request.presence_penalty},
  }};
  for (const auto& [name, value] : numbers) {
    if (!value) continue;
    if (!std::isfinite(*value)) return bad(std::string(name) + " is not a finite number");
    writer.number(name, *value);
  }
  if (request.max_tokens && *request.max_tokens < 1) return bad("max_tokens must be 1 or more");
  if (request.max_tokens) writer.number("max_tokens", *request.max_tokens);
  if (request.seed) writer.number("seed", *request.seed);
  return {};
}

Result<void> write_stop(const ChatRequest& request, ObjectWriter& writer) {
  if (request.stop.empty()) return {};
  if (request.stop.size() > kStopMax) return bad("stop has more than 4 entries");
  std::string list = "[";
  for (const auto& stop : request.stop) {
    PRX_TRY(need_utf8(stop, "stop"));
    if (list.size() > 1) list += ',';
    json::append_quoted(list, stop);
  }
  writer.raw("stop", list + "]");
  return {};
}

Result<void> write_tools(const ChatRequest& request, ObjectWriter& writer) {
  if (!request.tools.empty()) {
    PRX_TRY_SET(const std::string tools, tools_json(request.tools));
    writer.raw("tools", tools);
  }
  if (!request.tool_choice.empty())
    writer.raw("tool_choice", tool_choice_json(request.tool_choice));
  if (request.parallel_tool_calls) writer.flag("parallel_tool_calls", *request.parallel_tool_calls);
  return {};
}

Result<std::string> typed_body(const ChatRequest& request) {
  PRX_TRY(need_utf8(request.model, "model"));
  PRX_TRY_SET(const std::string messages, messages_json(request.messages));
  std::string out;
  ObjectWriter writer(out);
  if (!request.model.empty()) writer.text("model", request.model);
  writer.raw("messages", messages);
  PRX_TRY(write_tools(request, writer));
  PRX_TRY(write_sampling(request, writer));
  PRX_TRY(write_stop(request, writer));
  if (!request.response_format.empty()) {
    PRX_TRY(need_json(request.response_format, "response_format"));
    writer.raw("response_format", request.response_format);
  }
  writer.end();
  PRX_TRY(merge_members(out, request.extra, "extra"));
  if (out.size() > kBodyMax) return bad("the request is larger than 64 MiB");
  return out;
}

}  // namespace

Result<ChatRequest> ChatRequest::from_json(std::string body) {
  if (body.size() > kBodyMax) return bad("the request is larger than 64 MiB");
  PRX_TRY(need_json(body, "the request"));
  const auto index = json::ObjectIndex::parse(body);
  if (!index) return bad("the request: " + index.error().message);
  const auto messages = index->find("messages");
  if (!messages || messages->front() != '[') return bad("the request has no array 'messages'");
  ChatRequest request;
  request.raw_ = std::move(body);
  return request;
}

Result<std::string> ChatRequest::body() const {
  if (raw_.empty()) return typed_body(*this);
  if (model.empty()) return raw_;
  const auto index = json::ObjectIndex::parse(raw_);
  if (!index) return bad("the request: " + index.error().message);
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
