#include "support/messages_server.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "prx/sdk/json_edit.hpp"

namespace prx::test {
namespace {

using json::ObjectIndex;

std::string frame(const std::string& type, const std::string& members) {
  std::string text = "event: " + type + "\ndata: {\"type\":\"" + type + "\"";
  if (!members.empty()) text += "," + members;
  return text + "}\n\n";
}
std::string start() {
  return frame("message_start",
               R"("message":{"id":"msg_test","type":"message","role":"assistant",)"
               R"("model":"claude-test","content":[],"stop_reason":null,)"
               R"("usage":{"input_tokens":11,"cache_read_input_tokens":5,"output_tokens":1}})") +
         frame("ping", "");
}
std::string stop(std::string_view reason) {
  return frame("message_delta", R"("delta":{"stop_reason":")" + std::string(reason) +
                                    R"(","stop_sequence":null},"usage":{"output_tokens":7})") +
         frame("message_stop", "");
}
std::string block(int index, const std::string& begin, const std::vector<std::string>& deltas) {
  const std::string at = "\"index\":" + std::to_string(index);
  std::string text = frame("content_block_start", at + ",\"content_block\":" + begin);
  for (const std::string& delta : deltas)
    text += frame("content_block_delta", at + ",\"delta\":" + delta);
  return text + frame("content_block_stop", at);
}

/// What the API has against a chat, or "".
std::string complaint(std::string_view body) {
  const auto request = ObjectIndex::parse(body);
  if (!request || !json::validate(body)) return "the body is no JSON";
  if (!request->find("max_tokens")) return "max_tokens: Field required";
  const auto messages = json::elements(request->find("messages").value_or(""));
  if (!messages || messages->empty()) return "messages: at least one message is required";
  std::string last;
  for (const std::string_view each : *messages) {
    const auto message = ObjectIndex::parse(each);
    const std::string role(message ? message->find("role").value_or("") : "");
    if (role != "\"user\"" && role != "\"assistant\"") return "messages: unexpected role " + role;
    if (role == last) return "messages: roles must alternate";
    last = role;
  }
  return {};
}

}  // namespace

std::string MessagesRequest::header(std::string_view name) const {
  std::string lower = head;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::size_t at = lower.find("\r\n" + std::string(name) + ":");
  if (at == std::string::npos) return {};
  const std::size_t begin = head.find_first_not_of(' ', at + name.size() + 3);
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

MessagesReply messages_stream(std::string_view text, std::string_view stop_reason) {
  const std::size_t half = text.size() / 2;
  const auto delta = [](std::string_view words) {
    return "{\"type\":\"text_delta\",\"text\":" + json::quoted(words) + "}";
  };
  MessagesReply reply;
  reply.type = "text/event-stream; charset=utf-8";
  reply.body = start() +
               block(0, R"({"type":"text","text":""})",
                     {delta(text.substr(0, half)), delta(text.substr(half))}) +
               stop(stop_reason);
  return reply;
}

std::string messages_tool_turn(std::string_view thinking, std::string_view signature,
                               std::string_view call_id, std::string_view arguments) {
  const auto delta = [](const std::string& type, const std::string& name, std::string_view words) {
    return R"({"type":")" + type + R"(",")" + name + R"(":")" + std::string(words) + "\"}";
  };
  return start() +
         block(0, R"({"type":"thinking","thinking":"","signature":""})",
               {delta("thinking_delta", "thinking", thinking),
                delta("signature_delta", "signature", signature)}) +
         block(1, R"({"type":"text","text":""})", {delta("text_delta", "text", "Let me look.")}) +
         block(2,
               R"({"type":"tool_use","id":")" + std::string(call_id) +
                   R"(","name":"look","input":{}})",
               {delta("input_json_delta", "partial_json", arguments)}) +
         stop("tool_use");
}

MessagesReply messages_whole(std::string_view text) {
  MessagesReply reply;
  reply.body =
      R"({"id":"msg_test","type":"message","role":"assistant","model":"claude-test","content":)"
      R"([{"type":"text","text":)" +
      json::quoted(text) +
      R"(}],"stop_reason":"end_turn","usage":{"input_tokens":11,"output_tokens":7}})";
  return reply;
}

MessagesReply messages_error(int status, std::string_view type, std::string_view message,
                             const std::string& headers) {
  MessagesReply reply;
  reply.status = status;
  reply.headers = "request-id: req_test\r\n" + headers;
  reply.body = R"({"type":"error","error":{"type":")" + std::string(type) + R"(","message":)" +
               json::quoted(message) + R"(},"request_id":"req_test"})";
  return reply;
}

MessagesServer::MessagesServer(std::string key, Script script)
    : key_(std::move(key)),
      script_(std::move(script)),
      server_([this](WireConnection& connection) { serve(connection); }) {}

std::vector<MessagesRequest> MessagesServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

MessagesReply MessagesServer::reply_to(const MessagesRequest& request) {
  if (request.header("x-api-key") != key_)
    return messages_error(401, "authentication_error", "invalid x-api-key");
  if (request.header("anthropic-version").empty())
    return messages_error(400, "invalid_request_error", "anthropic-version: header is required");
  if (request.line.starts_with("POST"))
    if (const std::string wrong = complaint(request.body); !wrong.empty())
      return messages_error(400, "invalid_request_error", wrong);
  return script_(request);
}

void MessagesServer::serve(WireConnection& connection) {
  for (std::string text = connection.read_request(); !text.empty();
       text = connection.read_request()) {
    MessagesReply reply;
    {
      const std::lock_guard lock(mutex_);
      MessagesRequest& request = requests_.emplace_back();
      const std::size_t end = text.find("\r\n\r\n");
      request.number = static_cast<int>(requests_.size());
      request.line = text.substr(0, text.find("\r\n"));
      request.head = text.substr(0, end + 2);
      request.body = text.substr(end + 4);
      reply = reply_to(request);
    }
    const bool is_cut = reply.cut < reply.body.size();
    const bool sent = connection.write(
        "HTTP/1.1 " + std::to_string(reply.status) + " X\r\ncontent-type: " + reply.type + "\r\n" +
        reply.headers + "content-length: " + std::to_string(reply.body.size()) + "\r\n\r\n" +
        reply.body.substr(0, reply.cut));
    if (!sent || is_cut) return;
  }
}

}  // namespace prx::test
