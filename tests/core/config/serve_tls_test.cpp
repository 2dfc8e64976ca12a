// [serve.tls]: both files or none.
#include <gmock/gmock.h>

#include "core/config/support.hpp"

namespace prx::config {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::parse;

TEST(ServeTls, IsOffWithoutItsTable) {
  const auto config = parse("[serve]\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->serve.tls.is_set());
}

TEST(ServeTls, RelativePathsStartAtTheFolderOfTheConfiguration) {
  const auto config =
      Config::parse("[serve.tls]\ncertificate = 'tls/chain.pem'\nkey = '/keys/prx.pem'\n",
                    "prx.toml", "/etc/prx", testing::source({}));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->serve.tls.is_set());
  EXPECT_EQ(config->serve.tls.certificate, "/etc/prx/tls/chain.pem");
  EXPECT_EQ(config->serve.tls.key, "/keys/prx.pem");
}

TEST(ServeTls, OneFileAloneIsAnErrorWithItsPlace) {
  EXPECT_THAT(error_of("[serve.tls]\nkey = 'a.pem'\n"),
              AllOf(HasSubstr(":1:"), HasSubstr("[serve.tls] lacks 'certificate'; name a PEM")));
  EXPECT_THAT(error_of("[serve.tls]\ncertificate = 'a.pem'\n"), HasSubstr("lacks 'key'"));
  EXPECT_THAT(error_of("[serve.tls]\ncertificate = 'a'\nkey = ''\n"), HasSubstr("'key'"));
  EXPECT_THAT(error_of("[serve.tls]\nkeys = 'a.pem'\n"), HasSubstr("unknown key 'keys'"));
  EXPECT_THAT(error_of("[serve]\ntls = true\n"), HasSubstr("tls"));
}

}  // namespace
}  // namespace prx::config
