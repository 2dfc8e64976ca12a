#include "cli/chat/conversation_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "cli/chat/prompt.hpp"
#include "cli/output.hpp"

namespace prx::cli {
namespace {

Unexpected<Error> failed(const std::string& file, const std::string& why) {
  return fail(ErrorClass::kInvalidRequest, file + ": " + why);
}
Unexpected<Error> failed(const std::string& file, int error) {
  return failed(file, std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { static_cast<void>(close()); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  /// 0 or errno.
  int close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0 ? 0 : errno;
  }

 private:
  int fd_;
};

/// 0 or errno.
int write_file(const std::string& file, std::string_view text) {
  Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (out.get() < 0) return errno;
  if (const int error = write_all(out.get(), text); error != 0) return error;
  if (::fsync(out.get()) != 0 && errno != EINVAL) return errno;
  return out.close();
}

}  // namespace

Result<void> save_conversation(const Conversation& conversation, const std::string& file,
                               bool overwrite) {
  PRX_TRY_SET(std::string text, conversation.to_json());
  text += '\n';
  struct stat about {};
  if (!overwrite && ::lstat(file.c_str(), &about) == 0)
    return failed(file, "it exists already; choose another name, or remove it first");
  const std::string beside = file + ".prx-" + std::to_string(::getpid());
  int error = write_file(beside, text);
  if (error == 0 && std::rename(beside.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(beside.c_str());
  return failed(file, error);
}

Result<Conversation> load_conversation(const std::string& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (in.get() < 0) return failed(file, errno);
  struct stat about {};
  if (::fstat(in.get(), &about) != 0) return failed(file, errno);
  if (!S_ISREG(about.st_mode)) return failed(file, "it is not a regular file");
  if (static_cast<std::size_t>(about.st_size) > Conversation::kJsonMax)
    return failed(file, "it is larger than 256 MiB");
  auto text = read_all(in.get(), Conversation::kJsonMax);
  if (!text) return failed(file, text.error().message);
  auto conversation = Conversation::from_json(*text);
  if (!conversation) return failed(file, conversation.error().message);
  return std::move(*conversation);
}

}  // namespace prx::cli
