/// \file chat_emit.hpp
/// Puts events into a sink: fills the structs, keeps texts well-formed UTF-8, marks frames.
/// Private.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "prx/plugin.h"
#include "prx/sdk/error.hpp"
#include "prx/sdk/sizes.hpp"

namespace prx::sdk {

[[nodiscard]] inline prx_str to_str(std::string_view text) { return {text.data(), text.size()}; }
[[nodiscard]] inline std::string_view to_view(prx_str text) {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

/// `json` with the bytes 0x1a to 0x1f escaped, which no JSON has: RapidJSON 1.1.0's SSE2 code takes
/// them for text, inside of strings alone.
[[nodiscard]] std::string escape_controls(std::string_view json);

/// A piece of a tool call; views are borrowed for the call.
struct ToolPiece {
  std::uint32_t choice = 0, index = 0;
  std::string_view id{}, name{}, arguments{};
  std::string_view members{};  ///< "" or an object
};

class Emitter {
 public:
  Emitter(const prx_sink& sink, bool want_frame) : sink_(copy_of(sink)), want_frame_(want_frame) {}

  /// What follows comes from this frame, until end_frame().
  void begin_frame(std::string_view frame) {
    frame_ = frame;
    frame_events_ = 0;
    frame_hidden_ = false;
  }
  /// The events of this frame say other than it does: they come without it.
  void hide_frame() { frame_hidden_ = true; }
  void end_frame() { frame_ = {}, frame_events_ = 0; }
  [[nodiscard]] int frame_events() const { return frame_events_; }

  void meta(std::string_view id, std::string_view model, std::string_view provider,
            std::string_view json);
  void text(std::uint32_t type, std::uint32_t choice, std::string_view text);
  void tool_call(const ToolPiece& piece);
  void item(std::uint32_t choice, std::string_view name, std::string_view id,
            std::string_view json);
  void raw(std::string_view json);
  void finish(std::uint32_t choice, std::uint32_t finish, std::string_view reason);
  void usage(const prx_usage& usage, std::string_view json);
  void done();
  void error(const Error& error);

  /// The host wants no more.
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] bool any() const { return any_; }

 private:
  static prx_event event(std::uint32_t type, std::uint32_t choice);
  void send(prx_event& event);
  prx_str clean(std::string_view text, std::string& storage);
  prx_str clean_json(std::string_view json, std::string& storage);

  prx_sink sink_;
  bool want_frame_;
  bool frame_hidden_ = false;
  bool stopped_ = false;
  bool any_ = false;
  std::string_view frame_;
  int frame_events_ = 0;
  std::string storage_[3];
};

}  // namespace prx::sdk
