#include "plugin_test.hpp"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  prx::sdk::testing::Checks check;
  const anthropic::test::Bench bench{arguments[1], check};
  anthropic::test::check_requests(bench);
  anthropic::test::check_answers(bench);
  anthropic::test::check_failures(bench);
  anthropic::test::check_lists(bench);
  return check.exit_code();
}
