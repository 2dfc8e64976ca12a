// Code that runs while a file is loaded, in the real process of a plugin.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/plugin_host/loads.hpp"

namespace prx::plugin_host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The time of the last change of any kind says all.
std::string state_of(const char* file) {
  struct stat status {};
  if (::stat(file, &status) != 0) return "gone";
  return std::to_string(status.st_ctim.tv_sec) + "." + std::to_string(status.st_ctim.tv_nsec) +
         ", mode " + std::to_string(status.st_mode) + ", " + std::to_string(status.st_size) +
         " bytes of " + std::to_string(status.st_mtim.tv_sec);
}

TEST(Initialiser, ChangesWatchesAndSharesNothing) {
  const std::filesystem::path made = PRX_VICTIM ".new";
  std::filesystem::remove(made);
  std::ofstream(PRX_VICTIM) << "of the user";
  ASSERT_EQ(::chmod(PRX_VICTIM, 0600), 0);
  static_cast<void>(::setxattr(PRX_VICTIM, "user.kept", "x", 1, 0));  // where the disk has them
  const std::string victim = state_of(PRX_VICTIM), plugin = state_of(PRX_INITIALISER);

  const std::string said = loads(PRX_INITIALISER);

  EXPECT_THAT(said, HasSubstr("tried: all"));
  EXPECT_THAT(said, Not(HasSubstr("passed")));
  EXPECT_EQ(state_of(PRX_VICTIM), victim);
  EXPECT_EQ(state_of(PRX_INITIALISER), plugin);
  EXPECT_FALSE(std::filesystem::exists(made));
}

}  // namespace
}  // namespace prx::plugin_host
