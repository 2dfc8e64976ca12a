/// \file proxy.hpp
/// An isolated plugin as a plugin: the tables that the host calls, with every operation in another
/// process. See core/docs/isolation.md.
#pragma once

#include "isolation/link.hpp"

namespace prx::isolation {

/// What `create` of the proxy is given as its module. Shared by the instances of a plugin.
struct Module {
  Ground ground;
  std::shared_ptr<const Source> source;  // shared with the links

  /// The last instance that could not be made, when that took long: callers do not wait for the
  /// same again. Of [init] functions.
  struct SlowFailure {
    static constexpr std::chrono::seconds kSlow{1};
    static constexpr std::chrono::seconds kKept{60};
    MonotonicTime until{};
    std::string kind, config_json;
    Error error;
  };
  SlowFailure slow_failure{};
  std::string provider{};  ///< of the instance that `create` makes next; of [init] functions
};

/// `create` takes a Module; what it makes is an instance for the functions below. [init] functions
/// block while a process starts, Link::kLoadMax at most.
[[nodiscard]] const prx_provider& provider_table();

/// A slow reader: the operation gets no further than what is on its way. Loop thread.
void pause(void* operation, bool on);
/// The process of an instance is not to be trusted any more. Loop thread.
void give_up(void* instance, const std::string& why);

}  // namespace prx::isolation
