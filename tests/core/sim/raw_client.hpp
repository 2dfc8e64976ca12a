/// \file raw_client.hpp
/// A client of plain sockets that keeps every byte, for what the simulator puts on the wire.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace prx::sim::test {

inline constexpr std::chrono::milliseconds kPatience{
    10'000};  ///< what is awaited must come within this

/// How the bytes ended.
enum class Close { kOpen, kFin, kReset };

struct Response {
  int status = 0;
  std::string head;                            ///< with the empty line
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string wire;                            ///< body as it came, chunk framing included
  std::string body;                            ///< without framing
  std::vector<std::string> chunks;             ///< data of each HTTP chunk
  bool whole = false;                          ///< its end was seen
  Close close = Close::kOpen;
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes);
  /// Reads one reply, or what comes before the connection ends or `patience` is over.
  [[nodiscard]] Response read(std::chrono::milliseconds patience = kPatience);
  /// Reads until what came holds `text`; false when it never did.
  [[nodiscard]] bool read_until(std::string_view text);
  /// FIN and close; `reset`: RST.
  void close(bool reset = false);

 private:
  /// False when nothing came: closed, reset or out of time.
  bool receive(std::chrono::steady_clock::time_point until);
  int socket_ = -1;
  std::string unread_;
  Close close_ = Close::kOpen;
};

/// A request with a Bearer key ("": without).
[[nodiscard]] std::string request_text(std::string_view method, std::string_view target,
                                       std::string_view body = {},
                                       std::string_view key = "sk-test");
/// The same, sent on a connection of its own.
[[nodiscard]] Response fetch(std::uint16_t port, std::string_view method, std::string_view target,
                             std::string_view body = {}, std::string_view key = "sk-test");
/// POST chat/completions with one user message "Say hello." and further members (",\"x\":1").
[[nodiscard]] std::string chat_body(std::string_view model, bool stream,
                                    std::string_view members = {});
[[nodiscard]] Response chat(std::uint16_t port, std::string_view model, bool stream,
                            std::string_view members = {});
[[nodiscard]] Response openai_chat(std::uint16_t port, std::string_view model, bool stream,
                                   std::string_view members = {});

/// The data of each event of a stream, "[DONE]" included; comments left out.
[[nodiscard]] std::vector<std::string> events(std::string_view body);
/// How often `part` occurs.
[[nodiscard]] int count(std::string_view text, std::string_view part);
/// The texts of all `"content":"..."` members joined, escapes as written.
[[nodiscard]] std::string content(std::string_view body);
/// True when `text` is well-formed JSON.
[[nodiscard]] bool is_json(std::string_view text);

inline constexpr std::string_view kHelloAnswer =
    "This is a simulated answer: no model was asked. Your prompt was: Say hello.";

}  // namespace prx::sim::test
