// The editor of TOML text: what is changed, and that nothing else is.
#include "config/edit.hpp"

#include <gmock/gmock.h>

#include <array>
#include <random>

#include "config/edit_places.hpp"
#include "support.hpp"

namespace prx::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string edit(std::string_view text, std::vector<Edit> edits) {
  auto out = edit_toml(text, edits, "prx.toml");
  return out ? *out : "error: " + out.error().message;
}

std::string set(std::string_view text, KeyPath path, std::string value) {
  return edit(text, {set_text(std::move(path), std::move(value))});
}

const KeyPath kModel = {"default", "model"};
const KeyPath kKey = {"providers", "openrouter", "api_key"};
const KeyPath kFallbacks = {"reliability", "fallback_providers"};

// --- values that are there

TEST(Edit, ReplacesAValueAndLeavesItsComment) {
  EXPECT_EQ(set("# mine\n[default]\n  model   =  'a'   # why\n\n# end\n", kModel, "b"),
            "# mine\n[default]\n  model   =  \"b\"   # why\n\n# end\n");
}

TEST(Edit, LeavesAValueThatIsTheSameAsItIsWritten) {
  const std::string text = "[default]\nmodel = '''a'''\n";
  EXPECT_EQ(set(text, kModel, "a"), text);
}

TEST(Edit, ReplacesAValueOfSeveralLines) {
  EXPECT_EQ(set("[default]\nmodel = \"\"\"\na\\\"\"\"\"\"\" # c\nx = 1\n", kModel, "b"),
            "[default]\nmodel = \"b\" # c\nx = 1\n");
  EXPECT_EQ(edit("[reliability]\nfallback_providers = [\n  'a',\n  'b',\n]\nretries = 1\n",
                 {set_texts(kFallbacks, {"c"})}),
            "[reliability]\nfallback_providers = [\"c\"]\nretries = 1\n");
}

TEST(Edit, ReplacesAMemberBetweenBraces) {
  EXPECT_EQ(set("default = { provider = 'x', model = 'a' } # c\n", kModel, "b"),
            "default = { provider = 'x', model = \"b\" } # c\n");
}

TEST(Edit, ReplacesTheValueOfADottedKey) {
  EXPECT_EQ(set("providers.openrouter.api_key='x'\n", kKey, "y"),
            "providers.openrouter.api_key=\"y\"\n");
  EXPECT_EQ(set("[providers]\n\"openrouter\" . api_key = 'x'\n", kKey, "y"),
            "[providers]\n\"openrouter\" . api_key = \"y\"\n");
}

TEST(Edit, CountsCharactersAndNotBytes) {
  EXPECT_EQ(set("\xEF\xBB\xBF"
                "default = { t = \"gr\xC3\xBC\xC3\x9F \xF0\x9F\x8C\x9F\", model = 'a' }",
                kModel, "\xC3\xA4"),
            "\xEF\xBB\xBF"
            "default = { t = \"gr\xC3\xBC\xC3\x9F \xF0\x9F\x8C\x9F\", model = \"\xC3\xA4\" }");
}

TEST(Edit, AnArrayThatGrowsKeepsItsElementsAndComments) {
  EXPECT_EQ(edit("[reliability]\nfallback_providers = [\n  'a', # first\n  'b' # then\n]\n",
                 {set_texts(kFallbacks, {"a", "b", "c"})}),
            "[reliability]\nfallback_providers = [\n  'a', # first\n  'b', \"c\" # then\n]\n");
}

// --- new keys

TEST(Edit, ANewKeyComesBehindTheLastOfItsTable) {
  EXPECT_EQ(
      set("[default]\n  provider = 'x' # c\n\n# about logs\n[log]\nlevel = 'info'\n", kModel, "b"),
      "[default]\n  provider = 'x' # c\n  model = \"b\"\n\n# about logs\n[log]\nlevel = 'info'\n");
  EXPECT_EQ(set("[default] # none yet\n# model = 'x'\n", kModel, "b"),
            "[default] # none yet\nmodel = \"b\"\n# model = 'x'\n");
}

TEST(Edit, KeepsLineEndsAndAMissingLastOne) {
  EXPECT_EQ(set("[default]\r\nprovider = 'x'\r\n", kModel, "b"),
            "[default]\r\nprovider = 'x'\r\nmodel = \"b\"\r\n");
  EXPECT_EQ(set("[default]\nprovider = 'x'", kModel, "b"),
            "[default]\nprovider = 'x'\nmodel = \"b\"");
  EXPECT_EQ(set("[default]\r\nprovider = 'x'", kKey, "b"),
            "[default]\r\nprovider = 'x'\r\n\r\n[providers.openrouter]\r\napi_key = \"b\"");
}

TEST(Edit, ATableOfDottedKeysGrowsByOne) {
  EXPECT_EQ(
      set("providers.openrouter.model = 'x' # c\n\n[log]\n", kKey, "y"),
      "providers.openrouter.model = 'x' # c\nproviders.openrouter.api_key = \"y\"\n\n[log]\n");
  EXPECT_EQ(set("[providers]\nopenrouter.model = 'x'\n", kKey, "y"),
            "[providers]\nopenrouter.model = 'x'\nopenrouter.api_key = \"y\"\n");
  EXPECT_EQ(set("[providers]\nopenai.model = 'x'\n", kKey, "y"),
            "[providers]\nopenai.model = 'x'\n\n[providers.openrouter]\napi_key = \"y\"\n");
  EXPECT_EQ(set("providers.openai.model = 'x'\n", kKey, "y"),
            "providers.openai.model = 'x'\nproviders.openrouter.api_key = \"y\"\n");
}

TEST(Edit, AnInlineTableGrowsBetweenItsBraces) {
  EXPECT_EQ(set("[providers]\nopenrouter = { model = 'x' }\n", kKey, "y"),
            "[providers]\nopenrouter = { model = 'x', api_key = \"y\" }\n");
  EXPECT_EQ(set("providers = {}\n", kKey, "y"), "providers = { openrouter.api_key = \"y\" }\n");
  EXPECT_EQ(set("providers = { openrouter.model = 'x' }\n", kKey, "y"),
            "providers = { openrouter.model = 'x', openrouter.api_key = \"y\" }\n");
}

TEST(Edit, ANewTableComesBehindItsRelatives) {
  EXPECT_EQ(set("[providers.openai]\nmodel = 'x'\n\n# chains\n[chains.a]\nx = 1\n", kKey, "y"),
            "[providers.openai]\nmodel = 'x'\n\n[providers.openrouter]\napi_key = \"y\"\n\n"
            "# chains\n[chains.a]\nx = 1\n");
  EXPECT_EQ(set("[providers.openai]\n[log]\n", kKey, "y"),
            "[providers.openai]\n\n[providers.openrouter]\napi_key = \"y\"\n\n[log]\n");
}

TEST(Edit, ANewTableComesLastWithoutRelatives) {
  EXPECT_EQ(set("", kModel, "b"), "[default]\nmodel = \"b\"\n");
  EXPECT_EQ(set("\xEF\xBB\xBF", kModel, "b"), "\xEF\xBB\xBF[default]\nmodel = \"b\"\n");
  EXPECT_EQ(set("\xEF\xBB\xBF# x", kModel, "b"), "\xEF\xBB\xBF# x\n\n[default]\nmodel = \"b\"");
  EXPECT_EQ(set("# only this", kModel, "b"), "# only this\n\n[default]\nmodel = \"b\"");
  EXPECT_EQ(edit("[log]\nlevel = 'info'\n# end\n", {need_table({"providers", "a b"})}),
            "[log]\nlevel = 'info'\n# end\n\n[providers.\"a b\"]\n");
}

TEST(Edit, ATableWrittenTwiceIsOne) {
  EXPECT_EQ(set("[providers.openrouter]\n[providers.openrouter.headers]\nx = '1'\n[providers]\n",
                kKey, "y"),
            "[providers.openrouter]\napi_key = \"y\"\n[providers.openrouter.headers]\nx = '1'\n"
            "[providers]\n");
  EXPECT_EQ(set("[providers.openrouter.headers]\nx = '1'\n", kKey, "y"),
            "[providers.openrouter.headers]\nx = '1'\n\n[providers.openrouter]\napi_key = \"y\"\n");
}

TEST(Edit, AKeyOfTheRootComesBeforeTheFirstHeader) {
  EXPECT_EQ(set("a = 1\n\n[b]\n", {"c"}, "x"), "a = 1\nc = \"x\"\n\n[b]\n");
  EXPECT_EQ(set("[b]\n", {"c"}, "x"), "c = \"x\"\n\n[b]\n");
}

TEST(Edit, EscapesWhatItWrites) {
  const auto out = set("", {"a.b", "c d"}, "x\"\n\\y");
  EXPECT_EQ(out, "[\"a.b\"]\n\"c d\" = \"x\\\"\\u000a\\\\y\"\n");
}

TEST(Edit, SeveralChangesAreOneText) {
  EXPECT_EQ(
      edit("[providers.openrouter]\napi_key = 'x' # mine\ntitle = 't'\n",
           {set_text({"providers", "openrouter", "api_key_file"}, "f"), remove_value(kKey),
            set_text(kModel, "m")}),
      "[providers.openrouter]\n# mine\ntitle = 't'\napi_key_file = \"f\"\n\n[default]\nmodel = "
      "\"m\"\n");
}

// --- removal

TEST(Edit, RemovesALineAndLeavesItsComment) {
  EXPECT_EQ(
      edit("[default]\n# above\n  model = 'a#' # beside\nprovider = 'x'\n", {remove_value(kModel)}),
      "[default]\n# above\n  # beside\nprovider = 'x'\n");
  EXPECT_EQ(edit("[default]\r\nmodel = 'a'# c\r\n", {remove_value(kModel)}),
            "[default]\r\n# c\r\n");
  EXPECT_EQ(edit("[default]\nmodel = 'a' # c", {remove_value(kModel)}), "[default]\n# c");
  EXPECT_EQ(edit("[default]\nmodel = '''a\nb'''", {remove_value(kModel)}), "[default]\n");
}

TEST(Edit, RemovesAnArrayAndLeavesItsComments) {
  EXPECT_EQ(edit("[default]\n\tmodel = [ # all\n  'a#', # work\n  # none\n] # end\nx = 1\n",
                 {remove_value(kModel)}),
            "[default]\n\t# all\n\t# work\n\t# none\n\t# end\nx = 1\n");
  EXPECT_THAT(edit("default = { model = [ # c\n'a'], x = 1 }\n", {remove_value(kModel)}),
              HasSubstr("prx.toml:1:13: 'default.model' has comments among its values"));
}

TEST(Edit, RemovesAMemberBetweenBraces) {
  EXPECT_EQ(edit("default = { model = 'a', x = [1, 2], y = 2 }\n", {remove_value(kModel)}),
            "default = { x = [1, 2], y = 2 }\n");
  EXPECT_EQ(edit("default = { x = [1, 2], model = 'a', y = 2 }\n", {remove_value(kModel)}),
            "default = { x = [1, 2], y = 2 }\n");
  EXPECT_EQ(edit("default = { x = { z = 1, a = 3 }, model = 'a' }\n", {remove_value(kModel)}),
            "default = { x = { z = 1, a = 3 } }\n");
  EXPECT_EQ(edit("default = { model = 'a' }\n", {remove_value(kModel)}), "default = {  }\n");
}

TEST(Edit, RemovesNothingThatIsNotThere) {
  EXPECT_EQ(edit("[log]\n", {remove_value(kModel)}), "[log]\n");
}

// --- refusals

TEST(Edit, RefusesWhatItCannotDoSafely) {
  EXPECT_THAT(set("[default\n", kModel, "b"), HasSubstr("error: prx.toml:1:"));
  EXPECT_THAT(set("[[default]]\nx = 1\n", kModel, "b"),
              AllOf(HasSubstr("prx.toml:1:1: 'default.model' is an array of tables"),
                    HasSubstr("by hand")));
  EXPECT_THAT(set("[[default.model]]\nx = 1\n", kModel, "b"), HasSubstr("is an array of tables"));
  EXPECT_THAT(set("default = 'x'\n", kModel, "b"), HasSubstr("needs a table"));
  EXPECT_THAT(set("[default.model]\n", kModel, "b"), HasSubstr("is a table, not a value"));
  EXPECT_THAT(edit("default = 1\n", {need_table({"default"})}), HasSubstr("is a value"));
  EXPECT_THAT(
      edit("[reliability]\nfallback_providers = ['a', # c\n'b']\n", {set_texts(kFallbacks, {"b"})}),
      HasSubstr("prx.toml:2:22: 'reliability.fallback_providers' has comments"));
}

TEST(Edit, RefusesARemovalThatTakesATableAlong) {
  EXPECT_THAT(edit("providers.openrouter.api_key = 'x'\n", {remove_value(kKey)}),
              HasSubstr("cannot be changed in place"));
}

TEST(Edit, WritesNoMoreThanAFileMayHave) {
  const std::string text = "#" + std::string(kDocumentMax - 2, 'x') + "\n";
  EXPECT_THAT(set(text, kModel, "b"), HasSubstr("cannot be changed in place"));
  EXPECT_THAT(set(text + "#", kModel, "b"), HasSubstr("larger than 1 MiB"));
}

// --- many documents

// Documents of sections in all forms, and edits at paths that are there, or nearly.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t count) { return engine_() % count; }
  template <class List>
  const auto& of(const List& list) {
    return list[below(list.size())];
  }

  std::string document() {
    std::string text = below(8) == 0 ? "\xEF\xBB\xBF" : "";
    const bool crlf = below(4) == 0;
    const std::size_t lines = below(14);
    for (std::size_t i = 0; i < lines; ++i) text += line() + (crlf ? "\r\n" : "\n");
    if (below(4) == 0 && !text.empty() && text.back() == '\n')
      text.resize(text.size() - (crlf ? 2 : 1));
    return text;
  }

  Edit edit() {
    KeyPath path;
    const std::size_t depth = 1 + below(3);
    for (std::size_t i = 0; i < depth; ++i) path.push_back(of(kKeys));
    switch (below(5)) {
      case 0:
        return remove_value(std::move(path));
      case 1:
        return need_table(std::move(path));
      case 2:
        return set_texts(std::move(path), {"a", "n\xC3\xA9w", "z"});
      default:
        return set_text(std::move(path), below(2) == 0 ? "new" : "n\xC3\xA9\"w\n");
    }
  }

 private:
  static constexpr std::array<const char*, 4> kKeys = {"a", "b", "c d", "gr\xC3\xBCn"};
  static constexpr std::array<const char*, 4> kWritten = {"a", "'b'", "\"c d\"", "\"gr\xC3\xBCn\""};
  static constexpr std::array<const char*, 14> kValues = {"1",
                                                          "'x#]'",
                                                          "\"\xC3\xA9\\\"#\"",
                                                          "[1, 2]",
                                                          "['a']",
                                                          "[ # c\n  \"a\",\n]",
                                                          "{}",
                                                          "{ a = 1 }",
                                                          "{ b.a = 'x', a = [ {a = 1} ] }",
                                                          "\"\"\"x\n\"\"\"\"",
                                                          "'''\n'''",
                                                          "1979-05-27 07:32:00",
                                                          "true",
                                                          "-1.5e3"};

  std::string key() {
    std::string text = of(kWritten);
    for (std::size_t i = below(3); i > 0; --i)
      text += std::string(below(3) ? "." : " . ") + of(kWritten);
    return text;
  }
  std::string line() {
    switch (below(9)) {
      case 0:
        return "";
      case 1:
        return "# comment [a] = \xC3\xA9";
      case 2:
      case 3:
        return std::string(below(3) ? "" : "  ") + "[" + key() + "]" + (below(2) ? " # c" : "");
      case 4:
        return below(3) ? "" : "[[" + key() + "]]";
      default:
        return std::string(below(3) ? "" : "\t") + key() + " = " + of(kValues) +
               (below(3) ? "" : " # c");
    }
  }

  std::mt19937 engine_;
};

std::ptrdiff_t comments_in(std::string_view text) {
  std::ptrdiff_t count = 0;
  for (std::size_t at = 0; at < text.size(); at = skip_token(text, at)) count += text[at] == '#';
  return count;
}

// Bytes at both ends that two texts have in common.
std::size_t common_bytes(const std::string& a, const std::string& b) {
  const auto front = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  const auto rest = std::min(a.size(), b.size()) - front;
  std::size_t back = 0;
  while (back < rest && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  return front + back;
}

TEST(Edit, OfRandomDocumentsSaysWhatWasWantedAndChangesNoOtherByte) {
  constexpr unsigned kDocuments = 4'000;
  int read = 0, done = 0, unclean = 0;
  for (unsigned seed = 0; seed < kDocuments; ++seed) {
    Random random(seed);
    const std::string text = random.document();
    const auto before = parse_document(text, "t");
    if (!before) continue;
    ++read;
    const Edit one = random.edit();
    const auto out = edit_toml(text, {&one, 1}, "t");
    if (!out) {
      unclean += out.error().message.find("in place") != std::string::npos ? 1 : 0;
      continue;
    }
    ++done;
    const auto after = parse_document(*out, "t");
    const auto wanted = edited(*before, one);
    ASSERT_TRUE(after && wanted) << text;
    ASSERT_TRUE(same_values(*after, *wanted)) << text << "\n---\n" << *out;
    ASSERT_EQ(comments_in(*out), comments_in(text)) << text << "\n---\n" << *out;
    if (one.kind == Edit::Kind::kTable || !same_values(*before, *wanted)) continue;
    ASSERT_EQ(*out, text) << "nothing was to be changed";
  }
  EXPECT_GT(read, 1'000);
  EXPECT_GT(done, read / 2);
  EXPECT_LT(unclean, read / 20) << "the editor gives up too often";
}

TEST(Edit, OfRandomDocumentsOnlyAddsWhereAKeyIsNew) {
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    Random random(seed);
    const std::string text = random.document();
    const auto out = edit_toml(text, std::vector{set_text({"new", "b", "e"}, "x")}, "t");
    if (!out) continue;
    ASSERT_EQ(common_bytes(text, *out), text.size()) << text << "\n---\n" << *out;
  }
}

}  // namespace
}  // namespace prx::config
