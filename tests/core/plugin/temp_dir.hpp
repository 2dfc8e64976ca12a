/// \file temp_dir.hpp
/// A folder that only we can write, with copies of the fixture plugins in it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace prx::testing {

namespace fs = std::filesystem;

/// Made with mode 0700, removed with its content.
class TempDir {
 public:
  TempDir() {
    std::string name = (fs::canonical(fs::temp_directory_path()) / "prx-plugin-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
    path_ = name;
  }
  ~TempDir() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

  fs::path make_dir(const std::string& name, mode_t mode = 0755) const {
    fs::create_directories(path_ / name);
    ::chmod((path_ / name).c_str(), mode);
    return path_ / name;
  }
  fs::path write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    ::chmod((path_ / name).c_str(), mode);
    return path_ / name;
  }

 private:
  fs::path path_;
};

inline std::string read_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

inline std::string fixture_bytes(const std::string& name) {
  return read_bytes(fs::path(PRX_FIXTURE_DIR) / (name + ".so"));
}

/// A fresh copy, so another inode each time.
inline fs::path copy_fixture(const TempDir& dir, const std::string& name, const std::string& as) {
  return dir.write(as, fixture_bytes(name));
}

}  // namespace prx::testing
