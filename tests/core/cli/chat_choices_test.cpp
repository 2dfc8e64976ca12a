// prx chat where a request asks for more than one choice.
#include "program_fixture.hpp"
#include "support/wire_server.hpp"

namespace prx::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kTwoChoices =
    R"(data: {"id":"1","choices":[{"index":0,"delta":{"content":"first"}}]}

data: {"id":"1","choices":[{"index":1,"delta":{"content":"second"}}]}

data: {"id":"1","choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}

data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

)";

class ChatChoices : public ProgramTest {
 protected:
  ChatChoices() { environment["OPENROUTER_BASE_URL"] = server_.url("/api/v1"); }

 private:
  static std::string response() {
    const std::string body = kTwoChoices;
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  const std::string response_ = response();  // before the server's thread, which reads it
  test::WireServer server_{[this](test::WireConnection& connection) {
    while (!connection.read_request().empty()) connection.write(response_);
  }};
};

TEST_F(ChatChoices, OnlyTheFirstIsPrintedAndALineSaysSo) {
  const auto result = run({"chat", "--quiet", "--param", "n=2", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "first\n");
  EXPECT_EQ(result.err,
            "prx: the request asks for more than one choice; only the first is shown\n");
}

TEST_F(ChatChoices, OnlyTheFirstStandsInTheJson) {
  const auto result = run({"chat", "--json", "--param", "n=2", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_STREQ(parse_json(result.out)["text"].GetString(), "first");
  EXPECT_THAT(result.err, HasSubstr("only the first is shown"));
}

TEST_F(ChatChoices, NothingIsSaidWhereOneWasAskedFor) {
  const auto result = run({"chat", "--param", "n=1", "Hello"});
  EXPECT_THAT(result.err, Not(HasSubstr("choice")));
}

}  // namespace
}  // namespace prx::cli
