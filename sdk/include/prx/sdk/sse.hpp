/// \file sse.hpp
/// Server-sent events as a sans-I/O parser: feed pieces, get events. Header only, no dependency.
///
/// Follows https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream,
/// but for one thing: an event that the end of the stream cuts off before its blank line is not
/// dropped but handed out by finish(), marked, so that the dialect can decide.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace prx::sdk {

/// One dispatched event. Views live until the next call of the parser.
struct SseEvent {
  std::string_view type;  ///< of `event:`; "" when the event has none
  char* data = nullptr;   ///< the joined data; yours to overwrite, data[size] too (for a '\0')
  std::size_t size = 0;
  bool complete = true;  ///< false: the stream ended before the blank line

  [[nodiscard]] std::string_view text() const { return {data, size}; }
};

enum class SseResult {
  kEvent,    ///< the event was filled
  kMore,     ///< everything fed is used up; feed() again, or finish()
  kTooLong,  ///< a line, or the joined data of an event, is above the limit; final
};

/// Not thread-safe. Each byte is looked at a fixed number of times, however the stream is cut.
class SseParser {
 public:
  static constexpr std::size_t kLineMax = 16u << 20;

  /// \param line_max  bytes of one line, and of the joined data of one event.
  explicit SseParser(std::size_t line_max = kLineMax) : line_max_(line_max) {}

  /// Takes the next piece. Only after get() said kMore. The bytes are borrowed, and may be
  /// overwritten, until get() says kMore again: an event whose line is whole within the piece is
  /// handed out in place.
  void feed(char* bytes, std::size_t size) {
    at_ = bytes;
    end_ = bytes + size;
    lf_ = cr_ = nullptr;
  }

  [[nodiscard]] SseResult get(SseEvent& event) {
    while (!too_long_ && at_ != end_) {
      if (skip_lf_) {
        skip_lf_ = false;
        if (*at_ == '\n') {
          ++at_;
          continue;
        }
      }
      char* const eol = find_line_end();
      if (eol == nullptr) {
        keep_rest();
        break;
      }
      if (take_line(eol) && dispatch(event)) return SseResult::kEvent;
    }
    if (!too_long_) keep_data();
    return too_long_ ? SseResult::kTooLong : SseResult::kMore;
  }

  /// The stream ended: kEvent at most once, for an event that had data but no blank line, then
  /// kMore.
  [[nodiscard]] SseResult finish(SseEvent& event) {
    if (too_long_) return SseResult::kTooLong;
    if (carrying_) {
      carrying_ = false;
      read_line(carry_.data(), carry_.size());
    }
    if (!dispatch(event)) return SseResult::kMore;
    event.complete = false;
    return SseResult::kEvent;
  }

 private:
  /// The next CR or LF, or nullptr. Both are looked up once per piece and occurrence.
  char* find_line_end() {
    lf_ = next('\n', lf_);
    cr_ = next('\r', cr_);
    char* const eol = lf_ < cr_ ? lf_ : cr_;
    return eol == end_ ? nullptr : eol;
  }
  char* next(char wanted, char* known) const {
    if (known != nullptr && known >= at_) return known;
    void* const found = std::memchr(at_, wanted, static_cast<std::size_t>(end_ - at_));
    return found == nullptr ? end_ : static_cast<char*>(found);
  }

  /// Consumes the line that ends at `eol`. True when it is blank, which ends an event.
  bool take_line(char* eol) {
    char* line = at_;
    std::size_t size = static_cast<std::size_t>(eol - at_);
    at_ = eol + 1;
    skip_lf_ = *eol == '\r';
    if (carrying_) {
      append_carry(line, size);
      carrying_ = false;
      line = carry_.data();
      size = carry_.size();
    }
    if (size > line_max_) too_long_ = true;
    return !too_long_ && read_line(line, size);
  }

  /// The piece ended within a line.
  void keep_rest() {
    if (!carrying_) {
      keep_data();
      carry_.clear();
      carrying_ = true;
    }
    append_carry(at_, static_cast<std::size_t>(end_ - at_));
    at_ = end_;
  }
  void append_carry(const char* bytes, std::size_t size) {
    if (size > line_max_ - carry_.size()) {
      too_long_ = true;
      return;
    }
    carry_.append(bytes, size);
  }

  /// True for a blank line.
  bool read_line(char* line, std::size_t size) {
    if (at_start_) {
      at_start_ = false;
      if (size >= 3 && std::memcmp(line, "\xEF\xBB\xBF", 3) == 0) line += 3, size -= 3;
    }
    if (size == 0) return true;
    if (line[0] == ':') return false;
    const void* const colon = std::memchr(line, ':', size);
    const std::size_t name_size =
        colon == nullptr ? size : static_cast<std::size_t>(static_cast<const char*>(colon) - line);
    const std::string_view name(line, name_size);
    std::size_t value = colon == nullptr ? size : name_size + 1;
    if (value < size && line[value] == ' ') ++value;
    if (name == "data") {
      add_data(line + value, size - value);
    } else if (name == "event") {
      type_.assign(line + value, size - value);
    }
    return false;  // id, retry and unknown fields say nothing to a client that does not reconnect
  }

  void add_data(char* value, std::size_t size) {
    if (!has_data_) {
      has_data_ = true;
      data_ = value;
      data_size_ = size;
      return;
    }
    keep_data();
    if (size >= line_max_ - joined_.size()) {
      too_long_ = true;
      return;
    }
    joined_.push_back('\n');
    joined_.append(value, size);
    data_ = joined_.data();
    data_size_ = joined_.size();
  }
  /// Moves pending data out of a buffer that is about to go away.
  void keep_data() {
    if (!has_data_ || data_ == joined_.data()) return;
    joined_.assign(data_, data_size_);
    data_ = joined_.data();
  }

  bool dispatch(SseEvent& event) {
    if (too_long_) return false;
    dispatched_type_.swap(type_);
    type_.clear();
    if (!has_data_) return false;
    has_data_ = false;
    event = SseEvent{dispatched_type_, data_, data_size_, true};
    return true;
  }

  std::size_t line_max_;
  char* at_ = nullptr;   // next byte of the piece
  char* end_ = nullptr;  // of the piece
  // Next LF at or after at_, end_ when there is none, nullptr when not looked up
  char* lf_ = nullptr;
  char* cr_ = nullptr;
  std::string carry_;   // a line that pieces cut
  std::string joined_;  // data that could not stay in place
  std::string type_, dispatched_type_;
  char* data_ = nullptr;  // pending data: in the piece, in carry_ or in joined_
  std::size_t data_size_ = 0;
  bool carrying_ = false;
  bool has_data_ = false;
  bool skip_lf_ = false;  // the last line ended with CR; an LF right after it belongs to it
  bool at_start_ = true;
  bool too_long_ = false;
};

}  // namespace prx::sdk
