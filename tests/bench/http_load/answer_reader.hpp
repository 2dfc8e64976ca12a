/// \file answer_reader.hpp
/// Reads HTTP/1.1 answers with a length or in chunks from a connection that is kept. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace prx::bench {

class AnswerReader {
 public:
  /// Told the pieces of the body; false: the answer is wrong.
  using OnBody = std::function<bool(std::string_view piece)>;
  enum class State { kGoesOn, kComplete, kWrong };

  static constexpr std::size_t kHeadMax = 16'384;

  explicit AnswerReader(int status) : status_(status) {}

  /// The next bytes of an answer; after kComplete the next one begins. Wrong are another status
  /// than expected, a body without an end of its own, bytes behind it, and a connection that is not
  /// kept.
  [[nodiscard]] State take(std::string_view bytes, const OnBody& on_body);
  /// Why it is wrong.
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  enum class At { kHead, kSized, kChunkSize, kChunk, kChunkEnd, kTrailer };

  [[nodiscard]] State wrong(std::string why);
  [[nodiscard]] State take_head(std::string_view& bytes);
  [[nodiscard]] State take_line(std::string_view& bytes);
  [[nodiscard]] State take_body(std::string_view& bytes, const OnBody& on_body);
  [[nodiscard]] State read_head(std::string_view head);
  [[nodiscard]] State end_of_line();

  const int status_;
  At at_ = At::kHead;
  std::string text_;      // of the head, or of a line between chunks
  std::size_t left_ = 0;  // of the body or chunk
  std::string why_;
};

}  // namespace prx::bench
