/// \file folder.hpp
/// A cache in a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "catalog/cache.hpp"

namespace prx::catalog {

class CacheFolder : public ::testing::Test {
 protected:
  CacheFolder() {
    std::string name =
        (std::filesystem::canonical(std::filesystem::temp_directory_path()) / "prx-models-XXXXXX")
            .string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
    home = name;
  }
  ~CacheFolder() override {
    std::error_code error;
    std::filesystem::remove_all(home, error);
  }

  [[nodiscard]] Cache cache() const { return Cache(home / "prx/models"); }
  [[nodiscard]] std::string text(const Source& of) const {
    std::ifstream file(cache().file(of), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(const Source& of, const std::string& content) const {
    std::ofstream(cache().file(of), std::ios::binary) << content;
  }

  std::filesystem::path home;
  const Source source{"openrouter", ""};
};

}  // namespace prx::catalog
