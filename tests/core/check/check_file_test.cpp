// check.toml, as a file and as a table on the command line.
#include "check/check_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace prx::check {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

PluginNote note() {
  return parse_note(R"({"id":"acme.lab","version":"1","abi":"1.0","kinds":["acme.lab"],
    "operations":["chat"],"hosts":["https://acme.example"],"key_env":"ACME_API_KEY",
    "base_url_env":"ACME_BASE_URL","default_model":"acme-1",
    "config":{"region":{"type":"string","default":"eu"},"level":{"type":"integer"}}})")
      .value();
}

std::optional<std::string> environment(const std::string& name) {
  if (name == "REGION") return "us";
  if (name == "ACME_BASE_URL" || name == "PRX_MODEL") return "https://elsewhere.example";
  return std::nullopt;
}

Result<CheckFile> read(const std::string& toml, bool is_inline = false) {
  return read_check_file({toml, is_inline ? "--config" : "check.toml", ".", is_inline}, note(),
                         environment);
}

std::string error_of(const std::string& toml, bool is_inline = false) {
  const auto read_it = read(toml, is_inline);
  return read_it ? "" : read_it.error().message;
}

TEST(CheckFile, AnEmptyOneIsAllDefaults) {
  const auto check = read("");
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->config_json, R"({"region":"eu"})");
  EXPECT_EQ(check->base_url, "");  // the environment's is for those who use it
  EXPECT_EQ(check->model, "acme-1");
  EXPECT_THAT(check->request_json, HasSubstr(R"("model":"acme-1")"));
  EXPECT_THAT(check->samples, IsEmpty());
  EXPECT_EQ(check->quirks.glibc_max, "2.36");
}

TEST(CheckFile, TheProviderIsCheckedAsAConfigurationIs) {
  const auto check = read(
      "[provider]\nbase_url = \"http://localhost:8080/v1/\"\nlevel = 3\n"
      "region = \"${REGION}\"\n");
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->config_json,
            R"({"level":3,"region":"us","base_url":"http://localhost:8080/v1"})");
  EXPECT_EQ(check->base_url, "http://localhost:8080/v1");
}

TEST(CheckFile, AnErrorOfTheProviderNamesItsPlace) {
  EXPECT_EQ(error_of("# a comment\n\n[provider]\n  regoin = \"eu\"\n"),
            "check.toml:4:3: unknown key 'regoin' in [provider]; did you mean 'region'?");
  EXPECT_THAT(error_of("[provider]\nlevel = \"high\"\n"),
              AllOf(StartsWith("check.toml:2:"), HasSubstr("must be of type integer")));
  EXPECT_THAT(
      error_of("[provider]\nregion = \"${NOBODY}\"\n"),
      AllOf(StartsWith("check.toml:2:"), HasSubstr("NOBODY"), HasSubstr("provider.region")));
}

TEST(CheckFile, AKeyOfAnApiIsNoPartOfIt) {
  EXPECT_THAT(error_of("[provider]\napi_key = \"x\"\n"),
              AllOf(StartsWith("check.toml:2:1: a check needs no key"), HasSubstr("ACME_API_KEY")));
  EXPECT_THAT(error_of("[provider]\nplugin = \"x\"\n"), HasSubstr("remove 'plugin'"));
}

TEST(CheckFile, ATableOnTheCommandLineIsThatOfTheProvider) {
  const auto check = read("base_url = \"http://localhost/v1\"", true);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->base_url, "http://localhost/v1");
  EXPECT_EQ(error_of("regoin = \"eu\"", true),
            "--config: unknown key 'regoin' in [provider]; did you mean 'region'?");
  const auto more = read("level = 2\nquirks.init_array = true\nprovider.region = \"x\"", true);
  ASSERT_TRUE(more) << more.error().message;
  EXPECT_TRUE(more->quirks.init_array);
  EXPECT_EQ(more->config_json, R"({"region":"x","level":2})");
}

TEST(CheckFile, OnlyAFileHasOnlyTables) {
  EXPECT_THAT(error_of("region = \"eu\"\n"), HasSubstr("check.toml:1:1: unknown key 'region'"));
}

TEST(CheckFile, TheChatIsTheWriters) {
  const auto check = read("[chat]\nmodel = \"big\"\nbody = '{\"messages\":[],\"n\":\"${X}\"}'\n");
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->request_json, R"({"messages":[],"n":"${X}","model":"big"})");
  EXPECT_THAT(error_of("[chat]\nbody = '[]'\n"), HasSubstr("is no JSON object"));
  EXPECT_THAT(error_of("[chat]\nbody = '{\"a\":}'\n"), HasSubstr("is no JSON object"));
  EXPECT_THAT(error_of("[chat]\nmodle = \"x\"\n"), HasSubstr("did you mean 'model'"));
}

TEST(CheckFile, QuirksAreReadStrictly) {
  const auto check = read(
      "[quirks]\nneeded = [\"libz.so.1\"]\nimports = [\"dlopen\"]\nglibc_max = \"2.38\"\n"
      "glibcxx_max = \"3.4.31\"\ninit_array = true\nconcurrency = 1\nrandom_answers = true\n"
      "slow_start = true\nerrors_in_200 = false\n");
  ASSERT_TRUE(check) << check.error().message;
  const Quirks& quirks = check->quirks;
  EXPECT_THAT(quirks.needed, ElementsAre("libz.so.1"));
  EXPECT_THAT(quirks.imports, ElementsAre("dlopen"));
  EXPECT_EQ(quirks.glibc_max, "2.38");
  EXPECT_EQ(quirks.glibcxx_max, "3.4.31");
  EXPECT_TRUE(quirks.init_array && quirks.random_answers && quirks.slow_start);
  EXPECT_FALSE(quirks.errors_in_200);
  EXPECT_EQ(quirks.concurrency, 1u);
  EXPECT_THAT(error_of("[quirks]\nskip = [\"elf.needed\"]\n"), HasSubstr("unknown key 'skip'"));
  EXPECT_THAT(error_of("[quirks]\nglibc_max = \"newest\"\n"), HasSubstr("is no version"));
  EXPECT_THAT(error_of("[quirks]\nconcurrency = -1\n"), HasSubstr("use 0 to 1000"));
}

TEST(CheckFile, AnswersAreSamples) {
  const auto check = read(R"(
[[answers]]
name = "hello"
body = "data: ${x}"
headers = { Content-Type = "text/event-stream" }
text = "x"

[[answers]]
name = "busy"
op = "models"
status = 503
body = ""
error = "overloaded"
marked_end = false
)");
  ASSERT_TRUE(check) << check.error().message;
  ASSERT_EQ(check->samples.size(), 2u);
  const Sample& hello = check->samples[0];
  EXPECT_EQ(hello.body, "data: ${x}");
  EXPECT_TRUE(hello.stream && hello.marked_end);
  EXPECT_EQ(hello.status, 200);
  EXPECT_EQ(hello.text, "x");
  EXPECT_EQ(hello.headers.at(0).first, "content-type");
  const Sample& busy = check->samples[1];
  EXPECT_EQ(busy.op, "models");
  EXPECT_EQ(busy.error, "overloaded");
  EXPECT_FALSE(busy.stream || busy.marked_end);
  EXPECT_EQ(busy.text, std::nullopt);
}

TEST(CheckFile, AWrongAnswerIsAnErrorThatSaysWhy) {
  const std::string begin = "[[answers]]\nname = \"a\"\n";
  EXPECT_THAT(error_of("[[answers]]\nbody = \"\"\n"), HasSubstr("has no name"));
  EXPECT_THAT(error_of(begin), HasSubstr("has no body"));
  EXPECT_THAT(error_of(begin + "body = \"\"\nerror = \"busy\"\n"),
              HasSubstr("is no class of error"));
  EXPECT_THAT(error_of(begin + "body = \"\"\nstatus = 99\n"), HasSubstr("use 200 to 599"));
  EXPECT_THAT(error_of(begin + "body = \"\"\nop = \"chta\"\n"), HasSubstr("did you mean 'chat'"));
  EXPECT_THAT(error_of(begin + "body = \"\"\nbody_file = \"b\"\n"),
              HasSubstr("exclude each other"));
  EXPECT_THAT(error_of(begin + "body_file = \"none-such\"\n"), HasSubstr("'body_file'"));
  EXPECT_THAT(error_of(begin + "body = \"\"\n" + begin + "body = \"\"\n"),
              HasSubstr("two [[answers]] have the name 'a'"));
  EXPECT_THAT(error_of("answers = 1\n"), HasSubstr("begin each by [[answers]]"));
}

TEST(CheckFile, MoreAnswersThanAllowedAreRefused) {
  std::string toml;
  for (std::size_t i = 0; i <= kAnswersMax; ++i)
    toml += "[[answers]]\nname = \"a" + std::to_string(i) + "\"\nbody = \"\"\n";
  EXPECT_THAT(error_of(toml), HasSubstr("more than 64 [[answers]]"));
}

TEST(CheckFile, TheBodyOfAnAnswerMayBeAFileBesideIt) {
  std::string folder = (std::filesystem::temp_directory_path() / "prx-check-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/answer.txt") << "from a file";
  std::ofstream(folder + "/large.txt") << std::string(kAnswerBodyMax + 1, 'x');
  std::ofstream(folder + "/check.toml")
      << "[[answers]]\nname = \"a\"\nbody_file = \"answer.txt\"\n";
  const auto text = check_text(folder + "/check.toml");
  ASSERT_TRUE(text) << text.error().message;
  const auto check = read_check_file(*text, note(), environment);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->samples.at(0).body, "from a file");
  const auto large = read_check_file(
      {"[[answers]]\nname = \"a\"\nbody_file = \"large.txt\"\n", "c", folder, false}, note(),
      environment);
  EXPECT_FALSE(large);
  std::filesystem::remove_all(folder);
}

TEST(CheckFile, WhatIsNoFileIsATable) {
  EXPECT_TRUE(check_text("a = 1")->is_inline);
  EXPECT_THAT(check_text("no-such.toml").error().message, HasSubstr("no-such.toml"));
}

TEST(CheckFile, APluginWithoutANoteHasNoProvider) {
  const auto check = read_check_file({"[provider]\nanything = 1\n", "check.toml", ".", false},
                                     PluginNote(), environment);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->model, kUsualModel);
}

}  // namespace
}  // namespace prx::check
