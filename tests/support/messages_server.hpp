/// \file messages_server.hpp
/// A loopback server that speaks Anthropic's Messages API as far as its plugin needs it: checks
/// what a request must have, and answers by a script. \see
/// https://platform.claude.com/docs/en/api/messages
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "support/wire_server.hpp"

namespace prx::test {

/// A request as it came.
struct MessagesRequest {
  int number = 0;  ///< from 1, over all connections
  std::string line, head, body;

  /// The value of that header (any case), or "".
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// What is written in return.
struct MessagesReply {
  int status = 200;
  std::string type = "application/json";
  std::string headers{};  ///< further lines, each with its CRLF
  std::string body{};
  /// Bytes of the body before the connection is cut; npos: all of them
  std::size_t cut = std::string::npos;
};

/// An answer of the model, as a stream.
[[nodiscard]] MessagesReply messages_stream(std::string_view text,
                                            std::string_view stop_reason = "end_turn");
/// The events of a stream in which a model thinks (signed), speaks and calls one tool. The texts
/// are content of JSON strings.
[[nodiscard]] std::string messages_tool_turn(std::string_view thinking, std::string_view signature,
                                             std::string_view call_id, std::string_view arguments);
/// An answer in one piece.
[[nodiscard]] MessagesReply messages_whole(std::string_view text);
[[nodiscard]] MessagesReply messages_error(int status, std::string_view type,
                                           std::string_view message,
                                           const std::string& headers = {});

/// Refuses by itself, as the API does: without its key (401), without its version, and a chat
/// without a limit, without messages, or whose turns do not alternate (400).
class MessagesServer {
 public:
  using Script = std::function<MessagesReply(const MessagesRequest& request)>;

  /// `script` is called on the server's threads, one request at a time.
  explicit MessagesServer(std::string key, Script script);

  [[nodiscard]] std::string url() const { return server_.url(""); }
  [[nodiscard]] std::vector<MessagesRequest> requests() const;

 private:
  void serve(WireConnection& connection);
  [[nodiscard]] MessagesReply reply_to(const MessagesRequest& request);

  const std::string key_;
  const Script script_;
  mutable std::mutex mutex_;
  std::vector<MessagesRequest> requests_;  // under mutex_
  WireServer server_;                      // last: its threads use the others
};

}  // namespace prx::test
