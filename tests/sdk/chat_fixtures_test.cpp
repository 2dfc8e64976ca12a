// Whole exchanges in the shapes of the wire, cut in every way. PRX_RECORDINGS may name a folder
// with more (NAME.body, of streams and whole answers), which must decode the same however they are
// cut.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using test::decode;
using test::EventLog;
using test::Exchange;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}
std::string fixture(const std::string& name) {
  std::string text = read_file(std::string(PRX_SOURCE_DIR) + "/tests/fixtures/chat/" + name);
  EXPECT_FALSE(text.empty()) << name;
  return text;
}
std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

void expect_same_in_every_cut(const std::string& body, Exchange exchange) {
  const EventLog whole = decode(body, exchange);
  for (std::size_t piece : {1u, 2u, 3u, 7u, 64u, 1000u}) {
    exchange.piece = piece;
    EXPECT_EQ(decode(body, exchange).lines, whole.lines) << "pieces of " << piece;
    EXPECT_EQ(decode(with_crlf(body), exchange).lines, whole.lines) << "CRLF, pieces of " << piece;
  }
}

TEST(ChatFixtures, ReasoningStream) {
  const std::string body = fixture("openrouter-reasoning.sse");
  const EventLog log = decode(body);
  EXPECT_EQ(log.lines.front(), "meta gen-1700000000-Lantern|acme/lantern|Acme");
  EXPECT_EQ(log.joined("text 0 "),
            "The lantern \xE2\x80\x93 gl\xC3\xBCht: \"yes\"\n\t\xF0\x9F\x8C\x9F.");
  EXPECT_EQ(log.joined("reasoning 0 "), "Let me think.");
  EXPECT_EQ(log.count("item 0 reasoning_details"), 3u);
  EXPECT_NE(log.joined("item 0 reasoning_details  ").find(R"("signature":"c2ln\\/+x==")"),
            std::string::npos);
  EXPECT_EQ(log.count("finish 0 1 completed"), 1u);
  EXPECT_EQ(log.count("usage 11,42,53,7,4,2 $0.00125 {"), 1u);
  EXPECT_EQ(log.last(), "done");
  expect_same_in_every_cut(body, {});
}

TEST(ChatFixtures, ToolStream) {
  const std::string body = fixture("openai-tools.sse");
  const EventLog log = decode(body);
  EXPECT_EQ(log.lines.at(1), "tool 0.0 id=call_one name=get_capital args=");
  EXPECT_EQ(log.joined("tool 0.0 id= name= args="), R"({"country":"Norway"})");
  EXPECT_EQ(log.joined("tool 0.1 id= name= args="), R"({"city": "Oslo"})");
  EXPECT_EQ(log.count("usage 80,31,111,0,0,-1 $-1 {"), 1u);
  EXPECT_EQ(log.last(), "done");
  expect_same_in_every_cut(body, {});
}

TEST(ChatFixtures, ErrorWithinAStream) {
  const std::string body = fixture("openrouter-midstream-error.sse");
  const EventLog log = decode(body);
  EXPECT_EQ(log.last(),
            "error overloaded 502 OpenRouter answered 502 Bad Gateway: Provider returned error: "
            "backend melted slowly (provider Acme)");
  expect_same_in_every_cut(body, {});
}

TEST(ChatFixtures, WholeAnswer) {
  const std::string body = fixture("openrouter-whole.json");
  const Exchange json{.headers = {{"content-type", "application/json"}}};
  const EventLog log = decode(body, json);
  ASSERT_EQ(log.lines.size(), 9u);
  EXPECT_EQ(log.lines.at(1), "reasoning 0 Need the tool.");
  EXPECT_EQ(log.lines.at(2).rfind("item 0 reasoning_details  [{\"type\": \"reasoning.encrypted\", "
                                  "\"data\": \"QUJD/+\\u00e9==\"",
                                  0),
            0u);
  EXPECT_EQ(log.lines.at(3), "text 0 Looking it up.");
  EXPECT_EQ(log.lines.at(4).rfind("item 0 annotations  [", 0), 0u);
  EXPECT_EQ(log.lines.at(5), R"(tool 0.0 id=aB3dEf9 name=divide args={"b": 456, "a": 123})");
  EXPECT_EQ(log.lines.at(6), "finish 0 3 tool_use");
  EXPECT_EQ(log.last(), "done");
  expect_same_in_every_cut(body, json);
}

TEST(ChatFixtures, EveryCutOfAStreamIsAnErrorUntilTheFinishReason) {
  const std::string body = fixture("openrouter-reasoning.sse");
  const std::size_t finish = body.find("\"finish_reason\":\"stop\"");
  for (std::size_t size = 0; size < body.size(); ++size) {
    const EventLog log = decode(std::string_view(body).substr(0, size));
    EXPECT_EQ(log.count("done") + log.count("error"), 1u) << size;
    if (size < finish) {
      EXPECT_EQ(log.count("error bad_response"), 1u) << size;
    }
  }
}

TEST(ChatFixtures, RecordingsDecodeTheSameInEveryCut) {
  const char* const folder = std::getenv("PRX_RECORDINGS");
  if (folder == nullptr) GTEST_SKIP() << "PRX_RECORDINGS is not set";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".body") continue;
    SCOPED_TRACE(entry.path().filename().string());
    const std::string name = entry.path().filename().string();
    Exchange exchange;
    for (int status : {400, 429})
      if (name.find(std::to_string(status)) != std::string::npos) exchange.status = status;
    if (name.find("stream") == std::string::npos)
      exchange.headers = {{"content-type", "application/json"}};
    const std::string body = read_file(entry.path());
    const EventLog log = decode(body, exchange);
    EXPECT_EQ(log.last().rfind(exchange.status == 200 ? "done" : "error ", 0), 0u) << log.last();
    expect_same_in_every_cut(body, exchange);
  }
}

}  // namespace
}  // namespace prx::sdk
