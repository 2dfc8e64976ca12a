// Plugins of other minors of the C interface, asked by this library: one built from the published
// header, and one from a header that does not exist yet.
#include "e2e/rig.hpp"

namespace prx::test {
namespace {

std::string answer_of(const std::string& file) {
  const auto client =
      open_client("[default]\nprovider = \"minors\"\nmodel = \"any\"\n[plugins.minors]\npath = \"" +
                      file + "\"\n",
                  {});
  const ChatResult answer = client->chat(ask("hi"));
  return answer ? answer->text : answer.error().message;
}

TEST(Minors, APluginBuiltFromThePublishedHeaderAnswers) {
  EXPECT_EQ(answer_of(PRX_E2E_PUBLISHED_MINOR), "plain");
}

TEST(Minors, SoDoesOneOfALaterMinorThatCanLiveWithThisHost) {
  EXPECT_EQ(answer_of(PRX_E2E_NEXT_MINOR), "plain");
}

}  // namespace
}  // namespace prx::test
