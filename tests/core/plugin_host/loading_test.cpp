// A file that is no plugin, or a wrong one, in the real process of a plugin.
#include <gmock/gmock.h>

#include "core/plugin_host/loads.hpp"

namespace prx::plugin_host {
namespace {

using ::testing::HasSubstr;

std::string loads_fixture(const std::string& name) {
  return loads((PRX_FIXTURE_DIR "/" + name + ".so").c_str());
}

/// In the words of a plugin that is loaded in process: tests/core/plugin/load_test.cpp.
TEST(Loading, NamesWhatIsWrongWithATable) {
  EXPECT_THAT(loads_fixture("no_symbol"), HasSubstr("it does not export prx_plugin_query_v1"));
  EXPECT_THAT(loads_fixture("null_table"), HasSubstr("returned no table"));
  EXPECT_THAT(loads_fixture("table_major"), HasSubstr("its table says ABI 2"));
  EXPECT_THAT(loads_fixture("table_needs"), HasSubstr("needs minor 9"));
  EXPECT_THAT(loads_fixture("small_plugin"),
              HasSubstr("its prx_plugin has 64 bytes, ABI 1.0 has 72"));
  EXPECT_THAT(loads_fixture("small_provider"),
              HasSubstr("its prx_provider has 48 bytes, ABI 1.0 has 56"));
  EXPECT_THAT(loads_fixture("no_provider"), HasSubstr("it offers no prx.provider/1"));
  EXPECT_THAT(loads_fixture("plugin_lacks"), HasSubstr("its prx_plugin lacks a function"));
  EXPECT_THAT(loads_fixture("provider_lacks"), HasSubstr("its prx_provider lacks a function"));
}

TEST(Loading, PassesTheLinkersWordsOnWithoutThePathOfItsOwn) {
  const std::string said = loads_fixture("unresolved");
  EXPECT_THAT(said, HasSubstr("cannot be loaded: undefined symbol: "));
}

}  // namespace
}  // namespace prx::plugin_host
