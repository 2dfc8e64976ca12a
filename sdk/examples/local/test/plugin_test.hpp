/// \file plugin_test.hpp
/// The unit test of the plugin, in parts.
#pragma once

#include <prx/sdk/testing.hpp>

namespace local::test {

using prx::sdk::testing::Checks;

/// The model by itself: linked into the test.
void check_model(Checks& check);

}  // namespace local::test
