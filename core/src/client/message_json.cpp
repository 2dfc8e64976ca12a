// Messages -> JSON.
#include "client/message_json.hpp"

#include <algorithm>
#include <utility>

#include "client/json_writing.hpp"

namespace prx {

Message Message::answer(const ChatResponse& response) {
  Message message = assistant(response.text);
  message.tool_calls = response.tool_calls;
  message.refusal = response.refusal;
  message.reasoning = response.reasoning;
  message.reasoning_details = response.reasoning_details;
  message.annotations = response.annotations;
  return message;
}

namespace driver {
namespace {

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

Result<std::string> image_json(const Part& part, const std::string& where) {
  if (part.url.empty()) return bad_request(where + ".url is empty; give an https: or data: URL");
  PRX_TRY(need_utf8(part.url + part.detail, where + ".url"));
  std::string image, out;
  ObjectWriter(image).text("url", part.url).text_if("detail", part.detail).end();
  ObjectWriter(out).text("type", "image_url").raw("image_url", image).end();
  return out;
}

Result<std::string> audio_json(const Part& part, const std::string& where) {
  if (part.data.empty()) return bad_request(where + ".data is empty; give the sound as base64");
  if (part.format.empty()) return bad_request(where + ".format is empty; name it, e.g. wav");
  PRX_TRY(need_utf8(part.data + part.format, where + ".data"));
  std::string audio, out;
  ObjectWriter(audio).text("data", part.data).text("format", part.format).end();
  ObjectWriter(out).text("type", "input_audio").raw("input_audio", audio).end();
  return out;
}

Result<std::string> file_json(const Part& part, const std::string& where) {
  if (part.url.empty() == part.file_id.empty())
    return bad_request(where + " needs either a url (https: or data:) or a file_id");
  PRX_TRY(need_utf8(part.url + part.filename + part.file_id, where));
  std::string file, out;
  ObjectWriter(file)
      .text_if("filename", part.filename)
      .text_if("file_data", part.url)
      .text_if("file_id", part.file_id)
      .end();
  ObjectWriter(out).text("type", "file").raw("file", file).end();
  return out;
}

Result<std::string> part_json(const Part& part, const std::string& where) {
  switch (part.type) {
    case Part::Type::kText:
      break;
    case Part::Type::kImage:
      return image_json(part, where);
    case Part::Type::kAudio:
      return audio_json(part, where);
    case Part::Type::kFile:
      return file_json(part, where);
    case Part::Type::kOther:
      PRX_TRY(need_json(part.json, where + ".json", '{'));
      return part.json;
  }
  PRX_TRY(need_utf8(part.text, where + ".text"));
  std::string out;
  ObjectWriter(out).text("type", "text").text("text", part.text).end();
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
    if (i > 0) out += ',';
    if (!call.json.empty()) {
      PRX_TRY(need_json(call.json, where + "." + at("tool_calls", i) + ".json", '{'));
      out += call.json;
      continue;
    }
    out += tool_call_json(call);
  }
  return out + "]";
}

Result<void> write_echo(const Message& message, const std::string& where, ObjectWriter& writer) {
  PRX_TRY(need_utf8(message.refusal, where + ".refusal"));
  PRX_TRY(need_utf8(message.reasoning, where + ".reasoning"));
  writer.text_if("refusal", message.refusal).text_if("reasoning", message.reasoning);
  if (!message.reasoning_details.empty()) {
    PRX_TRY(need_json(message.reasoning_details, where + ".reasoning_details", '['));
    writer.raw("reasoning_details", message.reasoning_details);
  }
  if (!message.annotations.empty()) {
    PRX_TRY(need_json(message.annotations, where + ".annotations", '['));
    writer.raw("annotations", message.annotations);
  }
  return {};
}

/// An assistant that only called tools, refused, or spoke (audio) wrote nothing.
bool says_nothing(const Message& message) {
  return message.text.empty() && message.parts.empty() &&
         message.role == Message::Role::kAssistant &&
         !(message.tool_calls.empty() && message.refusal.empty() && message.extra.empty());
}

Result<std::string> message_json(const Message& message, const std::string& where) {
  std::string out;
  ObjectWriter writer(out);
  writer.text("role", role_name(message.role));
  PRX_TRY_SET(const std::string content, content_json(message, where));
  writer.raw("content", says_nothing(message) ? "null" : content);
  PRX_TRY(need_utf8(message.name + message.tool_call_id, where + ".name"));
  writer.text_if("name", message.name);
  if (!message.tool_calls.empty()) {
    PRX_TRY_SET(const std::string calls, tool_calls_json(message, where));
    writer.raw("tool_calls", calls);
  }
  writer.text_if("tool_call_id", message.tool_call_id);
  PRX_TRY(write_echo(message, where, writer));
  writer.end();
  PRX_TRY(merge_members(out, message.extra, where + ".extra"));
  return out;
}

Unexpected<Error> unanswered(std::size_t message, const ToolCall& call) {
  return bad_request(at("messages", message) + ": the tool call '" + call.id + "' (" + call.name +
                     ") has no result; add one tool message for each call before the next turn");
}

}  // namespace

std::string tool_call_json(const ToolCall& call, const std::vector<CallMember>& members) {
  const auto append = [&members](std::string& out, bool of_function) {
    for (const CallMember& member : members)
      if (member.of_function == of_function)
        out.append(",\"").append(member.key).append("\":").append(member.value);
  };
  std::string function, out;
  ObjectWriter inner(function);
  inner.text("name", call.name).text("arguments", call.arguments);
  append(function, true);
  inner.end();
  ObjectWriter writer(out);
  writer.text("id", call.id).text("type", "function").raw("function", function);
  append(out, false);
  writer.end();
  return out;
}

void set_id(ToolCall& call, std::string id) {
  call.id = std::move(id);
  if (call.json.empty()) return;
  if (const auto object = json::ObjectIndex::parse(call.json))
    call.json = json::ObjectEdit(*object).set("id", json::quoted(call.id)).str();
}

Result<void> merge_members(std::string& object, std::string_view extra, const std::string& where) {
  if (extra.empty()) return {};
  PRX_TRY(need_json(extra, where, '{'));
  const auto index = json::ObjectIndex::parse(object);
  if (!index) return bad_request(where + ": " + index.error().message);
  const auto more = json::ObjectIndex::parse(extra);
  if (!more) return bad_request(where + ": " + more.error().message);
  object = json::ObjectEdit(*index).merge(*more).str();
  return {};
}

Result<void> check_tool_results(const std::vector<Message>& messages) {
  std::vector<const ToolCall*> open;
  std::size_t made_by = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    if (message.role == Message::Role::kTool) {
      const auto found = std::find_if(open.begin(), open.end(), [&](const ToolCall* call) {
        return call->id == message.tool_call_id;
      });
      if (found == open.end())
        return bad_request(at("messages", i) + ": a tool result for call '" + message.tool_call_id +
                           "', which the assistant message before it did not make");
      open.erase(found);
      continue;
    }
    if (!open.empty()) return unanswered(made_by, *open.front());
    made_by = i;
    for (const ToolCall& call : message.tool_calls) open.push_back(&call);
  }
  if (!open.empty()) return unanswered(made_by, *open.front());
  return {};
}

Result<std::string> messages_json(const std::vector<Message>& messages) {
  std::string out = "[";
  for (std::size_t i = 0; i < messages.size(); ++i) {
    PRX_TRY_SET(const std::string message, message_json(messages[i], at("messages", i)));
    if (i > 0) out += ',';
    out += message;
  }
  return out + "]";
}

}  // namespace driver
}  // namespace prx
