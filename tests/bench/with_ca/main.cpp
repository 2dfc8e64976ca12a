// bench_with_ca FOLDER PROGRAM ARGS...: runs PROGRAM where /etc/ssl/certs is FOLDER, in a mount
// namespace of its own, so that the default certificate store is measured and nothing outside
// changes. Needs CAP_SYS_ADMIN; exits with 125 without it.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char** argv) {
  constexpr int kNotPermitted = 125;
  if (argc < 3) return 2;
  if (unshare(CLONE_NEWNS) != 0) return kNotPermitted;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNotPermitted;
  if (mount(argv[1], "/etc/ssl/certs", nullptr, MS_BIND, nullptr) != 0) return kNotPermitted;
  execv(argv[2], argv + 2);
  return 127;
}
