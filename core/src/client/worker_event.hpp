/// \file worker_event.hpp
/// A plugin's event with everything it points to, on its way from a worker to the loop.
#pragma once

#include <optional>
#include <string>

#include "prx/plugin.h"
#include "prx/sdk/sizes.hpp"

namespace prx::driver {

/// A value.
class WorkerEvent {
 public:
  explicit WorkerEvent(const prx_event& event) : event_(sdk::copy_of(event)) {
    for (auto& text : {&event_.text, &event_.id, &event_.name, &event_.json, &event_.frame})
      keep(*text);
    if (sdk::is_whole(event.usage)) usage_ = sdk::copy_of(*event.usage);
    if (sdk::is_whole(event.error)) keep_error(*event.error);
  }

  /// Points into this object.
  [[nodiscard]] prx_event view() const {
    prx_event out = event_;
    std::size_t at = 0;
    for (auto* text : {&out.text, &out.id, &out.name, &out.json, &out.frame}) restore(*text, at);
    out.usage = usage_ ? &*usage_ : nullptr;
    out.error = nullptr;
    if (error_) {
      for (auto* text :
           {&error_->message, &error_->provider_code, &error_->request_id, &error_->raw})
        restore(*text, at);
      out.error = &*error_;
    }
    return out;
  }

 private:
  void keep(const prx_str& text) {
    if (text.ptr != nullptr) bytes_.append(text.ptr, text.len);
  }
  void keep_error(const prx_error& error) {
    error_ = sdk::copy_of(error);
    for (const auto* text : {&error.message, &error.provider_code, &error.request_id, &error.raw})
      keep(*text);
  }
  void restore(prx_str& text, std::size_t& at) const {
    if (text.ptr == nullptr) return;
    text.ptr = bytes_.data() + at;
    at += text.len;
  }

  prx_event event_;
  std::string bytes_;
  std::optional<prx_usage> usage_;
  mutable std::optional<prx_error> error_;
};

}  // namespace prx::driver
