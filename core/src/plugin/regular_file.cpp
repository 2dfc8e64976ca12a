#include "plugin/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/file.hpp"

namespace prx {

namespace {

Unexpected<Error> cannot_open(const std::filesystem::path& file, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return fail(ErrorClass::kNotFound,
                file.string() + ": no such file; correct the path or install the plugin");
  const auto error_class = error == EACCES || error == EPERM || error == ELOOP
                               ? ErrorClass::kPermission
                               : ErrorClass::kInternal;
  return fail(error_class, file.string() + ": cannot be opened: " + os::reason(error));
}

}  // namespace

Result<os::Descriptor> open_regular_file(const std::filesystem::path& file) {
  os::Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (descriptor.get() < 0) return cannot_open(file, errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return cannot_open(file, errno);
  if (!S_ISREG(status.st_mode))
    return fail(ErrorClass::kBadResponse,
                file.string() + ": not a regular file; a plugin is a shared object");
  return descriptor;
}

}  // namespace prx
