#include "catalog/cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "catalog/cache_text.hpp"
#include "os/file.hpp"

namespace prx::catalog {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
constexpr std::size_t kPiece = 256u << 10;  // bytes read in one go

Unexpected<Error> cannot_write(const fs::path& path, const std::string& why) {
  return fail(ErrorClass::kInvalidRequest,
              "the cache of models " + path.string() + " was not written: " + why);
}

Unexpected<Error> no_use(const fs::path& path, const std::string& why) {
  return fail(ErrorClass::kBadResponse,
              "the cache of models " + path.string() + " is not used: " + why);
}

/// FNV-1a: tells the files of base URLs apart; the head says which one it is.
/// \see http://www.isthe.com/chongo/tech/comp/fnv/
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string digits(16, '0');
  for (std::size_t i = 0; i < digits.size(); ++i, hash >>= 4)
    digits[digits.size() - 1 - i] = "0123456789abcdef"[hash & 15];
  return digits;
}

/// A plugin's id is a plain word; whatever it is, it stays in the folder.
std::string plain_name(std::string_view id) {
  std::string out(id.substr(0, 64));
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!plain) c = '_';
  }
  return out;
}

/// Bytes at a place of a file; fewer at its end. False: it cannot be read.
bool read_piece(int fd, std::size_t from, std::size_t size, std::string& out) {
  out.resize(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got =
        ::pread(fd, out.data() + have, size - have, static_cast<off_t>(from + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return true;
}

std::string text_of(const Source& source, Seconds fetched, std::span<const Listed> models) {
  std::string lines;
  for (const Listed& model : models) lines += model_line(model) + '\n';
  Head head{source, fetched, lines.size()};
  return head_line(head) + '\n' + lines;
}

/// An open list whose head was read.
struct OpenList {
  os::Descriptor file;
  Head head;
  std::size_t begin = 0;  ///< of the first model's line
};

/// Why a file is not one of ours, or "".
std::string foreign(const struct stat& file, uid_t user) {
  if (!S_ISREG(file.st_mode)) return "it is no plain file";
  if (file.st_uid != user) return "it belongs to another user";
  if ((file.st_mode & kOthersWrite) != 0) return "others may write it; chmod 600 it";
  if (static_cast<std::uint64_t>(file.st_size) > Cache::kFileMax) return "it is too large";
  return {};
}

Unexpected<Error> no_folder(ErrorClass error_class) {
  return fail(error_class, "models are not cached: neither XDG_CACHE_HOME nor HOME is set");
}

Result<OpenList> open_list(const fs::path& path, const Source& source, uid_t user) {
  if (!path.has_parent_path()) return no_folder(ErrorClass::kNotFound);
  OpenList list;  // not to block on a pipe that somebody put there
  list.file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  const int fd = list.file.get();
  if (!list.file.is_open() && (errno == ENOENT || errno == ENOTDIR))
    return fail(ErrorClass::kNotFound, "there is no cache of models " + path.string());
  struct stat state {};
  if (!list.file.is_open() || ::fstat(fd, &state) != 0) return no_use(path, os::reason(errno));
  if (const std::string why = foreign(state, user); !why.empty()) return no_use(path, why);
  std::string begin;
  if (!read_piece(fd, 0, kHeadMax, begin)) return no_use(path, os::reason(errno));
  const std::size_t end = begin.find('\n');
  auto head =
      end == std::string::npos ? std::nullopt : read_head(std::string_view(begin).substr(0, end));
  if (!head) return no_use(path, "it is of another version, or damaged");
  if (head->source.plugin != source.plugin || head->source.base_url != source.base_url)
    return no_use(path, "it is of another base_url");
  list.begin = end + 1;
  if (static_cast<std::size_t>(state.st_size) != list.begin + head->size)
    return no_use(path, "it was cut");
  list.head = std::move(*head);
  return list;
}

/// The line that begins with `begin`; "" when there is none. It reads piece by piece, and keeps of
/// one what may be the beginning of such a line.
Result<std::string> find_line(const OpenList& list, const fs::path& path, std::string_view begin) {
  const std::string wanted = "\n" + std::string(begin);
  std::string text = "\n", piece;
  for (std::size_t from = list.begin;; from += piece.size()) {
    if (!read_piece(list.file.get(), from, kPiece, piece)) return no_use(path, os::reason(errno));
    text += piece;
    const std::size_t found = text.find(wanted);
    if (found != std::string::npos) {
      const std::size_t end = text.find('\n', found + 1);
      if (end != std::string::npos) return text.substr(found + 1, end - found - 1);
      text.erase(0, found);
    } else {
      text.erase(0, text.size() - std::min(text.size(), wanted.size()));
    }
    if (piece.empty()) return std::string();
  }
}

}  // namespace

std::filesystem::path cache_folder(const Environment& environment) {
  if (!environment) return {};
  if (const auto cache = environment("XDG_CACHE_HOME"); cache && cache->starts_with('/'))
    return fs::path(*cache) / "prx/models";
  if (const auto home = environment("HOME"); home && home->starts_with('/'))
    return fs::path(*home) / ".cache/prx/models";
  return {};
}

Cache::Cache(std::filesystem::path folder) : Cache(std::move(folder), ::geteuid()) {}

std::filesystem::path Cache::file(const Source& source) const {
  return folder_ / (plain_name(source.plugin) + '-' +
                    hash_of(source.plugin + '\n' + source.base_url) + ".jsonl");
}

Result<void> Cache::write(const Source& source, Seconds fetched,
                          std::span<const Listed> models) const {
  if (folder_.empty()) return no_folder(ErrorClass::kInvalidRequest);
  const fs::path path = file(source);
  const std::string text = text_of(source, fetched, models);
  if (text.size() > kFileMax) return cannot_write(path, "it would be larger than 64 MiB");
  if (const int error = os::make_private_folders(folder_); error != 0)
    return cannot_write(path, os::reason(error));
  struct stat state {};
  if (::stat(folder_.c_str(), &state) != 0) return cannot_write(path, os::reason(errno));
  if (state.st_uid != user_) return cannot_write(path, "its folder is another user's; remove it");
  if ((state.st_mode & kOthersWrite) != 0)
    return cannot_write(path, "others can write its folder; chmod 700 it");
  os::remove_left_over(path);
  os::Replacement beside;
  int error = beside.make(path);
  if (error == 0) error = beside.write(text);
  if (error == 0) error = beside.put_in_place(false);  // it can be fetched again
  return error == 0 ? Result<void>() : Result<void>(cannot_write(path, os::reason(error)));
}

Result<List> Cache::read(const Source& source) const {
  const fs::path path = file(source);
  PRX_TRY_SET(const OpenList list, open_list(path, source, user_));
  std::string text;
  if (!read_piece(list.file.get(), list.begin, list.head.size, text))
    return no_use(path, os::reason(errno));
  if (text.size() != list.head.size) return no_use(path, "it was cut");
  List out{list.head.fetched, {}};
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    auto model = read_model_line(rest.substr(0, end));
    if (end == std::string_view::npos || !model) return no_use(path, "it is damaged");
    out.models.push_back(std::move(*model));
    rest.remove_prefix(end + 1);
  }
  return out;
}

Result<List> Cache::find(const Source& source, std::string_view id) const {
  const fs::path path = file(source);
  PRX_TRY_SET(const OpenList list, open_list(path, source, user_));
  PRX_TRY_SET(const std::string line, find_line(list, path, model_line_begin(id)));
  List out{list.head.fetched, {}};
  if (line.empty()) return out;
  auto model = read_model_line(line);
  if (!model) return no_use(path, "it is damaged");
  out.models.push_back(std::move(*model));
  return out;
}

}  // namespace prx::catalog
