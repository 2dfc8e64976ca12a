// prx config check and prx config show.
#include <sys/stat.h>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using ConfigCheck = ProgramTest;
using ConfigShow = ProgramTest;

TEST_F(ConfigCheck, SaysOkWithTheFile) {
  const std::string file = configure("[default]\nmodel = \"openai/gpt-4o\"\n");
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "OK: " + file + "\n");
}

TEST_F(ConfigCheck, WithoutAKeyOfTheChainItFailsAndSaysWhatToDo) {
  environment.erase("OPENROUTER_API_KEY");
  const auto result = run({"config", "check", "--no-config"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "prx: warning: the provider 'openrouter' has no key: OPENROUTER_API_KEY is not set; "
            "export it or set [providers.openrouter] api_key\n"
            "prx: no call can be made, since no target of the chain 'default' can be asked; "
            "mend what the warnings name, or check all but the keys with --no-keys\n");
}

TEST_F(ConfigCheck, NoKeysChecksAllButTheKeys) {
  environment.erase("OPENROUTER_API_KEY");
  const auto bare = run({"config", "check", "--no-config", "--no-keys"});
  EXPECT_EQ(bare.exit_code, 0);
  EXPECT_EQ(bare.err, "");
  EXPECT_THAT(bare.out, StartsWith("OK: no file"));
  const std::string ran = home / "ran";
  const std::string file = configure(
      "[reliability]\nfallback_providers = [\"openai\", \"pool\", \"filed\"]\n"
      "[providers.openrouter]\napi_key_command = \"touch " +
      ran +
      "\"\n[providers.openai]\napi_key = \"${NOT_THERE}\"\n"
      "[providers.pool]\nplugin = \"openai\"\napi_keys = [\"${A}\", \"${B}\"]\n"
      "[providers.filed]\nplugin = \"openai\"\napi_key_file = \"none\"\nmodel = \"m\"\n");
  const auto keyless = run({"config", "check", "--no-keys"});
  EXPECT_EQ(keyless.exit_code, 0);
  EXPECT_EQ(keyless.err, "");
  EXPECT_EQ(keyless.out, "OK: " + file + "\n");
  EXPECT_FALSE(std::filesystem::exists(ran)) << "the command was run";
  configure("[providers.openrouter]\ntitel = \"x\"\n");
  EXPECT_EQ(run({"config", "check", "--no-keys"}).exit_code, 3) << "all else is checked";
}

TEST_F(ConfigCheck, NoKeysIsNoExcuseForATargetThatCannotServe) {
  environment["OPENROUTER_BASE_URL"] = "localhost:8080/v1";
  const auto result = run({"config", "check", "--no-keys"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("OPENROUTER_BASE_URL must begin with"));
}

TEST_F(ConfigCheck, AKeyThatCannotBeUsedIsOneThatIsMissing) {
  environment["OPENROUTER_API_KEY"] = "two words";
  const auto own = run({"config", "check"});
  EXPECT_EQ(own.exit_code, 3);
  EXPECT_THAT(own.err, AllOf(HasSubstr("warning: "), HasSubstr("OPENROUTER_API_KEY has white")));
  configure("[providers.openrouter]\napi_key = \"${NOT_THERE}\"\n");
  const auto named = run({"config", "check"});
  EXPECT_EQ(named.exit_code, 3);
  EXPECT_THAT(named.err, AllOf(HasSubstr("config.toml:2:"), HasSubstr("NOT_THERE is not set")));
  EXPECT_EQ(std::count(named.err.begin(), named.err.end(), '\n'), 2) << named.err;
}

TEST_F(ConfigCheck, ATargetWithAKeyIsEnough) {
  environment.erase("OPENROUTER_API_KEY");
  environment["OPENAI_API_KEY"] = kKey;
  configure(
      "[reliability]\nfallback_providers = [\"openai\"]\n[providers.openai]\nmodel = \"m\"\n");
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("prx: warning: the first target 'openrouter' is left out"),
                    HasSubstr("OPENROUTER_API_KEY is not set")));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST_F(ConfigCheck, AKeyThatIsMissingIsThatOfTheChainInForce) {
  configure(
      "[default]\nchain = \"careful\"\n[providers.openai]\n"
      "[chains.careful]\ntargets = [{ provider = \"openai\", model = \"m\" }]\n");
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("the provider 'openai' has no key: OPENAI_API_KEY is not set"));
  EXPECT_THAT(result.err, HasSubstr("no target of the chain 'careful' can be asked"));
  EXPECT_EQ(run({"config", "check", "--chain", "default"}).exit_code, 0);
}

TEST_F(ConfigCheck, ALogThatCannotBeOneIsAnErrorAndHangsNobody) {
  const auto pipe = home / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& [file, says] : {std::pair(pipe, "is a pipe"), std::pair(home, "is a folder")}) {
    const std::string config = configure("[log]\nfile = \"" + file.string() + "\"\n");
    const auto check = run({"config", "check"});
    EXPECT_EQ(check.exit_code, 3);
    EXPECT_THAT(check.err, AllOf(StartsWith("prx: " + config + ":2:"), HasSubstr(says)));
    const auto chat = run({"chat", "Hello"});
    EXPECT_EQ(chat.exit_code, 3);
    EXPECT_THAT(chat.err, HasSubstr(says));
  }
}

TEST_F(ConfigCheck, NamesThePlaceAndTheNearestName) {
  const std::string file = configure("[reliability]\nretries = 1\nretrys = 2\n");
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err,
              AllOf(StartsWith("prx: " + file + ":3:1"), HasSubstr("did you mean 'retries'")));
}

TEST_F(ConfigCheck, KnowsThePluginsOwnKeys) {
  EXPECT_EQ(configure("[providers.openrouter]\ntitle = \"Mine\"\n").empty(), false);
  EXPECT_EQ(run({"config", "check"}).exit_code, 0);
  const std::string file = configure("[providers.openrouter]\ntitel = \"Mine\"\n");
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr(file + ":2:1"), HasSubstr("title")));
}

TEST_F(ConfigCheck, APluginFolderOrFileThatIsNotThereIsAWarningWithItsPlace) {
  const std::string file = configure(
      "[plugins]\ndirs = [\n  \"~/plugins\",\n  \"nowhere\",\n]\n"
      "[plugins.mine]\npath = \"mine.so\"\n");
  for (const auto* verb : {"check", "show"}) {
    const auto result = run({"config", verb});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.err, HasSubstr("prx: warning: " + file + ":4:3: "));
    EXPECT_THAT(result.err, HasSubstr("nowhere: cannot be searched for plugins"));
    EXPECT_THAT(result.err, HasSubstr("prx: warning: " + file + ":7:8: "));
    EXPECT_THAT(result.err, HasSubstr("mine.so: no such file"));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 2) << result.err;
  }
}

TEST_F(ConfigCheck, AKeyThatMayBeEmptyIsNoWarning) {
  configure("[providers.openrouter]\napi_keys = [\"${OPENROUTER_API_KEY}\", \"${K2:-}\"]\n");
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
}

TEST_F(ConfigCheck, PluginsThatAreTurnedOffAreNamedWithTheSwitch) {
  environment["PRX_NO_PLUGINS"] = "1";
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"config", "check"}, {"chat", "Hello"}}) {
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_THAT(result.err, HasSubstr("PRX_NO_PLUGINS=1 turns plugins off; unset it"));
  }
}

TEST_F(ConfigCheck, AMissingPluginIsAnError) {
  configure("[default]\nprovider = \"box\"\n[providers.box]\nplugin = \"nowhere\"\n");
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("nowhere"));
}

TEST_F(ConfigCheck, ABadUrlVariableOfTheFirstProviderIsAnError) {
  environment["OPENROUTER_BASE_URL"] = "localhost:8080/v1";
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "prx: the provider 'openrouter': OPENROUTER_BASE_URL must begin with http:// or "
            "https://; correct or unset it, or set [providers.openrouter] base_url\n");
}

TEST_F(ConfigCheck, AProblemOfAnotherProviderIsAWarningSaidOnce) {
  environment["OPENAI_BASE_URL"] = "localhost:8080/v1";
  environment["OPENAI_API_KEY"] = kKey;
  const std::string table = "[providers.openai]\n[providers.box]\nplugin = \"nowhere\"\n";
  for (const auto* fallbacks : {"[]", "[\"openai\", \"box\"]"}) {
    configure(table + "[reliability]\nfallback_providers = " + fallbacks + "\n");
    const auto result = run({"config", "check"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("prx: warning: "), HasSubstr("OPENAI_BASE_URL must"),
                                  HasSubstr("no plugin offers 'nowhere'")));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 2) << result.err;
  }
}

TEST_F(ConfigCheck, JudgesTheFirstTargetOfTheChainInForce) {
  const std::string chain = "[chains.careful]\ntargets = [{ provider = \"box\" }]\n";
  configure("[default]\nchain = \"careful\"\n[providers.box]\nplugin = \"nowhere\"\n" + chain);
  const auto broken = run({"config", "check"});
  EXPECT_EQ(broken.exit_code, 3);
  EXPECT_THAT(broken.err, HasSubstr("nowhere"));
  environment["OPENAI_API_KEY"] = kKey;
  configure(
      "[plugins]\nallow = [\"openai\"]\n[default]\nchain = \"careful\"\n"
      "[providers.box]\nplugin = \"openai\"\n" +
      chain);
  const auto other = run({"config", "check"});
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_EQ(other.err, "") << "nobody asked for the provider 'openrouter'";
}

TEST_F(ConfigCheck, AMissingFileIsAnError) {
  const auto result = run({"config", "check", "--config", home / "none.toml"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("none.toml"));
}

TEST_F(ConfigCheck, ALiteralKeyInAFileThatOthersReadIsAWarning) {
  const std::string file =
      configure(std::string("[providers.openrouter]\napi_key = \"") + kKey + "\"\n");
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  const auto result = run({"config", "check"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("prx: warning: "), HasSubstr(file)));
}

TEST_F(ConfigShow, NamesEachValueWithItsOriginAndMasksKeys) {
  const std::string file = configure(
      std::string("[default]\nmodel = \"openai/gpt-4o\"\n[providers.openrouter]\napi_key = \"") +
      kKey + "\"\n");
  environment["PRX_MODEL"] = "openai/o3";
  const auto result = run({"config", "show", "--log-level", "off"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("# " + file + "\n"));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("default.model = \"openai/o3\""), HasSubstr("# env PRX_MODEL")));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("providers.openrouter.api_key"), HasSubstr("config.toml:4:")));
  EXPECT_THAT(result.out, AllOf(HasSubstr("log.level = \"off\""), HasSubstr("# flag --log-level")));
}

TEST_F(ConfigShow, ShowsNoValueOfAVariableInABodyAnOptionOrAHeader) {
  configure(
      "[providers.openrouter]\ntitle = \"${TITLE}\"\nheaders = { X-Team = \"of ${TITLE}\" }\n"
      "extra_body = { a = { user = \"${TITLE}\", token = \"literal-hidden\" } }\n");
  environment["TITLE"] = "title-hidden";
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"config", "show"}, {"config", "show", "--json"}}) {
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ((result.out + result.err).find("hidden"), std::string::npos) << result.out;
    EXPECT_THAT(result.out, HasSubstr("of ${TITLE}"));
  }
}

TEST_F(ConfigShow, ShowsNoKeyUnderAMisspeltNameAndNoneInAPath) {
  const std::string key = kKey;
  for (const std::string& line : {"api_kye = \"" + key + "\"", std::string("api_kye = \"hidden\""),
                                  "api_key_file = \"" + key + "\"", "ca_file = \"" + key + "\"",
                                  "model = \"" + key + "\"", "[providers." + key + "]"}) {
    configure("[providers.openrouter]\n" + line + "\n");
    for (const auto* verb : {"show", "check"}) {
      const auto result = run({"config", verb});  // the fixture looks for the key in all of it
      EXPECT_EQ((result.out + result.err).find("hidden"), std::string::npos) << result.out;
    }
  }
}

TEST_F(ConfigShow, JsonHasTheSameSettings) {
  const std::string file = configure("[default]\nmodel = \"openai/gpt-4o\"\n");
  const auto result = run({"config", "show", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  const auto json = parse_json(result.out);
  EXPECT_EQ(json["file"].GetString(), file);
  bool found = false;
  for (const auto& setting : json["settings"].GetArray()) {
    if (std::string(setting["path"].GetString()) != "default.model") continue;
    found = true;
    EXPECT_STREQ(setting["value"].GetString(), "\"openai/gpt-4o\"");
    EXPECT_THAT(setting["origin"].GetString(), HasSubstr(file + ":2:"));
  }
  EXPECT_TRUE(found) << result.out;
  EXPECT_TRUE(json["warnings"].IsArray());
}

TEST_F(ConfigCheck, ATableOrAnIdOfAPluginThatIsNotThereIsAWarningAndSoItIsInAChat) {
  simulate();
  const std::string file = configure(
      "[plugins]\nallow = [\"openrouter\", \"opnai\"]\n"
      "[plugins.opnrouter]\nisolation = \"process\"\n");
  for (const auto& result : {run({"config", "check"}), run({"chat", "--no-stream", "hi"})}) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err,
                AllOf(HasSubstr("[plugins.opnrouter]: no plugin 'opnrouter' was found; did you "
                                "mean 'openrouter'?"),
                      HasSubstr("[plugins] allow: no plugin 'opnai' was found; did you mean "
                                "'openai'?")));
  }
  EXPECT_THAT(run({"doctor"}).out, HasSubstr("no plugin 'opnrouter' was found"));
}

TEST_F(ConfigCheck, NamesOnlyTheFilesThatCouldServeTheProvider) {
  configure("[default]\nprovider = \"openai\"\n[plugins]\nallow = []\n");
  environment["OPENAI_API_KEY"] = kKey;
  for (const auto& result : {run({"config", "check"}), run({"chat", "hi"})}) {
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_THAT(result.err, AllOf(HasSubstr("add \"openai\" to it"),
                                  ::testing::Not(HasSubstr("openrouter.so"))));
  }
}

TEST_F(ConfigCheck, PluginsAreOffByAnyWordThatDoesNotSayNo) {
  environment["PRX_NO_PLUGINS"] = "true";
  EXPECT_THAT(run({"config", "check"}).err, HasSubstr("PRX_NO_PLUGINS=true turns plugins off"));
  EXPECT_THAT(run({"plugin", "list"}).err, HasSubstr("PRX_NO_PLUGINS=true turns plugins off"));
  environment["PRX_NO_PLUGINS"] = "false";
  EXPECT_EQ(run({"config", "check"}).exit_code, 0);
}

}  // namespace
}  // namespace prx::cli
