// Clients that work together: each with a loop of its own, and one knowledge of the targets.
#include "client/client_group.hpp"

#include <gmock/gmock.h>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kBoth =
    "[reliability]\nretries = 0\nbackoff_base = \"1ms\"\n[default]\nchain = \"both\"\n"
    "[chains.both]\ntargets = [{ provider = \"openrouter\" },"
    " { provider = \"openai\", model = \"gpt-4o-mini\" }]\n";

class Group : public ::testing::Test {
 protected:
  std::unique_ptr<ClientGroup> open(std::size_t count) {
    std::vector<ClientOptions> options(count);
    for (ClientOptions& one : options) {
      one.warm_up = false;
      one.environment = environment_of(rig.environment);
      one.log = rig.log.sink();
    }
    if (last_has_no_key) {
      Variables fewer = rig.environment;
      fewer.erase("OPENROUTER_API_KEY");
      options.back().environment = environment_of(fewer);
    }
    return std::move(ClientGroup::open(rig.parse().value(), std::move(options))).value();
  }
  Rig rig;
  bool last_has_no_key = false;
};

TEST_F(Group, WhatOneFindsRestingTheOthersLeaveAlone) {
  rig.toml += kBoth;
  const auto group = open(3);
  const ChatRequest request = ask("hello", "openai/gpt-4o#503?retry_after=60");
  const auto first = expect_answer((*group)[0].chat(request));
  EXPECT_EQ(first.attempts.size(), 2u);
  for (std::size_t i = 1; i < group->size(); ++i) {
    const auto next = expect_answer((*group)[i].chat(request));
    ASSERT_EQ(next.attempts.size(), 1u) << i;
    EXPECT_EQ(next.attempts[0].provider, "openai");
  }
}

TEST_F(Group, AReloadIsOfAll) {
  rig.toml += kBoth;
  const auto group = open(2);
  rig.openrouter = "model = \"openai/gpt-4o-mini\"\n";
  ASSERT_TRUE(group->reload(rig.parse().value()));
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ((*group)[i].config()->find_provider("openrouter")->model, "openai/gpt-4o-mini");
}

TEST_F(Group, AReloadThatOneRefusesIsOfNone) {
  rig.toml += kBoth;
  last_has_no_key = true;
  const auto group = open(2);
  rig.toml = "[default]\nprovider = \"openrouter\"\n";
  const auto refused = group->reload(rig.parse().value());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error_class, ErrorClass::kAuth);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE((*group)[i].config()->find_chain("both"));
}

TEST_F(Group, OneThatCannotBeOpenedIsAnErrorOfAll) {
  std::vector<ClientOptions> options(2);
  for (ClientOptions& one : options) one.environment = environment_of(rig.environment);
  options[1].host_name = "bad\nname";
  const auto refused = ClientGroup::open(rig.parse().value(), std::move(options));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("host_name"));
}

}  // namespace
}  // namespace prx::test
