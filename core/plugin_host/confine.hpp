/// \file confine.hpp
/// What is taken from this process before and after it loads a plugin. Linux alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace prx::plugin_host {

inline constexpr int kDescriptorsMax = 64;

struct Limits {
  std::uint64_t memory_max = 0;  ///< bytes of private writable memory
  std::uint64_t cpu_max = 0;     ///< seconds of processor time; 0: unlimited
};

/// What could not be had, one line each, for the log of the host.
using Notes = std::vector<std::string>;

/// Stage one, before the plugin's file is mapped: no new privileges, limits, namespaces of its own
/// without a network, no capabilities, no files but shared libraries and `plugin_file`, and only
/// the system calls that loading needs. "" or why the last cannot be had. Single-threaded.
[[nodiscard]] std::string confine_before_loading(const Limits& limits, int plugin_file,
                                                 Notes& notes);

/// The last step of stage one: only the system calls that map files, start threads and take stage
/// two; any other is refused (EPERM, and ENOSYS for those that newer kernels brought, so that the C
/// library asks for an older one). "" or why it cannot be had. system_calls.cpp.
[[nodiscard]] std::string refuse_system_calls();

/// Stage two, once the plugin and all threads are there: only the system calls that a running
/// plugin needs; any other kills the process. Holds for all threads. "" or why it cannot be had.
[[nodiscard]] std::string confine_system_calls();

/// No access to files but libraries; false when the kernel does not have it. landlock.cpp.
[[nodiscard]] bool forbid_files(int plugin_file);

}  // namespace prx::plugin_host
