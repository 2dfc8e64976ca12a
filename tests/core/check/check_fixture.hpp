/// \file check_fixture.hpp
/// The mutants and their honest original as subjects of a check.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/check_file.hpp"
#include "check/host/breach.hpp"
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

/// What was seen, in its order; which is then forgotten.
inline std::vector<Breach> kinds_of(Breaches& breaches) {
  std::vector<Breach> kinds;
  for (const Observed& seen : breaches.take()) kinds.push_back(seen.breach);
  return kinds;
}

/// A stream as NDJSON, behind a line of greeting.
inline Sample in_lines(Sample sample) {
  constexpr std::string_view kMark = "data: ";
  std::string body = "{\"hello\":\"check\"}\n";
  std::istringstream in(sample.body);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(kMark)) body += line.substr(kMark.size()) + "\n";
  sample.body = std::move(body);
  for (auto& [name, value] : sample.headers)
    if (name == "content-type") value = "application/x-ndjson";
  return sample;
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
  if (file.stem() == "greets_by_line")
    for (Sample& sample : subject.samples)
      if (sample.stream && sample.body.starts_with("data: ")) sample = in_lines(std::move(sample));
  return subject;
}

}  // namespace prx::check
