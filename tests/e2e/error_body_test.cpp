// Errors whose bodies never come whole: the status decides, and soon.
#include "e2e/rig.hpp"
#include "support/wire_server.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

CallError fail_against(WireServer& server, bool streaming,
                       const std::string& clock = "idle_timeout = \"100ms\"") {
  Rig rig;
  rig.toml += "[providers.openrouter]\n" + clock +
              "\n[reliability]\nattempts_max = 1\ndeadline = \"30s\"\n";
  rig.environment["OPENROUTER_BASE_URL"] = server.url("/api/v1");
  const auto client = rig.open();
  CallOptions options;
  options.stream_upstream = streaming;
  return expect_failure(client->chat(ask("hi"), options));
}

class ErrorBody : public ::testing::TestWithParam<bool> {};

TEST_P(ErrorBody, ThatStallsLeavesTheClassOfItsStatus) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(
        "HTTP/1.1 429 Too Many\r\nContent-Type: application/json\r\n"
        "Retry-After: 7\r\nContent-Length: 1000\r\n\r\n{\"error\":{\"mess");
    connection.wait_closed();
  });
  const auto begin = std::chrono::steady_clock::now();
  const CallError error = fail_against(server, GetParam());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_EQ(error.error_class, ErrorClass::kRateLimit) << error.message;
  EXPECT_EQ(error.http_status, 429);
  EXPECT_EQ(error.retry_after, 7s);
}

TEST_P(ErrorBody, ThatTricklesIsFasterThanTheClockOfTheFirstToken) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write("HTTP/1.1 429 Too Many\r\nContent-Length: 100000000\r\n\r\n{");
    while (connection.write(" ")) {
    }
  });
  const CallError error = fail_against(server, GetParam(), "first_token_timeout = \"2s\"");
  EXPECT_EQ(error.error_class, ErrorClass::kRateLimit) << error.message;
  EXPECT_EQ(error.http_status, 429);
}

TEST_P(ErrorBody, ThatIsCutLeavesTheClassOfItsStatus) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write("HTTP/1.1 401 No\r\nContent-Length: 1000\r\n\r\n{\"error\":");
    connection.reset();
  });
  const CallError error = fail_against(server, GetParam());
  EXPECT_EQ(error.error_class, ErrorClass::kAuth) << error.message;
  EXPECT_EQ(error.http_status, 401);
}

INSTANTIATE_TEST_SUITE_P(Streaming, ErrorBody, ::testing::Bool());

}  // namespace
}  // namespace prx::test
