/// \file check_fixture.hpp
/// The mutants and their honest original as subjects of a check.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "check/check_file.hpp"
#include "check/host/samples.hpp"
#include "check/subject.hpp"

namespace prx::check {

inline std::filesystem::path mutant_file(const std::string& name) {
  return std::filesystem::path(PRX_MUTANT_DIR) / (name + ".so");
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

/// As `prx plugin check FILE --config mutants/check.toml` makes it.
inline Subject subject_of(const std::filesystem::path& file) {
  Subject subject;
  subject.file = file;
  if (auto note = probe(file)) subject.note = std::move(*note);
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  auto check =
      read_check_file(check_text(PRX_SOURCE_DIR "/tests/core/check/mutants/check.toml").value(),
                      subject.note, nothing)
          .value();
  subject.config_json = check.config_json;
  subject.base_url = check.base_url;
  subject.model = check.model;
  subject.request_json = check.request_json;
  subject.quirks = check.quirks;
  subject.samples = chat_completions_samples();
  return subject;
}

}  // namespace prx::check
