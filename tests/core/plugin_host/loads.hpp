/// \file loads.hpp
/// The real process of a plugin, without a host that talks with it.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "isolation/program.hpp"
#include "os/descriptor.hpp"

namespace prx::plugin_host {

/// All that the process of a file says until it has ended: frames, and what its code wrote.
inline std::string loads(const char* file) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return "no socket";
  const os::Descriptor ours(pair[0]);
  os::Descriptor theirs(pair[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), isolation::kSocketNumber);
  ::posix_spawn_file_actions_addopen(&actions, isolation::kFileNumber, file, O_RDONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, isolation::kFileNumber + 1);
  std::string program = PRX_PLUGIN_HOST, host = std::to_string(::getpid()), memory = "512",
              seconds = "20";
  std::array<char*, 5> words = {program.data(), host.data(), memory.data(), seconds.data(),
                                nullptr};
  std::array<char*, 1> environment{};
  pid_t child = -1;
  const int problem =
      ::posix_spawn(&child, PRX_PLUGIN_HOST, &actions, nullptr, words.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) return "not started";
  theirs = os::Descriptor();
  std::string said;
  std::array<char, 4096> piece{};
  for (ssize_t size = 0; (size = ::read(ours.get(), piece.data(), piece.size())) > 0;)
    said.append(piece.data(), static_cast<std::size_t>(size));
  ::waitpid(child, nullptr, 0);
  return said;
}

}  // namespace prx::plugin_host
