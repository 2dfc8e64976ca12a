// Plugins that can only chat, that differ from their pin or that are not where they should be: what
// the program says of them.
#include <fstream>

#include "plugin_fixture.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PluginOffers : public PluginProgramTest {
 protected:
  PluginOffers() {
    const fs::path file = add_plugin(PRX_TEMPLATE_DIR "/template_in_process.so");
    chatter = parse_json(run({"plugin", "info", file, "--json"}).out)["id"].GetString();
  }

  std::string chatter;  ///< can only chat
};

TEST_F(PluginOffers, NoWarmUpIsAskedOfWhatHasNone) {
  configure("[default]\nprovider = \"" + chatter + "\"\n");
  const auto result = run({"chat", "--warmup", "--log-level", "debug", "Hi"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("warm-up of provider")));
}

TEST_F(PluginOffers, WhoListsNoModelsSaysWhatToDoInstead) {
  const auto result = run({"models", "--provider", chatter});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.err, "prx: provider '" + chatter + "': its plugin '" + chatter +
                            "' has no operation that lists models; set [providers." + chatter +
                            "] model: the plugin's documentation names them\n");
}

// --- a fallback whose plugin is another file than the one that was pinned, or is not there

constexpr const char* kFallback =
    "[default]\nprovider = \"openrouter\"\n"
    "[reliability]\nfallback_providers = [\"openai\"]\n[providers.openai]\nmodel = \"m\"\n";

TEST_F(PluginOffers, AFallbackThatDiffersFromItsPinIsTold) {
  configure(kFallback + ("[plugins.openai]\nsha256 = \"" + std::string(64, 'a') + "\"\n"));
  const std::string why = (home / "plugins/openai.so").string() + ": its sha256 is ";
  const auto checked = run({"config", "check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_THAT(checked.err, AllOf(HasSubstr("warning: "), HasSubstr(why)));
  EXPECT_THAT(
      run({"plan"}).out,
      AllOf(HasSubstr("left out: "),
            HasSubstr("the plugin 'openai' of the provider 'openai' cannot be used: " + why)));
}

TEST_F(PluginOffers, AFallbackThatCannotBeIsolatedIsTold) {
  configure(kFallback +
            std::string("[plugins]\nisolation_host = \"/nope\"\n[plugins.openai]\nisolation = "
                        "\"process\"\n"));
  EXPECT_THAT(run({"config", "check"}).err, HasSubstr("cannot be used: /nope: "));
  EXPECT_THAT(run({"plan"}).out, HasSubstr("cannot be used: /nope: "));
}

TEST_F(PluginOffers, APathThatIsNotThereIsNamedInPlaceOfInstallIt) {
  configure(kFallback + std::string("[plugins.openai]\npath = \"/nowhere/openai.so\"\n"));
  for (const std::string& text : {run({"config", "check"}).err, run({"plan"}).out})
    EXPECT_THAT(text,
                AllOf(HasSubstr("the plugin 'openai' of the provider 'openai' cannot be used: "
                                "/nowhere/openai.so: "),
                      Not(HasSubstr("install it")), Not(HasSubstr("was found"))));
}

TEST_F(PluginOffers, AFileThatDiffersDoesNotHideThePinnedOneBehindIt) {
  fs::create_directory(home / "first");
  fs::copy_file(home / "plugins/openai.so", home / "first/openai.so");
  std::ofstream(home / "first/openai.so", std::ios::app) << "other bytes";
  environment["PRX_PLUGIN_PATH"] = (home / "first").string() + ":" + (home / "plugins").string();
  const auto rows = run({"plugin", "info", home / "plugins/openai.so", "--json"});
  const std::string pin = parse_json(rows.out)["sha256"].GetString();
  configure("[default]\nprovider = \"openai\"\n[plugins.openai]\nsha256 = \"" + pin + "\"\n");
  simulate();
  EXPECT_EQ(run({"chat", "Hi"}).exit_code, 0);
  EXPECT_THAT(run({"plugin", "list"}).out,
              AllOf(::testing::ContainsRegex("first/openai.so +rejected: its sha256 is "),
                    ::testing::ContainsRegex("plugins/openai.so +usable")));
  EXPECT_THAT(run({"plugin", "verify", "openai"}).out,
              AllOf(::testing::ContainsRegex("openai +differs .*first/openai.so"),
                    ::testing::ContainsRegex("openai +ok .*plugins/openai.so")));
}

// --- names and exit codes

TEST_F(PluginOffers, AProviderIsNeverNamedWithADot) {
  const auto result = run({"chat", "--provider", "acme-lab.2", "Hi"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(
      result.err,
      HasSubstr("the provider 'acme-lab.2' is not a name; use A-Z a-z 0-9 _ -, for a plugin "
                "of that name [providers.acme-lab-2] plugin = \"acme-lab.2\""));
}

TEST_F(PluginOffers, TheHelpNamesTheExitCodeOfACrash) {
  EXPECT_THAT(run({"chat", "--help"}).out, HasSubstr("or a plugin that crashed or has a bug"));
}

}  // namespace
}  // namespace prx::cli
