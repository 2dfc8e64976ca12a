// Words of others: UTF-8, one line, and what EventWriter makes of them.
#include "prx/sdk/text.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "prx/sdk/abi.hpp"
#include "prx/sdk/event_writer.hpp"

namespace prx::sdk {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const std::string kMark = "\xEF\xBF\xBD";

TEST(MendedUtf8, KeepsWhatIsUtf8) {
  for (const std::string text :
       {"", "plain", "exactly eight by", "naïve – 文 – 🙂", "a\0b"})
    EXPECT_EQ(mended_utf8(text), text);
}

TEST(MendedUtf8, MarksEachByteThatIsNone) {
  EXPECT_EQ(mended_utf8("a\xFFz"), "a" + kMark + "z");
  EXPECT_EQ(mended_utf8("12345678\x80"), "12345678" + kMark);
  EXPECT_EQ(mended_utf8("\xC0\xAF"), kMark + kMark) << "overlong";
  EXPECT_EQ(mended_utf8("\xF0\x9F\x99"), kMark + kMark + kMark) << "cut";
  EXPECT_EQ(mended_utf8("\xED\xA0\x80!"), kMark + "!") << "half of a surrogate pair is one";
}

TEST(Utf8Prefix, EndsWithAWholeCharacter) {
  const std::string smile = "ab🙂";  // 2 + 4 bytes
  EXPECT_EQ(utf8_prefix(smile, 100), smile);
  EXPECT_EQ(utf8_prefix(smile, 6), smile);
  for (const std::size_t max : {2u, 3u, 4u, 5u}) EXPECT_EQ(utf8_prefix(smile, max), "ab");
  EXPECT_EQ(utf8_prefix(smile, 1), "a");
  EXPECT_EQ(utf8_prefix(smile, 0), "");
  EXPECT_EQ(utf8_prefix("a\xC3", 100), "a") << "what was cut before";
  EXPECT_EQ(utf8_prefix("\x80\x80\x80\x80", 100), "\x80\x80\x80\x80") << "not a cut";
}

TEST(OneLine, HasNoBreaksAndNoRunsOfBlanks) {
  EXPECT_EQ(one_line(" a\r\n\tb \x7f c\n", 80), "a b c");
  EXPECT_EQ(one_line("a\xFF", 80), "a" + kMark);
  EXPECT_EQ(one_line("", 80), "");
  EXPECT_EQ(one_line(" \n ", 80), "");
}

TEST(OneLine, SaysWhereItWasCut) {
  EXPECT_EQ(one_line("0123456789", 10), "0123456789");
  EXPECT_EQ(one_line("0123456789a", 10), "0123456...");
  EXPECT_EQ(one_line("01234🙂🙂", 10), "01234...");
  EXPECT_THAT(one_line(std::string(10'000, ' ') + "x" + std::string(10'000, 'y'), 10), SizeIs(0));
}

/// What a sink was given, as strings.
struct Seen {
  std::uint32_t type = 0;
  std::string text{}, id{}, name{}, json{};
  friend bool operator==(const Seen&, const Seen&) = default;
};
struct Sink {
  std::vector<Seen> events;
  std::vector<Error> errors;
  prx_sink abi{sizeof(prx_sink), 0, this, [](void* self, const prx_event* event) noexcept {
                 auto& sink = *static_cast<Sink*>(self);
                 const auto copy = [](prx_str text) { return std::string(view(text)); };
                 sink.events.push_back({event->type, copy(event->text), copy(event->id),
                                        copy(event->name), copy(event->json)});
                 if (event->error != nullptr) {
                   EXPECT_TRUE(has_clean_texts(*event->error));
                   sink.errors.push_back(from_abi(*event->error));
                 }
                 return std::int32_t{0};
               }};
};

TEST(EventWriter, MendsWhatIsNoUtf8) {
  Sink sink;
  EventWriter out(sink.abi);
  out.meta({.id = "i\xFF", .model = "m\xFF", .vendor = "v\xFF", .json = "{\"a\":\"\xFF\"}"});
  out.text("t\xFF");
  out.reasoning("r\xFF");
  out.tool_call({.index = 0, .id = "i\xFF", .name = "n\xFF", .arguments = "a\xFF"});
  out.item("n\xFF", "i\xFF", "\"\xFF\"", "w\xFF");
  out.progress("p\xFF");
  out.finish(FinishReason::kStop, "s\xFF");
  out.usage(unknown_usage(), "\"\xFF\"");
  EXPECT_THAT(
      sink.events,
      ElementsAre(
          Seen{PRX_EV_META, "v" + kMark, "i" + kMark, "m" + kMark, "{\"a\":\"" + kMark + "\"}"},
          Seen{PRX_EV_TEXT, "t" + kMark}, Seen{PRX_EV_REASONING, "r" + kMark},
          Seen{PRX_EV_TOOL_CALL, "a" + kMark, "i" + kMark, "n" + kMark},
          Seen{PRX_EV_ITEM, "w" + kMark, "i" + kMark, "n" + kMark, "\"" + kMark + "\""},
          Seen{PRX_EV_PROGRESS, "p" + kMark}, Seen{PRX_EV_FINISH, "", "", "s" + kMark},
          Seen{PRX_EV_USAGE, "", "", "", "\"" + kMark + "\""}));
}

// Members that are not named warn about nothing: this file is compiled with -Wextra and -Werror.
TEST(EventWriter, TakesMembersByTheirNames) {
  Sink sink;
  EventWriter out(sink.abi);
  out.meta({.model = "m"});
  out.tool_call({.index = 0, .name = "n"});
  EXPECT_THAT(sink.events,
              ElementsAre(Seen{PRX_EV_META, "", "", "m"}, Seen{PRX_EV_TOOL_CALL, "", "", "n"}));
}

TEST(EventWriter, SwallowsAMetaThatIsNotTheFirstEvent) {
  Sink sink;
  EventWriter out(sink.abi);
  EXPECT_TRUE(out.meta({.model = "m"}));
  EXPECT_TRUE(out.meta({.model = "again"}));
  EXPECT_TRUE(out.text("t"));
  EXPECT_TRUE(out.meta({.model = "late"})) << "more is wanted";
  out.done();
  EXPECT_FALSE(out.meta({.model = "after the end"}));
  EXPECT_THAT(sink.events, ElementsAre(Seen{PRX_EV_META, "", "", "m"}, Seen{PRX_EV_TEXT, "t"},
                                       Seen{PRX_EV_DONE}));
}

TEST(EventWriter, TakesAMetaAfterAnEmptyPiece) {
  Sink sink;
  EventWriter out(sink.abi);
  out.text("");
  out.meta({.model = "m"});
  EXPECT_THAT(sink.events, ElementsAre(Seen{PRX_EV_META, "", "", "m"}));
}

TEST(EventWriter, HandsOnWhatIsUtf8WithoutACopy) {
  static const std::string kText = "as it is: naïve";
  const char* seen = nullptr;
  const prx_sink sink{sizeof(prx_sink), 0, &seen, [](void* at, const prx_event* event) noexcept {
                        *static_cast<const char**>(at) = event->text.ptr;
                        return std::int32_t{0};
                      }};
  EventWriter out(sink);
  out.text(kText);
  EXPECT_EQ(seen, kText.data());
}

TEST(EventWriter, MakesTheTextsOfAnErrorWhatTheyHaveToBe) {
  Sink sink;
  Error error;
  error.message = "two\nlines, \xFF";
  error.provider_code = "c\xFF";
  error.request_id = "r\xFF";
  error.raw = std::string((64u << 10) - 1, 'x') + "🙂";
  error.retry_after = std::chrono::milliseconds(-5);
  EventWriter(sink.abi).error(error);
  ASSERT_THAT(sink.errors, SizeIs(1));
  EXPECT_EQ(sink.errors[0].message, "two lines, " + kMark);
  EXPECT_EQ(sink.errors[0].provider_code, "c" + kMark);
  EXPECT_EQ(sink.errors[0].request_id, "r" + kMark);
  EXPECT_EQ(sink.errors[0].raw, std::string((64u << 10) - 1, 'x'));
  EXPECT_EQ(sink.errors[0].retry_after, std::chrono::milliseconds(0));
}

TEST(EventWriter, RawThatEndsWithinACharacterLosesItsBeginning) {
  Sink sink;
  Error error;
  error.raw = "caf\xC3";
  EventWriter(sink.abi).error(error);
  ASSERT_THAT(sink.errors, SizeIs(1));
  EXPECT_EQ(sink.errors[0].raw, "caf");
  EXPECT_EQ(sink.errors[0].message, "the plugin gives no reason");
}

TEST(BugReport, IsOneLineOfUtf8) {
  const std::string smiles =
      "\n\xFF" + std::string(200, 'x') + "🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂";
  for (std::size_t size = 0; size <= smiles.size(); ++size) {
    const BugReport report(smiles.substr(0, size).c_str());
    EXPECT_TRUE(has_clean_texts(report.error())) << size;
  }
  const BugReport report("a\n\xFF");
  EXPECT_EQ(view(report.error().message), "bug in the plugin: a ?");
}

}  // namespace
}  // namespace prx::sdk
