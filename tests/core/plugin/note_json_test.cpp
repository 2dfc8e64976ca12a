#include <gmock/gmock.h>

#include <string>

#include "plugin/note.hpp"

namespace prx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A note with members added after the required ones.
std::string note_with(const std::string& members) {
  return R"({"id":"acme","version":"1.0.0","abi":"1.0","kinds":["acme"])" +
         (members.empty() ? "" : "," + members) + "}";
}

std::string error_of(const std::string& json) {
  const auto note = parse_note(json);
  if (note) return "no error";
  EXPECT_EQ(note.error().error_class, ErrorClass::kBadResponse);
  return note.error().message;
}

TEST(ParseNote, ReadsEveryMember) {
  const auto note = parse_note(R"({"id":"acme","version":"2.1","abi":"1.4","needs":"1.2",
    "title":"Acme","kinds":["acme","acme-eu"],"operations":["chat","models"],
    "hosts":["https://acme.example","http://127.0.0.1:8080"],"key_env":"ACME_KEY",
    "key_url":"https://acme.example/keys","credit_url":"https://acme.example/pay",
    "base_url_env":"ACME_URL","default_model":"a-1","model_prefix":"acme/","signs":true,
    "capabilities":{"tools":true},
    "config":{"region":{"type":"string","default":"eu","help":"Where."},"tier":{"type":"integer"}}})");
  ASSERT_TRUE(note) << note.error().message;
  PluginNote expected;
  expected.id = "acme";
  expected.version = "2.1";
  expected.title = "Acme";
  expected.abi_major = 1;
  expected.abi_minor = 4;
  expected.needs_minor = 2;
  expected.kinds = {"acme", "acme-eu"};
  expected.operations = {"chat", "models"};
  expected.hosts = {"https://acme.example", "http://127.0.0.1:8080"};
  expected.key_env = "ACME_KEY";
  expected.key_url = "https://acme.example/keys";
  expected.credit_url = "https://acme.example/pay";
  expected.base_url_env = "ACME_URL";
  expected.default_model = "a-1";
  expected.model_prefix = "acme/";
  expected.signs = true;
  expected.capabilities = R"({"tools":true})";
  expected.options = {{"region", "string", R"("eu")", "Where."}, {"tier", "integer", "", ""}};
  EXPECT_EQ(*note, expected);
}

TEST(ParseNote, IgnoresMembersOfALaterMinor) {
  EXPECT_TRUE(parse_note(note_with(R"("tomorrow":[1,{"x":null}])")));
  const auto note = parse_note(note_with(R"("operations":["chat","paint"])"));
  ASSERT_TRUE(note);
  EXPECT_THAT(note->operations, ElementsAre("chat"));
}

TEST(ParseNote, NamesTheMemberThatIsWrong) {
  EXPECT_THAT(error_of(R"({"version":"1","abi":"1.0","kinds":["a"]})"),
              HasSubstr("\"id\" is missing"));
  EXPECT_THAT(error_of(R"({"id":"a","abi":"1.0","kinds":["a"]})"),
              HasSubstr("\"version\" is missing"));
  EXPECT_THAT(error_of(R"({"id":"a","version":"1","kinds":["a"]})"),
              HasSubstr("\"abi\" is missing"));
  EXPECT_THAT(error_of(R"({"id":"a","version":"1","abi":"1.0"})"),
              HasSubstr("\"kinds\" is missing"));
  EXPECT_THAT(error_of(note_with(R"("title":7)")), HasSubstr("\"title\" is not text"));
  EXPECT_THAT(error_of(note_with(R"("signs":"yes")")), HasSubstr("\"signs\" is not true or false"));
  EXPECT_THAT(error_of(note_with(R"("hosts":{})")), HasSubstr("\"hosts\" is not an array"));
  EXPECT_THAT(error_of(note_with(R"("operations":[1])")), HasSubstr("\"operations\" has an item"));
  EXPECT_THAT(error_of(note_with(R"("capabilities":[])")),
              HasSubstr("\"capabilities\" is not an object"));
  EXPECT_THAT(error_of(note_with(R"("config":[])")), HasSubstr("\"config\" is not an object"));
  EXPECT_THAT(error_of(note_with(R"("title":"a\nb")")),
              HasSubstr("\"title\" holds a control character"));
}

TEST(ParseNote, LimitsIds) {
  const auto id = [](const std::string& text) {
    return error_of(R"({"id":")" + text + R"(","version":"1","abi":"1.0","kinds":["a"]})");
  };
  EXPECT_EQ(id(std::string(64, 'a')), "no error");
  EXPECT_EQ(id("0.a_b-c"), "no error");
  for (const auto* bad : {"Acme", "-a", ".a", "a/b", "a b", "\\u00e4"})
    EXPECT_THAT(id(bad), HasSubstr("\"id\" is not 1 to 64")) << bad;
  EXPECT_THAT(id(std::string(65, 'a')), HasSubstr("\"id\" is not 1 to 64"));
}

TEST(ParseNote, TakesOnlyOriginsAsHosts) {
  const auto host = [](const std::string& url) {
    return error_of(note_with(R"("hosts":[")" + url + "\"]"));
  };
  for (const auto* good : {"https://a.example", "http://localhost:1", "https://[::1]:8443"})
    EXPECT_EQ(host(good), "no error") << good;
  for (const auto* bad :
       {"https://a.example/", "https://a/v1", "ftp://a", "a.example", "https://", "https://:1",
        "https://u@a", "https://a?x", "https://a#x", "HTTPS://a", ""})
    EXPECT_THAT(host(bad), HasSubstr("\"hosts\" has an item that is not an origin")) << bad;
}

TEST(ParseNote, ReadsAbiVersionsStrictly) {
  const auto abi = [](const std::string& text) {
    return error_of(R"({"id":"a","version":"1","kinds":["a"],"abi":")" + text + "\"}");
  };
  for (const auto* bad :
       {"1", "1.", ".1", "1.0.0", "1.x", "-1.0", " 1.0", "1.99999", "99999999999.0"})
    EXPECT_THAT(abi(bad), HasSubstr("\"abi\" is not a version")) << bad;
  EXPECT_THAT(error_of(note_with(R"("needs":"2.0")")), HasSubstr("\"needs\" names another major"));
  EXPECT_THAT(error_of(note_with(R"("needs":"1.1")")),
              HasSubstr("\"needs\" is later than \"abi\""));
}

TEST(ParseNote, LeavesTheRestOfAnotherMajorUnread) {
  const auto note = parse_note(R"({"id":"a","version":"1","abi":"2.0","kinds":"in 2.0 a text"})");
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(note->abi_major, 2u);
  EXPECT_TRUE(note->kinds.empty());
}

TEST(ParseNote, FindsAControlCharacterAtEachPlaceOfAText) {
  for (std::size_t at = 0; at < 20; ++at)
    for (const char* control : {"\\u0000", "\\u001f", "\\t", "\x7f"}) {
      const std::string title = std::string(at, '~') + control + std::string(19 - at, ' ');
      EXPECT_THAT(error_of(note_with("\"title\":\"" + title + '"')),
                  HasSubstr("\"title\" holds a control character"))
          << at;
    }
  const std::string fine = "\xC3\xBC~ \xC3\xBC\xE2\x82\xAC~~~ \xF0\x9F\x98\x80!";
  EXPECT_EQ(error_of(note_with("\"title\":\"" + fine + fine + '"')), "no error");
}

TEST(ParseNote, AnotherMajorMayComeLast) {
  const auto note =
      parse_note(R"({"config":7,"kinds":"x","title":1,"id":"a","version":"1","abi":"2.0"})");
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_TRUE(note->options.empty());
  EXPECT_THAT(error_of(R"({"kinds":"x","id":7,"version":"1","abi":"2.0"})"),
              HasSubstr("\"id\" is not text"));
}

TEST(ParseNote, OfAMemberThatIsThereTwiceTheFirstCounts) {
  const auto note = parse_note(note_with(
      R"("title":"One","title":"Two","title":3,"hosts":[],"hosts":["http://a"],"signs":true,)"
      R"("signs":false,"config":{"a":{"type":"string","type":"table","help":"x","help":"y"}})"));
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(note->title, "One");
  EXPECT_TRUE(note->hosts.empty());
  EXPECT_TRUE(note->signs);
  const OptionSchema expected{"a", "string", "", "x"};
  EXPECT_THAT(note->options, ElementsAre(expected));
}

TEST(ParseNote, KeepsTheTextOfCapabilitiesAndDefaults) {
  const auto note = parse_note(note_with(
      R"("capabilities": {"a":{"capabilities":[{"b":"}"}]},"c\"":1.50} ,"config":{)"
      R"("s":{"default" : "a\"\u00e4,}","type":"string"},"n":{"type":"number","default":-1.50e1},)"
      R"("i":{"type":"integer","default":7 },"b":{"type":"boolean","default":true},)"
      R"("l":{"type":"array","default":[1,{"default":[2]}]},"t":{"type":"table","default":{"type":1}}})"));
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(note->capabilities, R"({"a":{"capabilities":[{"b":"}"}]},"c\"":1.50})");
  std::vector<std::string> defaults;
  for (const OptionSchema& option : note->options) defaults.push_back(option.default_value);
  EXPECT_THAT(defaults, ElementsAre(R"("a\"\u00e4,}")", "-1.50e1", "7", "true",
                                    R"([1,{"default":[2]}])", R"({"type":1})"));
}

TEST(ParseNote, ChecksTheSchemaOfOptions) {
  const auto option = [](const std::string& json) {
    return error_of(note_with("\"config\":{" + json + "}"));
  };
  EXPECT_THAT(option(R"("A":{"type":"string"})"), HasSubstr("\"config.A\" is not a valid name"));
  EXPECT_THAT(option(R"("a":{})"), HasSubstr("\"config.a.type\" is missing"));
  EXPECT_THAT(option(R"("a":7)"), HasSubstr("\"config.a\" is not an object"));
  EXPECT_THAT(option(R"("a":{"type":"date"})"), HasSubstr("\"config.a.type\" is none of"));
  EXPECT_THAT(option(R"("a":{"type":"integer","default":1.5})"),
              HasSubstr("\"config.a.default\" is not of"));
  EXPECT_THAT(option(R"("a":{"type":"array"},"a":{"type":"array"})"),
              HasSubstr("\"config.a\" is there twice"));
  for (const auto* good :
       {R"("a":{"type":"boolean","default":false})", R"("a":{"type":"number","default":1})",
        R"("a":{"type":"array","default":[]})", R"("a":{"type":"table","default":{}})"})
    EXPECT_EQ(option(good), "no error") << good;
}

TEST(ParseNote, LimitsSizeDepthTextAndItems) {
  const std::string fits = note_with("");
  EXPECT_EQ(error_of(fits + std::string(PRX_NOTE_MAX - fits.size(), ' ')), "no error");
  EXPECT_THAT(error_of(fits + std::string(PRX_NOTE_MAX - fits.size() + 1, ' ')),
              HasSubstr("more than 8192"));
  const auto nested = [](int depth) {
    return note_with("\"x\":" + std::string(depth, '[') + "\"[\"" + std::string(depth, ']'));
  };
  EXPECT_EQ(error_of(nested(15)), "no error");
  EXPECT_THAT(error_of(nested(16)), HasSubstr("nests deeper than 16"));
  EXPECT_EQ(error_of(note_with("\"title\":\"" + std::string(1024, 'x') + "\"")), "no error");
  EXPECT_THAT(error_of(note_with("\"title\":\"" + std::string(1025, 'x') + "\"")),
              HasSubstr("longer than 1024"));
  std::string items = "\"http://a\"";
  for (int i = 1; i < 64; ++i) items += ",\"http://a\"";
  EXPECT_EQ(error_of(note_with("\"hosts\":[" + items + "]")), "no error");
  EXPECT_THAT(error_of(note_with("\"hosts\":[" + items + ",\"http://a\"]")),
              HasSubstr("more than 64 items"));
}

TEST(ParseNote, LimitsTheNumberOfOptions) {
  const auto options = [](int count) {
    std::string json;
    for (int i = 0; i < count; ++i)
      json += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + R"(":{"type":"string"})";
    return error_of(note_with("\"config\":{" + json + "}"));
  };
  EXPECT_EQ(options(64), "no error");
  EXPECT_THAT(options(65), HasSubstr("\"config\" has more than 64 keys"));
}

TEST(ParseNote, RefusesWhatIsNotJsonInUtf8) {
  EXPECT_THAT(error_of(""), HasSubstr("is not JSON in UTF-8"));
  EXPECT_THAT(error_of("[]"), HasSubstr("is not a JSON object"));
  EXPECT_THAT(error_of(note_with("") + "x"), HasSubstr("is not JSON in UTF-8 at byte"));
  EXPECT_THAT(error_of(note_with("\"title\":\"\xff\"")), HasSubstr("is not JSON in UTF-8"));
  EXPECT_THAT(error_of(note_with("") + '\0' + "{}"), HasSubstr("a zero byte"));
  EXPECT_EQ(error_of(note_with("\"title\":\"M\xC3\xBCller\"")), "no error");
  const std::string whole = note_with(R"("config":{"a":{"type":"string"}})");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_note(whole.substr(0, size)));
}

}  // namespace
}  // namespace prx
