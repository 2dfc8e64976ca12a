/// \file health_folder.hpp
/// A folder of its own for a health file, and other processes that share it.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "client/health_file.hpp"
#include "support/process.hpp"

namespace prx::driver {

/// While it lives this process can write no file beyond a header.
class FullDisk {
 public:
  explicit FullDisk(std::size_t room = sizeof(HealthTable::Header)) {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    EXPECT_EQ(::sigaction(SIGXFSZ, &ignore, &signal_), 0);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &limit_), 0);
    struct rlimit small = limit_;
    small.rlim_cur = room;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  ~FullDisk() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit_), 0);
    EXPECT_EQ(::sigaction(SIGXFSZ, &signal_, nullptr), 0);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  struct rlimit limit_ {};
  struct sigaction signal_ {};
};

class HealthFolder : public ::testing::Test {
 protected:
  HealthFolder() {
    std::string name =
        (std::filesystem::canonical(std::filesystem::temp_directory_path()) / "prx-health-XXXXXX")
            .string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
    folder = name;
  }
  ~HealthFolder() override {
    std::error_code error;
    std::filesystem::remove_all(folder, error);
  }

  [[nodiscard]] std::filesystem::path file() const { return folder / "prx/health.v1"; }
  [[nodiscard]] HealthFileOptions options() const {
    HealthFileOptions out;
    out.runtime_folder = folder;
    out.temp_folder = folder / "no-such-temp";
    return out;
  }
  [[nodiscard]] std::unique_ptr<HealthFile> open() const {
    auto opened = HealthFile::open(options());
    if (opened) return std::move(*opened);
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }
  /// Why it is refused.
  [[nodiscard]] static std::string refusal(const HealthFileOptions& options) {
    const auto opened = HealthFile::open(options);
    return opened ? "" : opened.error().message;
  }
  [[nodiscard]] std::string contents() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void make_file(const std::string& text) const {
    std::filesystem::create_directories(file().parent_path());
    ::chmod(file().parent_path().c_str(), 0700);
    std::ofstream(file(), std::ios::binary) << text;
    ::chmod(file().c_str(), 0600);
  }
  [[nodiscard]] test::ProcessOptions child(std::vector<std::string> arguments) const {
    test::ProcessOptions out;
    out.program = PRX_HEALTH_CHILD;
    out.arguments = std::move(arguments);
    out.arguments.insert(out.arguments.begin() + 1, folder.string());
    for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
      if (const char* value = std::getenv(name)) out.environment[name] = value;
    return out;
  }

  std::filesystem::path folder;
};

}  // namespace prx::driver
