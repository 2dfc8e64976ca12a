#include "plugin/trust.hpp"

#include <unistd.h>

#include <cerrno>
#include <deque>

#include "os/file.hpp"
#include "plugin/registry.hpp"

namespace prx {
namespace {

namespace fs = std::filesystem;

Unexpected<Error> not_trusted(const fs::path& path, const std::string& why) {
  return fail(ErrorClass::kPermission, "not trusted: " + path.string() + " " + why);
}

bool is_sticky_of_root(const struct stat& status) {
  return S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0;
}

Result<struct stat> look_at(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR)
    return fail(ErrorClass::kNotFound,
                path.string() + ": no such file; correct the path or install the plugin");
  return not_trusted(path, "cannot be looked at: " + os::reason(errno));
}

Result<fs::path> read_link(const fs::path& link) {
  std::error_code error;
  auto target = fs::read_symlink(link, error);
  if (error) return not_trusted(link, "cannot be read: " + error.message());
  return target;
}

/// Resolves a path by hand, one component at a time, so that each directory on the way is seen.
class Walk {
 public:
  explicit Walk(const fs::path& file) { put_first(file); }

  Result<fs::path> run() {
    PRX_TRY(check(at_));
    while (!left_.empty()) PRX_TRY(step());
    return at_;
  }

 private:
  void put_first(const fs::path& path) {
    const fs::path relative = path.relative_path();
    left_.insert(left_.begin(), relative.begin(), relative.end());
  }

  static Result<void> check(const fs::path& path) {
    PRX_TRY_SET(const auto status, look_at(path));
    return check_owner_and_mode(path, status);
  }

  Result<void> step() {
    const fs::path part = std::move(left_.front());
    left_.pop_front();
    if (part.empty() || part == ".") return {};
    if (part == "..") {
      at_ = at_.parent_path();
      return {};
    }
    const fs::path next = at_ / part;
    PRX_TRY_SET(const auto status, look_at(next));
    PRX_TRY(check_owner_and_mode(next, status));
    if (S_ISLNK(status.st_mode)) return follow(next);
    at_ = next;
    return {};
  }

  Result<void> follow(const fs::path& link) {
    if (++links_ > kLinksMax)
      return not_trusted(link, "leads through more than " + std::to_string(kLinksMax) + " links");
    PRX_TRY_SET(const auto target, read_link(link));
    if (target.is_absolute()) at_ = "/";
    put_first(target);
    return {};
  }

  fs::path at_ = "/";
  std::deque<fs::path> left_;
  int links_ = 0;
};

}  // namespace

Result<void> check_owner_and_mode(const fs::path& path, const struct stat& status) {
  const uid_t me = ::geteuid();
  if (status.st_uid != 0 && status.st_uid != me)
    return not_trusted(path, "belongs to user " + std::to_string(status.st_uid) +
                                 ", neither to root nor to you (" + std::to_string(me) +
                                 "); run: chown " + std::to_string(me) + " " + path.string());
  if (S_ISLNK(status.st_mode) || is_sticky_of_root(status)) return {};
  if ((status.st_mode & S_IWOTH) != 0)
    return not_trusted(path, "can be written by everyone; run: chmod go-w " + path.string());
  if ((status.st_mode & S_IWGRP) != 0)
    return not_trusted(path, "can be written by its group; run: chmod g-w " + path.string());
  return {};
}

Result<fs::path> trusted_path(const fs::path& file) {
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  if (error) return not_trusted(file, "has no absolute path: " + error.message());
  return Walk(absolute).run();
}

Result<void> check_trust(const fs::path& file) {
  PRX_TRY(trusted_path(file));
  return {};
}

}  // namespace prx
