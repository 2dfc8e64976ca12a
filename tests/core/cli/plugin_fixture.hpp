/// \file plugin_fixture.hpp
/// The program as a process, with plugins of the build beside its own in home/plugins, and a key of
/// the plugin openai.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "program_fixture.hpp"

namespace prx::cli {

class PluginProgramTest : public ProgramTest {
 protected:
  PluginProgramTest() { environment["OPENAI_API_KEY"] = kKey; }

  /// A copy of a built file, which prx loads whatever the build's umask was.
  std::filesystem::path add_plugin(const std::filesystem::path& built) const {
    const std::filesystem::path file = home / "plugins" / built.filename();
    std::filesystem::copy_file(built, file);
    ::chmod(file.c_str(), 0755);
    return file;
  }
};

}  // namespace prx::cli
