/// \file event_writer.hpp
/// EventWriter: typed events into a prx_sink, with exactly one end. Nothing is allocated.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "prx/plugin.h"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/error.hpp"

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
  std::string_view id, name, arguments;
  std::string_view json{};  ///< what else there is of the call; see PRX_EV_TOOL_CALL
};

/// What an answer is: see PRX_EV_META.
struct Meta {
  std::string_view id, model, vendor;
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

/// Events of one operation; the grammar is that of prx/plugin.h. Each function returns false when
/// no more is wanted: stop, and end the operation. After the terminal event everything is
/// swallowed. One thread at a time, but for ended(), which any may ask.
class EventWriter {
 public:
  explicit EventWriter(const prx_sink& sink) : sink_(copy_of(sink)) {}
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  bool meta(const Meta& meta) {
    prx_event event = make(PRX_EV_META);
    event.id = str(meta.id);
    event.name = str(meta.model);
    event.text = str(meta.vendor);
    event.json = str(meta.json);
    return emit(event);
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
    event.id = str(piece.id);
    event.name = str(piece.name);
    event.text = str(piece.arguments);
    event.json = str(piece.json);
    return emit(event);
  }
  /// `json` is one JSON value; `note` says in words what the value cannot.
  bool item(std::string_view name, std::string_view id, std::string_view json,
            std::string_view note = {}) {
    prx_event event = make(PRX_EV_ITEM);
    event.name = str(name);
    event.id = str(id);
    event.json = str(json);
    event.text = str(note);
    return emit(event);
  }
  bool progress(std::string_view what) { return piece_of(PRX_EV_PROGRESS, what, 0); }
  bool finish(FinishReason reason, std::string_view own_reason = {}, std::uint32_t choice = 0) {
    prx_event event = make(PRX_EV_FINISH);
    event.choice = choice;
    event.finish = static_cast<std::uint32_t>(reason);
    event.name = str(own_reason);
    return emit(event);
  }
  bool usage(const prx_usage& usage, std::string_view json = {}) {
    prx_event event = make(PRX_EV_USAGE);
    event.usage = &usage;
    event.json = str(json);
    return emit(event);
  }

  /// Terminal. A second end is swallowed.
  void done() { emit(make(PRX_EV_DONE)); }
  void error(const Error& error) { this->error(to_abi(error)); }
  void error(const prx_error& error) {
    prx_event event = make(PRX_EV_ERROR);
    event.error = &error;
    emit(event);
  }

  /// True after the terminal event. Any thread.
  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
  /// False when the sink has asked to stop, or nothing more may come.
  [[nodiscard]] bool wanted() const { return !stop_ && !ended(); }
  /// For a decoder that writes into sink() itself: it has sent the terminal event.
  void mark_ended() { ended_.store(true, std::memory_order_release); }
  [[nodiscard]] const prx_sink& sink() const { return sink_; }

 private:
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
    return emit(event);
  }
  bool emit(const prx_event& event) {
    if (event.type >= PRX_EV_DONE ? ended_.exchange(true, std::memory_order_acq_rel) : ended())
      return false;
    if (sink_.event(sink_.ctx, &event) != 0) stop_ = true;
    return wanted();
  }

  prx_sink sink_;
  std::atomic<bool> ended_{false};
  bool stop_ = false;
};

}  // namespace prx::sdk
