#include "gateway/chat/chunk_writer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

using Type = StreamEvent::Type;

std::string_view finish_word(std::string_view reason) {
  return reason.empty() || reason == "other" ? "stop" : reason;
}

void append_text_member(std::string& out, std::string_view name, std::string_view text) {
  out += '"';
  out += name;
  out += "\":";
  json::append_quoted(out, text);
}

/// JSON of the source, which may have lines, within an event, which may not.
void append_on_one_line(std::string& out, std::string_view json) {
  for (const char c : json) out += c == '\r' || c == '\n' ? ' ' : c;
}

/// The delta of a chunk of our own; "" when the event has none.
std::string delta_of(const StreamEvent& event) {
  std::string out;
  switch (event.type) {
    case Type::kText:
      append_text_member(out, "content", event.text);
      return out;
    case Type::kReasoning:
      append_text_member(out, "reasoning", event.text);
      return out;
    case Type::kItem:
      json::append_quoted(out, event.name);
      out += ':';
      append_on_one_line(out, event.json);
      return out;
    case Type::kToolCallDelta:
      out = "\"tool_calls\":[{\"index\":" + std::to_string(event.index);
      if (!event.id.empty()) {
        out += ',';
        append_text_member(out, "id", event.id);
        out += ",\"type\":\"function\"";
      }
      out += ",\"function\":{";
      if (!event.name.empty()) {
        append_text_member(out, "name", event.name);
        out += ',';
      }
      append_text_member(out, "arguments", event.text);
      return out += "}}]";
    default:
      return out;
  }
}

/// Nothing but usage: what OpenAI sends last to who asked for it.
bool is_usage_alone(const json::ObjectIndex& frame) {
  const auto choices = frame.find("choices");
  if (!choices) return true;
  const auto list = json::elements(*choices);
  return list && list->empty();
}

/// memmem() does not stop at each quote of `text`.
bool holds(std::string_view text, std::string_view word) {
  return ::memmem(text.data(), text.size(), word.data(), word.size()) != nullptr;
}

/// Whether a frame is an answer in one piece: no chunk of a stream, though one was asked for.
bool is_whole(std::string_view frame) {
  if (!holds(frame, "\"chat.completion\"")) return false;
  const auto index = json::ObjectIndex::parse(frame);
  return index && index->find("object") == std::optional<std::string_view>("\"chat.completion\"");
}

}  // namespace

void append_event(std::string& out, std::string_view text) {
  for (;;) {
    // find_first_of() of two characters asks memchr() for each byte of the text.
    const std::size_t end = std::min(text.find('\n'), text.find('\r'));
    out += "data: ";
    out += text.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);  // CR LF leaves an empty line, which is white space in JSON
  }
  out += '\n';
}

void ChunkWriter::write(const StreamEvent& event, std::string& out) {
  if (event.type == Type::kMeta) meet(event);
  if (event.type == Type::kToolCall) return;  // its pieces were sent
  if (!event.frame.empty() && !std::exchange(is_known_, true)) in_pieces_ = is_whole(event.frame);
  if (!event.frame.empty() && !in_pieces_) return forward(event, out);
  if (!event.same_frame || in_pieces_) compose(event, out);
}

/// An answer keeps its first id, and chunks of our own its first model, whoever goes on with it.
void ChunkWriter::meet(const StreamEvent& meta) {
  is_known_ = false;  // the answer of another source may be of another kind
  if (model_.empty()) model_ = meta.name;
  if (id_.empty())
    id_ = meta.id;
  else if (!meta.id.empty())
    renamed_ = meta.id != id_;
}

void ChunkWriter::forward(const StreamEvent& event, std::string& out) {
  const bool has_usage = !options_.include_usage && holds(event.frame, "\"usage\"");
  if (!renamed_ && !has_usage) return append_event(out, event.frame);
  const auto index = json::ObjectIndex::parse(event.frame);
  if (!index) return append_event(out, event.frame);
  if (has_usage && index->find("usage") && is_usage_alone(*index)) return;
  json::ObjectEdit edit(*index);
  if (has_usage) edit.remove("usage");
  if (renamed_) edit.set("id", json::quoted(id_));
  append_event(out, edit.str());
}

void ChunkWriter::open_chunk(std::string& out) const {
  out += "data: {";
  append_text_member(out, "id", id_.empty() ? "chatcmpl-prx" : id_);
  out += ",\"object\":\"chat.completion.chunk\",\"created\":" + std::to_string(options_.created);
  out += ',';
  append_text_member(out, "model", model_.empty() ? options_.model : model_);
}

void ChunkWriter::write_error(std::string_view envelope, std::string& out) const {
  open_chunk(out);
  out += ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],";
  out += envelope.substr(1);
  out += "\n\n";
}

void ChunkWriter::compose(const StreamEvent& event, std::string& out) {
  if (event.type == Type::kProgress) {
    if (event.text.find_first_of("\r\n") == std::string_view::npos)
      out.append(": ").append(event.text).append("\n\n");
    return;
  }
  if (event.type == Type::kUsage) {
    if (!options_.include_usage || event.json.empty()) return;
    open_chunk(out);
    out += ",\"choices\":[],\"usage\":";
    append_on_one_line(out, event.json);
    out += "}\n\n";
    return;
  }
  const std::string delta = delta_of(event);
  if (delta.empty() && event.type != Type::kFinish) return;
  open_chunk(out);
  out += ",\"choices\":[{\"index\":" + std::to_string(event.choice) + ",\"delta\":{";
  if (!std::exchange(began_, true))
    out += delta.empty() ? "\"role\":\"assistant\"" : "\"role\":\"assistant\",";
  out += delta;
  out += "},\"finish_reason\":";
  if (event.type == Type::kFinish) {
    json::append_quoted(out, finish_word(event.text));
    if (!event.name.empty()) {
      out += ',';
      append_text_member(out, "native_finish_reason", event.name);
    }
  } else {
    out += "null";
  }
  out += "}]}\n\n";
}

std::string whole_answer(const ChatResponse& response, std::int64_t created) {
  std::string out = "{";
  append_text_member(out, "id", response.id.empty() ? "chatcmpl-prx" : response.id);
  out += ",\"object\":\"chat.completion\",\"created\":" + std::to_string(created) + ',';
  append_text_member(out, "model", response.model);
  if (!response.served_by.empty()) {
    out += ',';
    append_text_member(out, "provider", response.served_by);
  }
  out += ",\"system_fingerprint\":null";  // OpenRouter's schema has it in each
  out += ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":";
  if (response.text.empty() && !response.tool_calls.empty())
    out += "null";
  else
    json::append_quoted(out, response.text);
  out += ",\"refusal\":";
  if (response.refusal.empty())
    out += "null";
  else
    json::append_quoted(out, response.refusal);
  if (!response.reasoning.empty()) {
    out += ',';
    append_text_member(out, "reasoning", response.reasoning);
  }
  if (!response.reasoning_details.empty())
    out += ",\"reasoning_details\":" + response.reasoning_details;
  if (!response.annotations.empty()) out += ",\"annotations\":" + response.annotations;
  if (!response.tool_calls.empty()) {
    out += ",\"tool_calls\":[";
    for (const ToolCall& call : response.tool_calls) {
      if (out.back() != '[') out += ',';
      out += '{';
      append_text_member(out, "id", call.id);
      out += ",\"type\":\"function\",\"function\":{";
      append_text_member(out, "name", call.name);
      out += ',';
      append_text_member(out, "arguments", call.arguments);
      out += "}}";
    }
    out += ']';
  }
  out += "},\"logprobs\":null,\"finish_reason\":";
  json::append_quoted(out, finish_word(to_string(response.finish_reason)));
  if (!response.native_finish_reason.empty()) {
    out += ',';
    append_text_member(out, "native_finish_reason", response.native_finish_reason);
  }
  out += "}]";
  if (!response.usage.json.empty()) out += ",\"usage\":" + response.usage.json;
  return out += '}';
}

}  // namespace prx::gateway
