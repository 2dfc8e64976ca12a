/// \file measure.hpp
/// What a benchmarked process measures of itself. Linux only. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace prx::bench {

/// CPU time of all threads of this process, user and system.
[[nodiscard]] std::chrono::nanoseconds process_cpu_time();
/// Resident anonymous and file pages of this process.
[[nodiscard]] std::size_t resident_bytes();
/// Raises the soft limit of open files to the hard one, and returns it.
std::size_t raise_open_files();

/// Ends the program with exit code 2: a benchmark that cannot measure has nothing to recover.
[[noreturn]] void die(std::string_view what);
/// die() with errno's words when `result` is negative; else the result.
int check(int result, std::string_view what);

}  // namespace prx::bench
