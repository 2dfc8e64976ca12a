/// \file event_writer.hpp
/// EventWriter: typed events into a prx_sink, with exactly one end. Well-formed texts cost no
/// allocation.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "prx/plugin.h"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/error.hpp"
#include "prx/sdk/text.hpp"

namespace prx::sdk {

enum class FinishReason : std::uint32_t {
  kOther = PRX_FINISH_OTHER,
  kStop = PRX_FINISH_STOP,
  kLength = PRX_FINISH_LENGTH,
  kToolCalls = PRX_FINISH_TOOL_CALLS,
  kContentFilter = PRX_FINISH_CONTENT_FILTER,
};

/// A piece of a tool call: id and name on its first event, then pieces of the arguments.
struct ToolCallPiece {
  std::uint32_t index = 0;
  std::string_view id{}, name{}, arguments{};
  std::string_view json{};  ///< what else there is of the call; see PRX_EV_TOOL_CALL
};

/// What an answer is: see PRX_EV_META.
struct Meta {
  std::string_view id{}, model{}, vendor{};
  std::string_view json{};  ///< "" or an object
};

/// Usage of which nothing is known yet: fill in what the provider said.
[[nodiscard]] inline prx_usage unknown_usage() {
  prx_usage usage{};
  usage.size = sizeof usage;
  usage.prompt_tokens = usage.completion_tokens = usage.total_tokens = -1;
  usage.reasoning_tokens = usage.cached_tokens = usage.cache_write_tokens = -1;
  usage.cost = -1;
  return usage;
}

namespace detail {

/// A text for an event: the one that was given, or a copy in which what is no UTF-8 is U+FFFD.
class CleanText {
 public:
  explicit CleanText(std::string_view text) : text_(text) {
    if (!is_clean(text)) text_ = copy_ = mended_utf8(text);
  }
  CleanText(const CleanText&) = delete;
  CleanText& operator=(const CleanText&) = delete;
  [[nodiscard]] prx_str abi() const { return str(text_); }

 private:
  std::string_view text_;
  std::string copy_;
};

}  // namespace detail

/// Events of one operation; the grammar is that of prx/plugin.h. Each function returns false when
/// no more is wanted: stop, and end the operation. After the terminal event everything is
/// swallowed, and so is a META that is not the first event. Bytes that are no UTF-8 go out as
/// U+FFFD, and the texts of errors as prx_error wants them (with_clean_texts()). One thread at a
/// time, but for ended(), which any may ask.
class EventWriter {
 public:
  explicit EventWriter(const prx_sink& sink) : sink_(copy_of(sink)) {}
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  /// META is the first event: swallowed after any other one, as a server's second greeting is.
  bool meta(const Meta& meta) {
    if (begun_) return wanted();
    return emit_with(make(PRX_EV_META), {meta.vendor, meta.id, meta.model, meta.json});
  }
  /// An empty piece is no event.
  bool text(std::string_view piece, std::uint32_t choice = 0) {
    return piece.empty() ? wanted() : piece_of(PRX_EV_TEXT, piece, choice);
  }
  bool reasoning(std::string_view piece, std::uint32_t choice = 0) {
    return piece.empty() ? wanted() : piece_of(PRX_EV_REASONING, piece, choice);
  }
  bool tool_call(const ToolCallPiece& piece, std::uint32_t choice = 0) {
    prx_event event = make(PRX_EV_TOOL_CALL);
    event.choice = choice;
    event.index = piece.index;
    return emit_with(event, {piece.arguments, piece.id, piece.name, piece.json});
  }
  /// `json` is one JSON value; `note` says in words what the value cannot. Nobody looks whether it
  /// is one: what was cut out of an answer that nothing has parsed passes prx::json::validate()
  /// first.
  bool item(std::string_view name, std::string_view id, std::string_view json,
            std::string_view note = {}) {
    return emit_with(make(PRX_EV_ITEM), {note, id, name, json});
  }
  bool progress(std::string_view what) { return piece_of(PRX_EV_PROGRESS, what, 0); }
  bool finish(FinishReason reason, std::string_view own_reason = {}, std::uint32_t choice = 0) {
    prx_event event = make(PRX_EV_FINISH);
    event.choice = choice;
    event.finish = static_cast<std::uint32_t>(reason);
    return emit_with(event, {{}, {}, own_reason, {}});
  }
  bool usage(const prx_usage& usage, std::string_view json = {}) {
    prx_event event = make(PRX_EV_USAGE);
    event.usage = &usage;
    return emit_with(event, {{}, {}, {}, json});
  }

  /// Terminal. A second end is swallowed.
  void done() { emit(make(PRX_EV_DONE)); }
  [[gnu::noinline]] void error(const Error& error) { this->error(to_abi(error)); }
  [[gnu::noinline]] void error(const prx_error& error) {
    if (ended()) return;
    if (has_clean_texts(error)) return end_with(error);
    const Error mended = with_clean_texts(from_abi(error));
    end_with(to_abi(mended));
  }

  /// True after the terminal event. Any thread.
  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
  /// False when the sink has asked to stop, or nothing more may come.
  [[nodiscard]] bool wanted() const { return !stop_ && !ended(); }
  /// For a decoder that writes into sink() itself: it has sent the terminal event.
  void mark_ended() { ended_.store(true, std::memory_order_release); }
  [[nodiscard]] const prx_sink& sink() const { return sink_; }

 private:
  struct Texts {
    std::string_view text, id, name, json;
  };

  [[nodiscard]] static prx_event make(std::uint32_t type) {
    prx_event event{};
    event.size = sizeof event;
    event.type = type;
    return event;
  }
  bool piece_of(std::uint32_t type, std::string_view piece, std::uint32_t choice) {
    prx_event event = make(type);
    event.choice = choice;
    event.text = str(piece);
    return detail::is_ascii(piece) ? emit(event) : emit_with(event, {piece, {}, {}, {}});
  }
  [[gnu::noinline]] bool emit_with(prx_event event, const Texts& texts) {
    const detail::CleanText text(texts.text), id(texts.id), name(texts.name), json(texts.json);
    event.text = text.abi();
    event.id = id.abi();
    event.name = name.abi();
    event.json = json.abi();
    return emit(event);
  }
  void end_with(const prx_error& error) {
    prx_event event = make(PRX_EV_ERROR);
    event.error = &error;
    emit(event);
  }
  bool emit(const prx_event& event) {
    if (event.type >= PRX_EV_DONE ? ended_.exchange(true, std::memory_order_acq_rel) : ended())
      return false;
    begun_ = true;
    if (sink_.event(sink_.ctx, &event) != 0) stop_ = true;
    return wanted();
  }

  prx_sink sink_;
  std::atomic<bool> ended_{false};
  bool stop_ = false;
  bool begun_ = false;  ///< an event went out
};

}  // namespace prx::sdk
