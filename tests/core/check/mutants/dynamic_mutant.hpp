/// \file dynamic_mutant.hpp
/// What stands between the honest plugin and the host: each call passes through, and kWrong names
/// the one thing that goes wrong on the way.
#pragma once

#include <prx/plugin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <prx/sdk/sizes.hpp>

#include "wrong.hpp"

extern "C" const prx_plugin* prx_honest_query_v1(void) noexcept;

namespace mutant {

inline bool is(Wrong wrong) { return kWrong == wrong; }

inline prx_str text(const char* literal) { return {literal, std::strlen(literal)}; }
inline std::string_view view(prx_str text) {
  return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

struct Instance;

/// The host as the honest plugin sees it: prx.http/1 passes through here.
struct HostOfInstance {
  prx_host abi{};
  const prx_host* real = nullptr;
  const prx_http* http = nullptr;

  explicit HostOfInstance(const prx_host* host);
  [[nodiscard]] const prx_exec* exec() const {
    return static_cast<const prx_exec*>(real->service(real, text(PRX_EXEC_ID)));
  }
};

struct Operation {
  Instance* instance = nullptr;
  void* honest = nullptr;
  prx_sink sink{};
  std::uint64_t id = 0;
  std::uint32_t op = 0;
  bool framed = false;  ///< frames are asked for: where a wrong is enough once
  int status = 0;       ///< of its last answer
  char date = 0;        ///< of its Retry-After: 'o' of an old form, 'p' past, 0 none of them
  prx_str borrowed{};
  int events = 0, texts = 0, cancels = 0, depth = 0;
  bool ended = false, ended_well = false, deaf = false;
  bool latin_1 = false;   ///< such a byte was in its answer
  bool misheard = false;  ///< its texts are others
  int greetings = 0;      ///< lines with a "hello" since its last event
  std::string kept;       ///< of bodies
};

struct Instance {
  HostOfInstance host;
  void* honest = nullptr;
  unsigned epoch = 0;
};

/// The operation whose code is under way on this thread.
Operation*& current();
class Current {
 public:
  explicit Current(Operation* operation) : before_(current()) { current() = operation; }
  ~Current() { current() = before_; }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  Operation* const before_;
};
prx_error error_of(std::int32_t code, const char* message);
std::int32_t refuse(const prx_fail* fail, std::int32_t code, const char* message);
std::int32_t emit(Operation& operation, prx_event event);

}  // namespace mutant
