// What is thrown behind the edge does not cross it.
#include "c_api/guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "core/c_api/c_rig.hpp"

namespace prx::c_api {
namespace {

using testing::HasSubstr;

TEST(CGuard, OutOfMemoryIsInternalWithoutAFailure) {
  prx_failure* failure = reinterpret_cast<prx_failure*>(1);
  EXPECT_EQ(guarded(&failure, []() -> Done { throw std::bad_alloc(); }), PRX_E_INTERNAL);
  EXPECT_EQ(failure, nullptr);
}

TEST(CGuard, AnExceptionIsABugWithItsWords) {
  prx_failure* failure = nullptr;
  EXPECT_EQ(guarded(&failure, []() -> Done { throw std::runtime_error("no such thing"); }),
            PRX_E_INTERNAL);
  const test::COwned<prx_failure> owned(failure);
  EXPECT_THAT(prx_failure_message(failure, nullptr), HasSubstr("no such thing"));
  EXPECT_EQ(guarded(nullptr, []() -> Done { throw 7; }), PRX_E_INTERNAL);
}

TEST(CGuard, QuietlyLetsNothingOut) {
  quietly([] { throw std::bad_alloc(); });
  quietly([] { throw 7; });
  bool ran = false;
  quietly([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(CGuard, AStructIsFilledAsFarAsItGoes) {
  const prx_tool_call full{sizeof full, 0, {"id", 2}, {"name", 4}, {"{}", 2}};
  prx_tool_call out{};
  EXPECT_EQ(fill(full, &out), 0) << "a size that was not set";
  out.size = offsetof(prx_tool_call, name);
  EXPECT_EQ(fill(full, &out), 1);
  EXPECT_EQ(out.id.len, 2u);
  EXPECT_EQ(out.name.ptr, nullptr) << "an earlier host has no such member";
  EXPECT_EQ(out.size, offsetof(prx_tool_call, name));
}

}  // namespace
}  // namespace prx::c_api
