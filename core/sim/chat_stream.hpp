/// \file chat_stream.hpp
/// A streamed answer, event by event, with the faults that happen inside it.
#pragma once

#include <optional>
#include <string>

#include "sim/answer.hpp"
#include "sim/body.hpp"
#include "sim/dialect.hpp"

namespace prx::sim {

struct StreamOptions {
  bool include_usage = true;
  std::chrono::milliseconds first_token_delay{0};
  std::chrono::milliseconds token_delay{0};
};

class ChatStream final : public Body {
 public:
  /// `dialect` outlives the stream.
  ChatStream(const Dialect& dialect, AnswerNames names, Answer answer, Faults faults,
             StreamOptions options);

 private:
  void refill() override;
  void open();
  void play_break();
  void play_error_frame();
  void close();
  /// JSON of the next delta that counts as a token, or nullopt after the last.
  [[nodiscard]] std::optional<std::string> next_token();
  [[nodiscard]] std::optional<std::string> next_reasoning();
  [[nodiscard]] std::string next_half_pair(std::string_view rest);
  [[nodiscard]] std::optional<std::string> next_tool();
  [[nodiscard]] std::chrono::milliseconds token_wait() const;
  void emit_event(std::string_view json, std::chrono::milliseconds wait);
  [[nodiscard]] bool has(FaultKind kind) const { return find_fault(faults_, kind) != nullptr; }

  const Dialect& dialect_;
  AnswerNames names_;
  Answer answer_;
  Faults faults_;
  StreamOptions options_;
  const Fault* break_ = nullptr;        ///< in faults_; nullptr once it happened
  std::optional<std::string> pending_;  ///< the token that comes next
  std::size_t reasoning_at_ = 0, text_at_ = 0, call_ = 0, argument_at_ = 0;
  int tokens_ = 0;
  bool opened_ = false, signed_ = false, call_open_ = false, oversized_sent_ = false;
  bool stalled_ = false;    ///< of kTrickle: it has begun
  bool half_sent_ = false;  ///< the first half of the pair at text_at_
};

}  // namespace prx::sim
