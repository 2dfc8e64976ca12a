/// \file onboard_fixture.hpp
/// `prx onboard` in a home without a configuration, and what it leaves there.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "program_fixture.hpp"

namespace prx::cli {

class OnboardTest : public ProgramTest {
 protected:
  OnboardTest() { std::filesystem::remove_all(home / "config"); }

  /// The configuration that it writes.
  [[nodiscard]] std::filesystem::path file() const { return home / "config/prx/config.toml"; }
  [[nodiscard]] static std::string read(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  [[nodiscard]] static unsigned mode(const std::filesystem::path& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
  }
  /// Starts the simulator with one key, which is this.
  void simulate_key(const char* key, sim::KeyState state = sim::KeyState::kValid) {
    sim::SimulatorOptions options;
    options.keys = {{key, state, {}}};
    simulate(std::move(options));
  }
};

}  // namespace prx::cli
