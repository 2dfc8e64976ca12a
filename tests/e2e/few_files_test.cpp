// With too few file descriptors a client says so: it neither ends its process nor waits for ever.
#include <gmock/gmock.h>

#include "e2e/rig.hpp"
#include "support/process.hpp"

namespace prx::test {
namespace {

using ::testing::MatchesRegex;

std::string ask_with(int files, const Rig& rig) {
  ProcessOptions child;
  child.program = PRX_FEW_FILES_CHILD;
  child.arguments = {std::to_string(files), rig.simulator->base_url(),
                     rig.environment.at("PRX_PLUGIN_PATH")};
  child.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // which opens files at the end
  const ProcessResult ended = run_process(std::move(child));
  EXPECT_EQ(ended.signal, 0) << "with " << files << ": " << ended.out << ended.err;
  EXPECT_EQ(ended.exit_code, 0) << "with " << files << ": " << ended.out << ended.err;
  return ended.out;
}

TEST(FewFiles, EveryLimitGivesAnAnswerOrAnError) {
  constexpr int kStandardStreams = 3, kPlenty = 40;
  const Rig rig;
  int refused = 0, answered = 0;
  for (int files = kStandardStreams; files <= kPlenty; ++files) {
    const std::string out = ask_with(files, rig);
    if (out.starts_with("not opened: ")) {
      EXPECT_THAT(out, MatchesRegex("not opened: internal: .*Too many open files.*"));
      EXPECT_EQ(answered, 0) << "with " << files << ": " << out;
      ++refused;
    } else {
      EXPECT_THAT(out, MatchesRegex("not answered with none: internal: .*could not connect to "
                                    "'127.0.0.1:[0-9]+': Too many open files; raise the limit of "
                                    "open files .ulimit -n.*\nanswer\n"))
          << "with " << files;
      ++answered;
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(answered, 0);
}

}  // namespace
}  // namespace prx::test
