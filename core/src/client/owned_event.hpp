/// \file owned_event.hpp
/// A StreamEvent with its text, for where events wait.
#pragma once

#include <array>
#include <string>

#include "prx/chat.hpp"

namespace prx::driver {

/// A value; one buffer for all text.
class OwnedEvent {
 public:
  explicit OwnedEvent(const StreamEvent& event) : event_(event) {
    const auto parts = views(event);
    std::size_t size = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) size += sizes_[i] = parts[i].size();
    bytes_.reserve(size);
    for (const auto part : parts) bytes_ += part;
  }

  /// Points into this object.
  [[nodiscard]] StreamEvent view() const {
    StreamEvent out = event_;
    const std::string_view all = bytes_;
    std::size_t at = 0;
    std::array<std::string_view*, 5> parts{&out.text, &out.id, &out.name, &out.json, &out.frame};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      *parts[i] = all.substr(at, sizes_[i]);
      at += sizes_[i];
    }
    return out;
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  static std::array<std::string_view, 5> views(const StreamEvent& event) {
    return {event.text, event.id, event.name, event.json, event.frame};
  }
  StreamEvent event_;  ///< its views are not used
  std::array<std::size_t, 5> sizes_{};
  std::string bytes_;
};

}  // namespace prx::driver
