#include "config/file_place.hpp"

namespace prx::config {
namespace {

std::optional<std::filesystem::path> path_from(const Environment& environment, const char* name) {
  const auto value = environment ? environment(name) : std::nullopt;
  if (!value || value->empty()) return std::nullopt;
  return std::filesystem::path(*value);
}

}  // namespace

Result<FilePlace> file_place(const std::optional<std::filesystem::path>& named,
                             const Environment& environment) {
  if (named) return FilePlace{*named, true};
  if (auto file = path_from(environment, "PRX_CONFIG")) return FilePlace{std::move(*file), true};
  auto folder = path_from(environment, "XDG_CONFIG_HOME");
  if (!folder || folder->is_relative()) {
    folder = path_from(environment, "HOME");
    if (!folder)
      return fail(ErrorClass::kInvalidRequest,
                  "HOME is not set; set it, or name the file in PRX_CONFIG");
    *folder /= ".config";
  }
  return FilePlace{*folder / "prx" / "config.toml", false};
}

}  // namespace prx::config
