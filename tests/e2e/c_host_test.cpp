// The program in C11 that tests/install builds against an installation, here against the library of
// the tree.
#include <gmock/gmock.h>

#include "e2e/rig.hpp"
#include "support/process.hpp"

namespace prx::test {
namespace {

TEST(CHost, EveryFormOfACallServesAProgramInC) {
  const Rig rig;
  ProcessOptions options;
  options.program = PRX_C_HOST;
  options.environment = rig.environment;
  const ProcessResult ended = run_process(options);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.err, "") << "nothing is written unasked";
  EXPECT_THAT(ended.out, testing::HasSubstr("ok with libprx "));
}

}  // namespace
}  // namespace prx::test
