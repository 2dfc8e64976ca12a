// The classes that a warning names are those of the rule itself.
#include <gtest/gtest.h>

#include <algorithm>

#include "config/sections.hpp"
#include "reliability/verdict.hpp"

namespace prx::config {
namespace {

TEST(FallbackClasses, AreThoseOfTheVerdict) {
  for (auto code = static_cast<std::int32_t>(PRX_E_CANCELLED); code <= PRX_E_INTERNAL; ++code) {
    Error error;
    error.error_class = static_cast<ErrorClass>(code);
    const bool named = std::find(kFallbackClasses.begin(), kFallbackClasses.end(),
                                 error.error_class) != kFallbackClasses.end();
    EXPECT_EQ(reliability::verdict(error, {}).fallback, named) << to_string(error.error_class);
  }
}

}  // namespace
}  // namespace prx::config
