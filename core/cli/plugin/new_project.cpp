#include "cli/plugin/new_project.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <span>
#include <system_error>
#include <utility>

#include "cli/output.hpp"
#include "config/mask.hpp"
#include "os/descriptor.hpp"
#include "os/file.hpp"
#include "os/file_size_signal.hpp"
#include "plugin/note_rules.hpp"

namespace prx::cli {

/// Made by the build of core/data/plugin_templates: path and text of each file.
std::span<const std::pair<std::string_view, std::string_view>> plugin_template_files();

namespace {

namespace fs = std::filesystem;
using Words = std::map<std::string, std::string, std::less<>>;  // what stands for @NAME@

/// A folder of the templates, and what its README says.
struct KindText {
  std::string_view folder, source, note, test, about, ask;
};

constexpr std::string_view kAskServer =
    "It asks `https://api.example.com` until you change that in the source and in the note:\n\n"
    "    export @VARIABLE@_API_KEY=...\n"
    "    prx chat --config prx.toml \"Hello\"\n\n"
    "`@VARIABLE@_BASE_URL` sends it elsewhere, to a server on this machine for example.";
constexpr std::string_view kAskDialect =
    "`prx sim` plays such a server; with the URL that it prints, and any key:\n\n"
    "    export @VARIABLE@_API_KEY=anything @VARIABLE@_BASE_URL=http://127.0.0.1:PORT/v1\n"
    "    prx chat --config prx.toml \"Hello\"";
constexpr std::string_view kAskAlone = "    prx chat --config prx.toml \"Hello\"";

KindText text_of(ProjectKind kind) {
  constexpr std::string_view kNote = "plugin.json", kCpp = "plugin.cpp", kTest = "plugin_test.cpp";
  switch (kind) {
    case ProjectKind::kHttp:
      break;
    case ProjectKind::kDialect:
      return {"dialect",
              kCpp,
              kNote,
              kTest,
              "It speaks Chat Completions, and says\nwhat is different here. Building it needs the "
              "headers of RapidJSON (Debian: rapidjson-dev).",
              kAskDialect};
    case ProjectKind::kInProcess:
      return {"in_process", kCpp, kNote, kTest, "It answers by itself, without a\nnetwork.",
              kAskAlone};
    case ProjectKind::kC:
      return {"c",
              "plugin.c",
              "PRX_PLUGIN_NOTE",
              "plugin_test.c",
              "It is plain C11, and needs of the\nSDK one header.",
              kAskAlone};
  }
  return {
      "http",    kCpp, kNote, kTest, "It talks to its server over HTTP, in\na protocol of its own.",
      kAskServer};
}

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

std::string title_of(std::string_view id) {
  std::string title;
  bool at_start = true;
  for (const char c : id) {
    const bool is_gap = c == '-' || c == '_' || c == '.';
    title += is_gap ? ' ' : at_start && is_letter(c) ? static_cast<char>(c - 'a' + 'A') : c;
    at_start = is_gap;
  }
  return title;
}

/// What its environment variables begin with.
std::string variable_of(std::string_view id) {
  std::string name = is_letter(id.front()) ? "" : "_";
  for (const char c : id)
    name += is_letter(c) ? static_cast<char>(c - 'a' + 'A') : c == '-' || c == '.' ? '_' : c;
  return name;
}

/// The name of its table in a configuration, where a dot would begin another table.
std::string provider_of(std::string_view id) {
  std::string name(id);
  for (char& c : name)
    if (c == '.') c = '-';
  return name;
}

Words words_of(const KindText& kind, std::string_view id) {
  return {{"SOURCE", std::string(kind.source)},
          {"NOTE", std::string(kind.note)},
          {"TEST", std::string(kind.test)},
          {"ABOUT", std::string(kind.about)},
          {"ASK", std::string(kind.ask)},
          {"ID", std::string(id)},
          {"TITLE", title_of(id)},
          {"VARIABLE", variable_of(id)},
          {"PROVIDER", provider_of(id)}};
}

/// The text with each @NAME@ replaced; a replacement may hold others.
std::string filled(std::string_view text, const Words& words) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find('@');
    const std::size_t end = at == text.npos ? at : text.find('@', at + 1);
    const auto word =
        end == text.npos ? words.end() : words.find(text.substr(at + 1, end - at - 1));
    out += text.substr(0, at);
    if (at == text.npos) break;
    if (word == words.end()) {
      out += '@';
      text.remove_prefix(at + 1);
    } else {
      out += filled(word->second, words);
      text.remove_prefix(end + 1);
    }
  }
  return out;
}

Unexpected<Error> cannot_write(const fs::path& what, int error) {
  return fail(ErrorClass::kInternal,
              what.string() + " cannot be written: " + os::reason(error) + "; nothing was made");
}

/// A folder that is to get another name; removed with all in it unless it did.
class FolderBeside {
 public:
  FolderBeside() = default;
  FolderBeside(const FolderBeside&) = delete;
  FolderBeside& operator=(const FolderBeside&) = delete;
  ~FolderBeside() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  [[nodiscard]] int make(const fs::path& target) {
    std::string name = target.string() + std::string(os::Replacement::kMark) + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) return errno;
    path_ = name;
    target_ = target;
    return 0;
  }
  [[nodiscard]] int put_in_place() {
    if (::chmod(path_.c_str(), 0755 & ~umask_of()) != 0) return errno;
    if (std::rename(path_.c_str(), target_.c_str()) != 0) return errno;
    path_.clear();
    return 0;
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  /// The only way to ask sets it; the program has one thread here.
  [[nodiscard]] static mode_t umask_of() {
    const mode_t mask = ::umask(077);
    ::umask(mask);
    return mask;
  }

  fs::path path_, target_;
};

int write_file(const fs::path& path, std::string_view text) {
  os::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file.is_open()) return errno;
  const os::FileSizeSignalBlocked blocked;
  if (const int error = os::write_whole(file.get(), text); error != 0) return error;
  return file.close();
}

}  // namespace

std::string_view kind_name(ProjectKind kind) {
  switch (kind) {
    case ProjectKind::kHttp:
      break;
    case ProjectKind::kDialect:
      return "dialect";
    case ProjectKind::kInProcess:
      return "in-process";
    case ProjectKind::kC:
      return "c";
  }
  return "http";
}

Result<void> check_project_id(std::string_view id) {
  if (note::is_id(id)) return {};
  return fail(ErrorClass::kInvalidRequest,
              config::shown(id) + " is no plugin's id; use 1 to " + std::to_string(note::kIdMax) +
                  " of a-z, 0-9, '_', '.' and '-', beginning with a letter or digit");
}

std::vector<ProjectFile> project_files(ProjectKind kind, std::string_view id) {
  const KindText text = text_of(kind);
  const Words words = words_of(text, id);
  std::vector<ProjectFile> files;
  for (const auto& [path, content] : plugin_template_files()) {
    const std::size_t slash = path.find('/');
    const std::string_view folder = path.substr(0, slash);
    if (folder == text.folder || folder == "common")
      files.push_back({std::string(path.substr(slash + 1)), filled(content, words)});
  }
  return files;
}

Result<void> check_project_place(const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(folder, error);
  if (status.type() == fs::file_type::not_found) return {};
  const std::string name = visible_line(folder.string());
  if (status.type() != fs::file_type::directory)
    return fail(ErrorClass::kInvalidRequest,
                "'" + name + "' is there and is no folder; choose another name, or move it away");
  const bool is_empty = fs::is_empty(folder, error);
  if (is_empty && !error) return {};
  return fail(ErrorClass::kInvalidRequest, "the folder '" + name + "' is there and " +
                                               (error ? "cannot be read" : "is not empty") +
                                               "; choose another name, or move it away");
}

Result<void> write_project(const fs::path& folder, const std::vector<ProjectFile>& files) {
  FolderBeside made;
  if (const int error = made.make(folder); error != 0) return cannot_write(folder, error);
  for (const ProjectFile& file : files)
    if (const int error = write_file(made.path() / file.path, file.text); error != 0)
      return cannot_write(folder / file.path, error);
  if (const int error = made.put_in_place(); error != 0) return cannot_write(folder, error);
  return {};
}

}  // namespace prx::cli
