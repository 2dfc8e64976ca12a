/// \file child.hpp
/// The far side of the proxy: a process that holds one plugin and lives by what comes over a
/// socket.
#pragma once

namespace prx::spike {

/// Loads a plugin, serves it until the socket ends, and returns an exit status. For a freshly
/// forked child.
int run_child(int socket, const char* plugin_file);

}  // namespace prx::spike
