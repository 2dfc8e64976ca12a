/// \file new_project.hpp
/// The project that `prx plugin new` writes: its texts (core/data/plugin_templates), and how they
/// get to the disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::cli {

enum class ProjectKind { kHttp, kDialect, kInProcess, kC };

/// "http", "dialect", "in-process", "c": the option of that kind without its dashes.
[[nodiscard]] std::string_view kind_name(ProjectKind kind);

struct ProjectFile {
  std::string path;  ///< within the project
  std::string text;
};

/// Errors: kInvalidRequest with the rule, for what is no plugin's id.
[[nodiscard]] Result<void> check_project_id(std::string_view id);

/// All files of a project, each with its text. Pure.
/// \param id  as check_project_id() takes it.
[[nodiscard]] std::vector<ProjectFile> project_files(ProjectKind kind, std::string_view id);

/// Errors: kInvalidRequest with a remedy, when a project cannot begin at that name: it is there,
/// and is not an empty folder.
[[nodiscard]] Result<void> check_project_place(const std::filesystem::path& folder);

/// Writes a project: into a folder beside, `FOLDER.making-` and six letters, which then gets its
/// name in one step and is removed if that does not happen; a process that is killed leaves it. The
/// folder above must be there. Nobody
/// but its owner may write to what is made, whatever the umask, since prx would not load a plugin
/// from there. Errors: kInternal, one line; nothing is left then.
[[nodiscard]] Result<void> write_project(const std::filesystem::path& folder,
                                         const std::vector<ProjectFile>& files);

}  // namespace prx::cli
