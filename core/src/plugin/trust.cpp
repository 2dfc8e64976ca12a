#include "plugin/trust.hpp"

#include <unistd.h>

#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "os/file.hpp"
#include "plugin/registry.hpp"

namespace prx {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFaultsMax = 16;  // paths that one message names

Unexpected<Error> not_trusted(const fs::path& file, const std::string& why) {
  return fail(ErrorClass::kPermission, file.string() + ": not trusted: " + why);
}

bool is_sticky_of_root(const struct stat& status) {
  return S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0;
}

/// "it, /a and /b"
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

/// What stands against a file: who owns or can write it, or what lies on the way to it.
class Objections {
 public:
  /// \param reported  `file` as messages name it
  Objections(const fs::path& file, const fs::path& reported)
      : file_(reported), normal_(file.lexically_normal()) {}

  void look(const fs::path& path, const struct stat& status) {
    const std::string name = path == normal_ ? "it" : path.string();
    if (found_ == kFaultsMax || !seen_.insert(path).second) return;
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
      foreign_[status.st_uid].push_back(name);
    else if (S_ISLNK(status.st_mode) || is_sticky_of_root(status))
      return;
    else if ((status.st_mode & S_IWOTH) != 0)
      add_writable(by_all_, name, path);
    else if ((status.st_mode & S_IWGRP) != 0)
      add_writable(by_group_, name, path);
    else
      return;
    ++found_;
  }

  [[nodiscard]] Result<void> verdict() const {
    if (found_ == 0) return {};
    return not_trusted(file_, faults() + "; " + remedy());
  }

 private:
  void add_writable(std::vector<std::string>& names, const std::string& name,
                    const fs::path& path) {
    names.push_back(name);
    writable_ += ' ' + path.string();
  }

  [[nodiscard]] std::string faults() const {
    std::vector<std::string> texts;
    for (const auto& [user, names] : foreign_)
      texts.push_back(listed(names) + (names.size() == 1 ? " belongs" : " belong") + " to user " +
                      std::to_string(user) + ", neither to root nor to you (" +
                      std::to_string(::geteuid()) + ')');
    if (!by_all_.empty()) texts.push_back(listed(by_all_) + " can be written by everyone");
    if (!by_group_.empty())
      texts.push_back(listed(by_group_) + " can be written by " +
                      (by_group_.size() == 1 ? "its group" : "their groups"));
    std::string text;
    for (const std::string& one : texts) text += (text.empty() ? "" : ", ") + one;
    return text;
  }

  /// What somebody else wrote, or could have, does not become good by another owner or mode.
  [[nodiscard]] std::string remedy() const {
    std::string text = "build or copy it again as yourself";
    if (!foreign_.empty()) text += ", below folders of your own";
    if (writable_.empty()) return text;
    return text + (foreign_.empty() ? ", or run: chmod " : ", then run: chmod ") +
           (by_all_.empty() ? "g-w" : "go-w") + writable_;
  }

  fs::path file_, normal_;
  std::set<fs::path> seen_;
  std::map<uid_t, std::vector<std::string>> foreign_;
  std::vector<std::string> by_all_, by_group_;
  std::string writable_;  ///< paths, each after a space
  std::size_t found_ = 0;
};

/// Resolves a path by hand, one component at a time, so that each directory on the way is seen.
class Walk {
 public:
  /// \param file      absolute
  /// \param reported  as messages name it
  Walk(const fs::path& file, const fs::path& reported)
      : file_(reported), objections_(file, reported) {
    put_first(file);
  }

  Result<fs::path> run() {
    auto walked = walk();
    PRX_TRY(objections_.verdict());
    PRX_TRY(walked);
    return at_;
  }

 private:
  void put_first(const fs::path& path) {
    const fs::path relative = path.relative_path();
    left_.insert(left_.begin(), relative.begin(), relative.end());
  }

  Result<void> walk() {
    PRX_TRY(look_at(at_));
    while (!left_.empty()) PRX_TRY(step());
    return {};
  }

  Result<struct stat> look_at(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) {
      objections_.look(path, status);
      return status;
    }
    if (errno == ENOENT || errno == ENOTDIR)
      return fail(ErrorClass::kNotFound,
                  path.string() + ": no such file; correct the path or install the plugin");
    return not_trusted(file_, path.string() + " cannot be looked at: " + os::reason(errno));
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
    if (S_ISLNK(status.st_mode)) return follow(next);
    at_ = next;
    return {};
  }

  Result<void> follow(const fs::path& link) {
    if (++links_ > kLinksMax)
      return not_trusted(file_, link.string() + " leads through more than " +
                                    std::to_string(kLinksMax) + " links");
    std::error_code error;
    const auto target = fs::read_symlink(link, error);
    if (error) return not_trusted(file_, link.string() + " cannot be read: " + error.message());
    if (target.is_absolute()) at_ = "/";
    put_first(target);
    return {};
  }

  const fs::path file_;
  Objections objections_;
  fs::path at_ = "/";
  std::deque<fs::path> left_;
  int links_ = 0;
};

}  // namespace

Result<void> check_owner_and_mode(const fs::path& path, const struct stat& status) {
  Objections objections(path, path);
  objections.look(path, status);
  return objections.verdict();
}

Result<fs::path> trusted_path(const fs::path& file) {
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  if (error) return not_trusted(file, "it has no absolute path: " + error.message());
  return Walk(absolute, file).run();
}

Result<void> check_trust(const fs::path& file) {
  PRX_TRY(trusted_path(file));
  return {};
}

}  // namespace prx
