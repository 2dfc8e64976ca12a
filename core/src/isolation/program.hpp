/// \file program.hpp
/// What prx and prx-plugin-host agree on beside frames: its descriptors and its exit statuses. Its
/// arguments are the host's process id, the megabytes of memory, and the seconds of processor time
/// (0: unlimited).
#pragma once

namespace prx::isolation {

inline constexpr int kSocketNumber = 3;  ///< to the host
inline constexpr int kFileNumber = 4;    ///< the plugin's file
inline constexpr int kExitMemory = 90;   ///< it used up its memory

}  // namespace prx::isolation
