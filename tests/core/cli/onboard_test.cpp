// prx onboard --non-interactive against the simulator, and what it writes.
#include <unistd.h>

#include "onboard_fixture.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kOther = "sk-or-v1-0ther0ther0ther0ther07e1";

class Onboard : public OnboardTest {
 protected:
  test::ProcessResult onboard(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), {"onboard", "--non-interactive"});
    auto options = program(std::move(arguments));
    if (!input.empty()) options.input = test::ProcessOptions::Input::kPipe;
    options.input_text = input;
    auto result = run_with(std::move(options));
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("0ther0ther"))) << "a key was printed";
    return result;
  }
};

TEST_F(Onboard, WritesAFileThatWorksAtOnce) {
  simulate_key(kKey);
  const auto result = onboard({"--model", "openai/gpt-4o"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read(file()),
            "[default]\nprovider = \"openrouter\"\nmodel = \"openai/gpt-4o\"\n\n"
            "[providers.openrouter]\napi_key = \"${OPENROUTER_API_KEY}\"\n");
  EXPECT_EQ(mode(file()), 0600U);
  EXPECT_EQ(mode(file().parent_path()), 0700U);
  EXPECT_THAT(result.err, AllOf(HasSubstr("accepts the key"), HasSubstr("prx chat \"Hello\"")));
  const auto chat = run({"chat", "Hi"});
  EXPECT_EQ(chat.exit_code, 0) << chat.err;
}

TEST_F(Onboard, ChangesAFileInPlaceAndKeepsTheRest) {
  simulate();
  const std::string before =
      "# mine\n[default]   # who\nprovider = 'openrouter'\nmodel = \"openai/gpt-4o-mini\" # "
      "cheap\n\n"
      "# how long\n[reliability]\nretries = 0\n\n[log]\nlevel = 'warn'\n";
  configure(before);
  ::chmod(file().c_str(), 0644);
  const auto refused = onboard({"--model", "openai/gpt-4o"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(read(file()), before);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("-model = \"openai/gpt-4o-mini\" # cheap\n"),
                    HasSubstr("+model = \"openai/gpt-4o\" # cheap\n"), HasSubstr("add --yes")));
  const auto done = onboard({"--model", "openai/gpt-4o", "--yes"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(
      read(file()),
      "# mine\n[default]   # who\nprovider = 'openrouter'\nmodel = \"openai/gpt-4o\" # cheap\n\n"
      "# how long\n[reliability]\nretries = 0\n\n[log]\nlevel = 'warn'\n\n"
      "[providers.openrouter]\napi_key = \"${OPENROUTER_API_KEY}\"\n");
  EXPECT_EQ(mode(file()), 0600U);
  const auto again = onboard({"--model", "openai/gpt-4o"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("says all this already"));
}

TEST_F(Onboard, KeepsAStricterModeAndFollowsALink) {
  simulate();
  const std::string target = write("elsewhere/real.toml", "[log]\nlevel = 'warn'\n");
  ::chmod(target.c_str(), 0400);
  fs::create_directories(file().parent_path());
  fs::create_symlink(target, file());
  const auto result = onboard({"--yes"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::is_symlink(file()));
  EXPECT_THAT(read(target), HasSubstr("[providers.openrouter]"));
  EXPECT_EQ(mode(target), 0400U);
}

TEST_F(Onboard, KeepsAKeyFromStdinInAFileOfItsOwn) {
  simulate_key(kOther);
  const auto result =
      onboard({"--provider", "openrouter", "--key-file", "-"}, std::string(kOther) + "\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const fs::path key = file().parent_path() / "openrouter.key";
  EXPECT_EQ(read(key), std::string(kOther) + "\n");
  EXPECT_EQ(mode(key), 0600U);
  EXPECT_THAT(read(file()), AllOf(HasSubstr("api_key_file = \"openrouter.key\"\n"),
                                  Not(HasSubstr("0ther0ther")), Not(HasSubstr("api_key ="))));
  EXPECT_EQ(run({"chat", "Hi"}).exit_code, 0);
}

TEST_F(Onboard, OverwritesAnotherKeyOnlyWhenTold) {
  simulate();
  const std::string key = write("config/prx/openrouter.key", "another-key-0123456789\n");
  const std::vector<std::string> arguments = {"--key-file", "-"};
  const auto refused = onboard(arguments, kOther);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("has another key; add --yes"));
  EXPECT_EQ(read(key), "another-key-0123456789\n");
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_EQ(onboard({"--key-file", "-", "--yes"}, kOther).exit_code, 0);
  EXPECT_EQ(read(key), std::string(kOther) + "\n");
}

TEST_F(Onboard, WritesNothingForAKeyThatIsRefused) {
  simulate_key(kKey, sim::KeyState::kInvalid);
  const auto result = onboard({});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, AllOf(HasSubstr("openrouter: "), HasSubstr("nothing was written")));
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_EQ(onboard({"--no-verify"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(file()));
}

TEST_F(Onboard, WorksOfflineWhenNothingIsVerified) {
  environment["OPENROUTER_BASE_URL"] = "http://127.0.0.1:9/api/v1";  // nobody listens
  EXPECT_EQ(onboard({}).exit_code, 6);
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_EQ(onboard({"--no-verify"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(file()));
}

TEST_F(Onboard, ShowsTheCreditThatIsLeft) {
  sim::SimulatorOptions options;
  options.keys = {{kKey, sim::KeyState::kValid, {}}};
  options.keys[0].account.management = true;  // others may not read it
  simulate(std::move(options));
  const auto said = parse_json(onboard({"--json"}).out);
  EXPECT_EQ(said["providers"][0]["credit_left"].GetDouble(), 7.5);
  EXPECT_THAT(onboard({}).err, AllOf(HasSubstr("accepts the key; "), HasSubstr("credit left")));
}

TEST_F(Onboard, AServerThatTellsNoAccountAcceptsNothing) {
  test::WireServer server(test::always(test::plain_response("{}")));
  environment["OPENROUTER_BASE_URL"] = server.url("/api/v1");
  const auto result = onboard({"--yes"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("tells no account"), HasSubstr("base_url")));
  EXPECT_THAT(result.err, Not(HasSubstr("accepts the key")));
}

TEST_F(Onboard, KeepsTheCommentsOfAKeyThatIsReplaced) {
  simulate();
  configure(
      "[providers.openrouter]\napi_keys = [ # of the team\n  'none', # to be renewed\n]  # since "
      "May\n");
  const auto result = onboard({"--key-env", "OPENROUTER_API_KEY", "--yes"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read(file()),
              HasSubstr("[providers.openrouter]\n# of the team\n# to be renewed\n# since May\n"
                        "api_key = \"${OPENROUTER_API_KEY}\"\n"));
}

TEST_F(Onboard, WritesFallbacksInTheirOrder) {
  simulate();
  environment["OPENAI_API_KEY"] = kOther;
  const auto result = onboard({"--provider", "openai", "--provider", "openrouter", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto said = parse_json(result.out);
  EXPECT_STREQ(said["providers"][0]["name"].GetString(), "openai");
  EXPECT_STREQ(said["providers"][0]["key_variable"].GetString(), "OPENAI_API_KEY");
  EXPECT_TRUE(said["providers"][1]["verified"].GetBool());
  EXPECT_TRUE(said["changed"].GetBool());
  EXPECT_THAT(read(file()), AllOf(StartsWith("[default]\nprovider = \"openai\"\n"),
                                  HasSubstr("fallback_providers = [\"openrouter\"]\n")));
  EXPECT_EQ(run({"config", "check"}).exit_code, 0);
}

TEST_F(Onboard, KeepsFallbacksThatWereThere) {
  simulate();
  configure("[reliability]\nfallback_providers = [\"ollama\"] # mine\n");
  environment["OPENAI_API_KEY"] = kOther;
  EXPECT_EQ(onboard({"--provider", "openrouter", "--yes"}).exit_code, 0);
  EXPECT_THAT(read(file()), HasSubstr("fallback_providers = [\"ollama\"] # mine\n"));
}

TEST_F(Onboard, KnowsPresetsAndServersByTheirAddress) {
  simulate();
  environment["GROQ_API_KEY"] = kOther;
  const auto groq = onboard({"--provider", "groq", "--print"});
  EXPECT_EQ(groq.exit_code, 0) << groq.err;
  EXPECT_THAT(groq.out, HasSubstr("[providers.groq]\napi_key = \"${GROQ_API_KEY}\"\n"));
  EXPECT_THAT(onboard({"--provider", "ollama", "--print"}).out,
              AllOf(HasSubstr("[providers.ollama]\n"), Not(HasSubstr("api_key"))));
  const auto lab = onboard(
      {"--provider", "lab", "--base-url", simulator().openai_base_url(), "--model", "gpt-4o"});
  EXPECT_EQ(lab.exit_code, 0) << lab.err;
  EXPECT_THAT(lab.err, AllOf(HasSubstr("lab answers"), Not(HasSubstr("the key"))));
  EXPECT_THAT(read(file()), HasSubstr("[providers.lab]\nplugin = \"openai\"\nbase_url = \"" +
                                      simulator().openai_base_url() + "\"\napi_key = \"none\"\n"));
  EXPECT_EQ(run({"chat", "Hi"}).exit_code, 0);
}

TEST_F(Onboard, TakesTheOnlyModelThatAServerLists) {
  const Lister server({"my-llm"});
  const std::string model = "[default]\nprovider = \"lab\"\nmodel = \"my-llm\"\n";
  const std::vector<std::string> lab{"--provider", "lab", "--base-url", server.url()};
  auto print = lab;
  print.push_back("--print");
  EXPECT_THAT(onboard(print).out, StartsWith(model));
  const auto result = onboard(lab);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read(file()), StartsWith(model));
}

TEST_F(Onboard, TheDefaultOfAPluginIsNotThatOfAnotherServer) {
  environment["OPENAI_API_KEY"] = kOther;
  const Lister server({"my-llm"});
  const auto result = onboard({"--provider", "openai", "--base-url", server.url()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read(file()), HasSubstr("model = \"my-llm\"\n"));
}

TEST_F(Onboard, RefusesAServerOfManyModelsWithoutOne) {
  const Lister server({"a", "b", "c", "d"});
  for (const char* last : {"--print", "--yes"}) {
    const auto result = onboard({"--provider", "lab", "--base-url", server.url(), last});
    EXPECT_EQ(result.exit_code, 2) << last;
    EXPECT_THAT(result.err, HasSubstr("name one with --model ID, such as 'a', 'b' or 'c'"));
  }
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Onboard, AModelOfTheFileIsNotTakenOutInSilence) {
  configure("[default]\nmodel = \"openai/gpt-4o\"\n");
  const auto result =
      onboard({"--provider", "lab", "--base-url", "http://127.0.0.1:9/v1", "--no-verify", "--yes"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("[default] model 'openai/gpt-4o' is taken out: it was named for "
                              "openrouter"),
                    HasSubstr("lab has no model")));
}

TEST_F(Onboard, OfManyAtOnceEachThatSaysWrittenIs) {
  configure("[log]\nlevel = 'warn'\n");
  std::vector<std::unique_ptr<test::Process>> all;
  for (int i = 0; i < 6; ++i)
    all.push_back(std::make_unique<test::Process>(program(
        {"onboard", "--non-interactive", "--no-verify", "--yes", "--provider",
         "lab" + std::to_string(i), "--base-url", "http://127.0.0.1:9/v1", "--model", "m"})));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto result = end(*all[i]);
    const std::string table = "[providers.lab" + std::to_string(i) + "]";
    if (result.exit_code == 0)
      EXPECT_THAT(read(file()), HasSubstr(table));
    else
      EXPECT_THAT(result.err, HasSubstr("was changed meanwhile"));
  }
}

TEST_F(Onboard, AModelOfATableStays) {
  configure(
      "[providers.lab]\nplugin = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\n"
      "api_key = \"none\"\nmodel = \"my-llm\"\n");
  EXPECT_EQ(onboard({"--provider", "lab", "--no-verify", "--yes"}).exit_code, 0);
  EXPECT_THAT(read(file()), AllOf(HasSubstr("provider = \"lab\"\nmodel = \"my-llm\"\n"),
                                  Not(HasSubstr("gpt-4o"))));
}

TEST_F(Onboard, AVendorsKeyIsNotGivenToAnotherServer) {
  environment["OPENAI_API_KEY"] = kOther;
  const auto flag =
      onboard({"--provider", "openai", "--base-url", "https://llm.acme.example/v1", "--no-verify"});
  EXPECT_EQ(flag.exit_code, 4);
  EXPECT_THAT(flag.err, HasSubstr("OPENAI_API_KEY is not sent to another server"));
  configure("[providers.openai]\nbase_url = \"https://llm.acme.example/v1\"\n");
  EXPECT_EQ(onboard({"--provider", "openai", "--no-verify", "--yes"}).exit_code, 4);
  EXPECT_EQ(
      onboard({"--provider", "openai", "--no-verify", "--yes", "--key-env", "ACME_KEY"}).exit_code,
      0);
  EXPECT_THAT(read(file()), HasSubstr("api_key = \"${ACME_KEY}\""));
}

TEST_F(Onboard, KnowsTheTablesOfTheFile) {
  simulate();
  environment.erase("OPENAI_BASE_URL");  // else it would be the plugin's own server
  environment["WORK_API_KEY"] = kOther;
  configure("[providers.work]\nplugin = \"openai\"\nbase_url = \"" + simulator().openai_base_url() +
            "\"\nmodel = \"gpt-4o\"\n");
  const auto result = onboard({"--provider", "work", "--yes"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read(file()), HasSubstr("model = \"gpt-4o\"\napi_key = \"${WORK_API_KEY}\"\n"));
}

TEST_F(Onboard, WarnsOfWhatIsNotAsItLooks) {
  simulate();
  environment["PRX_MODEL"] = "openai/gpt-4o";
  const auto result = onboard({"--provider", "openrouter", "--provider", "ollama", "--no-verify"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("PRX_MODEL is set and wins"), HasSubstr("ollama has no model")));
}

TEST_F(Onboard, FollowsLinksOnlySoFar) {
  simulate();
  const fs::path folder = file().parent_path();
  fs::create_directories(folder);
  std::string target = "real.toml";
  for (int i = 0; i < 17; ++i) {
    const std::string link = "link" + std::to_string(i);
    fs::create_symlink(target, folder / link);
    target = link;
  }
  fs::create_symlink(target, file());
  const auto result = onboard({});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("too many links"));
}

TEST_F(Onboard, TakesTheChainOutThatWouldWin) {
  simulate();
  configure("[default]\nchain = \"a\"\n\n[chains.a]\ntargets = [{ provider = \"openai\" }]\n");
  EXPECT_EQ(onboard({"--provider", "openrouter", "--yes"}).exit_code, 0);
  EXPECT_THAT(read(file()), AllOf(StartsWith("[default]\nprovider = \"openrouter\"\n"),
                                  Not(HasSubstr("chain = ")), HasSubstr("[chains.a]")));
}

TEST_F(Onboard, PrintsAndDoesNothingElse) {
  simulate();
  const auto result = onboard({"--print"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("[default]\n"));
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_EQ(simulator().requests().size(), 0U);
}

TEST_F(Onboard, SuggestsTheNearestModel) {
  simulate();
  const auto result = onboard({"--model", "openai/gpt-4p"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("did you mean 'openai/gpt-4o"));
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Onboard, RefusesWhatItCannotGoBy) {
  simulate();
  const auto says = [&](std::vector<std::string> arguments, int code, const std::string& text) {
    const auto result = onboard(std::move(arguments));
    EXPECT_EQ(result.exit_code, code) << text;
    EXPECT_THAT(result.err, HasSubstr(text));
  };
  says({"--provider", "openruoter"}, 2, "did you mean 'openrouter'");
  says({"--provider", "openrouter", "--provider", "openrouter"}, 2, "repeats");
  says({"--key-env", kOther}, 2, "--key-env takes the name of a variable");
  says({"--key-env", "A", "--key-file", "b"}, 2, "exclude each other");
  says({"--key-file", (home / "none").string()}, 4, "cannot be read");
  says({"--base-url", "ftp://x"}, 2, "--base-url");
  says({"--provider", "openai"}, 4, "openai has no key: set OPENAI_API_KEY");
  says({"--no-config"}, 3, "leave it out");
  configure("[default]\nmodle = 'x'\n");
  says({}, 3, "did you mean 'model'");
  EXPECT_FALSE(fs::exists(home / "none"));
}

TEST_F(Onboard, RefusesAFileThatItCannotChangeInPlace) {
  simulate();
  const std::string before =
      "reliability = { retries = 0 }\n[providers]\nopenrouter = { title = 'x' }\n";
  configure(before);
  EXPECT_EQ(onboard({"--yes"}).exit_code, 0);  // inline tables can be
  EXPECT_THAT(read(file()),
              HasSubstr("openrouter = { title = 'x', api_key = \"${OPENROUTER_API_KEY}\" }"));
}

TEST_F(Onboard, NeverShowsAKeyOfTheFileInItsDiff) {
  simulate();
  configure("[providers.openrouter]\napi_key = \"" + std::string(kOther) + "\"\n");
  const auto result = onboard({"--key-env", "OPENROUTER_API_KEY"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err,
              HasSubstr("-api_key = \"********\"\n+api_key = \"${OPENROUTER_API_KEY}\""));
}

TEST_F(Onboard, SaysWhatWasWrittenWhenTheConfigurationCannotBe) {
  simulate();
  const fs::path folder = home / "config/prx";
  fs::create_directories(folder);
  fs::create_symlink("/proc/nowhere/config.toml", folder / "config.toml");
  const auto result = onboard({"--key-file", "-"}, kOther);
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("was not written, but these keys were"),
                                HasSubstr("openrouter.key")));
  for (const auto& entry : fs::directory_iterator(folder))
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".making-")));
}

TEST_F(Onboard, NeedsATerminalForItsQuestions) {
  const auto result = run({"onboard"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("add --non-interactive"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1);
}

}  // namespace
}  // namespace prx::cli
