#include "cli/onboard/file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "config/document.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
constexpr int kLinksMax = 16;  // that lead from one to the next

Unexpected<Error> trouble(const fs::path& file, const std::string& what) {
  return fail(ErrorClass::kInvalidRequest, file.string() + ": " + what);
}
Unexpected<Error> trouble(const fs::path& file, int error) {
  return trouble(file, os::reason(error));
}

/// What a chain of links leads to, also when nothing is there yet.
Result<fs::path> end_of_links(fs::path file) {
  std::error_code error;
  for (int i = 0; fs::symlink_status(file, error).type() == fs::file_type::symlink; ++i) {
    if (i == kLinksMax) return trouble(file, "too many links; name the file itself");
    const fs::path next = fs::read_symlink(file, error);
    if (error) return trouble(file, error.message());
    file = next.is_absolute() ? next : file.parent_path() / next;
  }
  return file;
}

}  // namespace

Result<std::optional<std::string>> read_present(const fs::path& file) {
  std::error_code error;
  if (fs::status(file, error).type() == fs::file_type::not_found)
    return std::optional<std::string>();
  auto content = os::read_file(file, config::kDocumentMax, os::FileKind::kRegular);
  if (!content) return trouble(file, content.error().message);
  return std::optional(std::move(content->text));
}

Result<void> write_privately(const fs::path& file, std::string_view text,
                             const std::optional<std::string>& expected,
                             std::chrono::milliseconds patience) {
  PRX_TRY_SET(const fs::path target, end_of_links(file));
  if (const int error = os::make_private_folders(target.parent_path()); error != 0)
    return trouble(target.parent_path(), error);
  os::FolderLock lock;
  if (lock.take(target.parent_path(), patience) != 0)
    return trouble(file, "somebody else is writing in its folder; try again in a moment");
  os::remove_left_over(target);
  os::Replacement beside;
  int error = beside.make(target);
  if (error == 0) error = beside.write(text);
  if (error == 0) error = beside.keep_owner_and_mode(0600);
  if (error != 0) return trouble(file, error);
  PRX_TRY_SET(const auto now, read_present(target));
  if (now != expected)
    return trouble(file, "it was changed meanwhile and is left as it is; start again");
  error = beside.put_in_place(true);
  return error == 0 ? Result<void>() : Result<void>(trouble(file, error));
}

}  // namespace prx::cli
