#include "config/load_context.hpp"

#include <algorithm>
#include <utility>

namespace prx::config {

LoadContext::LoadContext(Input input, const ConfigSource& source)
    : input_(std::move(input)), source_(source) {}

Unexpected<Error> LoadContext::error(Place place, std::string_view text) const {
  return fail(ErrorClass::kInvalidRequest, where(place) + ": " + std::string(text));
}

std::filesystem::path LoadContext::resolve(const std::string& path) const {
  if (path.empty()) return {};
  if (path.substr(0, 2) == "~/" && source_.environment)
    if (const auto home = source_.environment("HOME"); home && !home->empty())
      return std::filesystem::path(*home) / path.substr(2);
  const auto whole = input_.folder / path;  // an absolute path replaces the folder
  std::error_code ignored;
  auto absolute = std::filesystem::absolute(whole, ignored);
  return (absolute.empty() ? whole : absolute).lexically_normal();
}

void LoadContext::set(std::string path, std::string value, Place place) {
  const bool in_file = place.line != 0;
  if (in_file) places_.insert_or_assign(path, where(place));
  entries_.push_back(
      {{std::move(path), std::move(value), in_file ? where(place) : "default"}, place});
}

void LoadContext::set_from(std::string path, std::string value, std::string origin) {
  entries_.push_back({{std::move(path), std::move(value), std::move(origin)}, {}});
}

std::string LoadContext::where(const std::string& path) const {
  const auto found = places_.find(path);
  return found == places_.end() ? std::string() : found->second;
}

void LoadContext::mark(const std::string& path, Place place) {
  places_.insert_or_assign(path, where(place));
}

void LoadContext::finish(Config& config) {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    const bool a_outside = a.place.line == 0, b_outside = b.place.line == 0;
    return a_outside != b_outside ? b_outside : a.place < b.place;
  });
  for (auto& entry : entries_) config.settings.push_back(std::move(entry.setting));
  config.places = std::move(places_);
  config.warnings = std::move(warnings_);
}

}  // namespace prx::config
