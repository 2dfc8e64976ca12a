/// \file plugin_test.hpp
/// The unit test of the plugin, in parts: the built file, driven by a host in memory.
#pragma once

#include <string>
#include <string_view>

#include <prx/sdk/event_writer.hpp>
#include <prx/sdk/testing.hpp>

namespace anthropic::test {

using prx::sdk::testing::Checks;

/// What the parts share: the built plugin, and where claims are counted.
struct Bench {
  std::string file;
  Checks& check;
};

void check_requests(const Bench& bench);
void check_answers(const Bench& bench);
void check_failures(const Bench& bench);
void check_lists(const Bench& bench);

/// An event of a stream as it is on the wire.
[[nodiscard]] inline std::string frame(std::string_view type, std::string_view members = {}) {
  std::string text =
      "event: " + std::string(type) + "\ndata: {\"type\":\"" + std::string(type) + "\"";
  if (!members.empty()) text.append(",").append(members);
  return text + "}\n\n";
}

/// The first event of that type; an empty one, of type 0, when there is none.
[[nodiscard]] inline prx::sdk::testing::TestEvent event_of(const prx::sdk::testing::TestCall& call,
                                                           std::uint32_t type) {
  return call.first(type);
}
/// What the answer cost; nothing is known of it when it did not say.
[[nodiscard]] inline prx_usage usage_of(const prx::sdk::testing::TestCall& call) {
  return event_of(call, PRX_EV_USAGE).usage.value_or(prx::sdk::unknown_usage());
}
/// What it failed with; an empty one when it did not.
[[nodiscard]] inline prx::Error error_of(const prx::sdk::testing::TestCall& call) {
  return call.error().value_or(prx::Error());
}

inline const prx::sdk::testing::TestHeaders kStream{
    {"content-type", "text/event-stream; charset=utf-8"}};

}  // namespace anthropic::test
