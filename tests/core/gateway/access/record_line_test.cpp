#include "gateway/access/record_line.hpp"

#include <gmock/gmock.h>

#include "core/sim/raw_client.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using sim::test::is_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

RequestRecord full_record() {
  RequestRecord record;
  record.began = std::chrono::system_clock::time_point(1'764'000'000'123ms);
  record.client = "10.0.0.7";
  record.method = "POST";
  record.path = "/v1/chat/completions";
  record.status = 200;
  record.bytes = 1'234;
  record.duration = 1'234'567us;
  record.first_byte = 200'400us;
  record.notes.key = "alice";
  record.notes.model = "openai/gpt-4o";
  record.notes.chain = "careful";
  record.notes.target = "openrouter/openai/gpt-4o";
  record.notes.attempts = 2;
  record.notes.prompt_tokens = 12;
  record.notes.completion_tokens = 34;
  record.notes.cost = 0.00037;
  return record;
}

TEST(RecordLine, SaysWhatIsKnown) {
  EXPECT_EQ(record_line(full_record()),
            R"({"time":"2025-11-24T16:00:00.123Z","client":"10.0.0.7","key":"alice",)"
            R"("method":"POST","path":"/v1/chat/completions","status":200,"bytes":1234,)"
            R"("duration_ms":1234.567,"first_byte_ms":200.4,"model":"openai/gpt-4o",)"
            R"("chain":"careful","target":"openrouter/openai/gpt-4o","attempts":2,)"
            R"("prompt_tokens":12,"completion_tokens":34,"cost":0.00037,"outcome":"complete"})"
            "\n");
}

TEST(RecordLine, WhatIsNotKnownIsNotThere) {
  RequestRecord record;
  record.outcome = RequestOutcome::kClientLeft;
  EXPECT_EQ(record_line(record), R"({"time":"1970-01-01T00:00:00.000Z","bytes":0,"duration_ms":0,)"
                                 R"("outcome":"client_left"})"
                                 "\n");
  record = full_record();
  record.notes.cost_known = false;
  record.outcome = RequestOutcome::kCut;
  EXPECT_THAT(record_line(record), AllOf(Not(HasSubstr("cost")), HasSubstr(R"("outcome":"cut")")));
}

TEST(RecordLine, IsOneShortLineWhateverAClientSends) {
  const std::string quotes(10'000, '"'), controls(10'000, '\n'), torn(10'000, '\xff');
  for (const std::string& text : {quotes, controls, torn}) {
    RequestRecord record = full_record();
    record.client = record.method = record.path = text;
    RequestNotes& notes = record.notes;
    notes.key = notes.model = notes.chain = notes.target = text;
    const std::string line = record_line(record);
    EXPECT_LE(line.size(), kRecordLineMax);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_TRUE(is_json(line)) << line;
  }
}

TEST(RecordLine, TextIsCutBetweenItsCharacters) {
  RequestRecord record;
  for (int i = 0; i < 100; ++i) record.notes.model += "\xe2\x82\xac";  // 128 is inside of one
  std::string euros;
  for (int i = 0; i < 42; ++i) euros += "\xe2\x82\xac";
  EXPECT_THAT(record_line(record), HasSubstr("\"model\":\"" + euros + "\""));
}

TEST(RecordLine, SaysHowManyAreMissing) {
  EXPECT_EQ(dropped_line(7, std::chrono::system_clock::time_point(0ms)),
            "{\"time\":\"1970-01-01T00:00:00.000Z\",\"dropped\":7}\n");
}

}  // namespace
}  // namespace prx::gateway
