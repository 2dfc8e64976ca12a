// Which plugins the program trusts, as a user who is not root, whose files are root's, his own,
// another user's, or everybody's.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t kRoot = 0, kUser = 65'534, kStranger = 12'345;

void own(const fs::path& path, uid_t user) {
  ASSERT_EQ(::fchownat(AT_FDCWD, path.c_str(), user, user, AT_SYMLINK_NOFOLLOW), 0) << path;
}

/// Only root can give files away and become another user. Where the tests run as somebody else,
/// what needs no other user's files is tested by search_test and trust_test.
class PluginTrust : public ProgramTest {
 protected:
  void SetUp() override {
    if (::geteuid() != kRoot) GTEST_SKIP() << "needs root, to run the program as another user";
    fs::copy_file(PRX_BINARY_DIR "/bin/prx", home / "prx");  // where that user can reach it
    ::chmod((home / "prx").c_str(), 0755);
    ::chmod(home.c_str(), 0755);
    for (const auto& entry : fs::recursive_directory_iterator(home)) own(entry.path(), kUser);
    own(home, kUser);
    file = home / "plugins/openai.so";
  }

  test::ProcessResult run_as_user(std::vector<std::string> arguments) {
    auto options = program({"--reuid", std::to_string(kUser), "--regid", std::to_string(kUser),
                            "--clear-groups", home / "prx"});
    options.program = "/usr/bin/setpriv";
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    return run_with(std::move(options));
  }
  void configure_as_user(const std::string& toml) { own(configure(toml), kUser); }

  /// What `prx plugin list` says about the file: "" when it is usable.
  std::string refusal() {
    const auto result = run_as_user({"plugin", "list", "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    rapidjson::Document plugins;
    plugins.Parse(result.out.data(), result.out.size());
    EXPECT_TRUE(plugins.IsArray()) << result.out;
    for (const auto& plugin : plugins.GetArray())
      if (file == plugin["path"].GetString())
        return plugin["reason"].IsNull() ? "" : plugin["reason"].GetString();
    return "not listed";
  }

  fs::path file;
};

TEST_F(PluginTrust, ItsOwnAndRootsFilesAreUsable) {
  EXPECT_EQ(refusal(), "");
  own(file, kRoot);
  EXPECT_EQ(refusal(), "");
}

TEST_F(PluginTrust, AStrangersFileIsRefused) {
  own(file, kStranger);
  EXPECT_THAT(refusal(), HasSubstr("belongs to user 12345, neither to root nor to you (65534)"));
}

TEST_F(PluginTrust, SoIsOneThatOthersCanWrite) {
  ::chmod(file.c_str(), 0775);
  EXPECT_THAT(refusal(), HasSubstr("it can be written by its group; "));
  ::chmod(file.c_str(), 0757);
  EXPECT_THAT(refusal(), HasSubstr("can be written by everyone"));
}

TEST_F(PluginTrust, SoIsOneBelowAFolderOfAStrangerOrOfAll) {
  own(home / "plugins", kStranger);
  EXPECT_THAT(refusal(), HasSubstr("plugins belongs to user 12345"));
  own(home / "plugins", kUser);
  ::chmod((home / "plugins").c_str(), 0777);
  EXPECT_THAT(refusal(), HasSubstr("plugins can be written by everyone"));
}

TEST_F(PluginTrust, AStickyFolderIsOnlyAllowedWhenItIsRoots) {
  ::chmod((home / "plugins").c_str(), 01777);
  EXPECT_THAT(refusal(), HasSubstr("can be written by everyone"));
  own(home / "plugins", kRoot);
  EXPECT_EQ(refusal(), "");
}

TEST_F(PluginTrust, AStrangersLinkIsRefusedThoughItLeadsToAnOwnFile) {
  fs::create_symlink(file, home / "plugins/link.so");
  own(home / "plugins/link.so", kStranger);
  file = home / "plugins/link.so";
  EXPECT_THAT(refusal(), HasSubstr("link.so: not trusted: it belongs to user 12345"));
}

/// What is wrong with the only plugin that could serve, and what prx says of it.
struct Untrusted {
  const char* name;
  void (*make)(const fs::path& plugins);
  const char* reason;
  const char* configuration = "";  ///< of prx, beside its default
  const char* variable = "";       ///< set to 1
  friend void PrintTo(const Untrusted& row, std::ostream* out) { *out << row.name; }
};

class UntrustedPlugin : public PluginTrust, public ::testing::WithParamInterface<Untrusted> {};

TEST_P(UntrustedPlugin, IsRefusedByAChatInOneLine) {
  const Untrusted& row = GetParam();
  configure_as_user(std::string("[default]\nprovider = \"openai\"\nmodel = \"m\"\n") +
                    row.configuration);
  if (row.make != nullptr) row.make(home / "plugins");
  if (*row.variable != 0) environment[row.variable] = "1";
  environment["OPENAI_API_KEY"] = kKey;
  const auto result = run_as_user({"chat", "hi"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, ::testing::AllOf(::testing::StartsWith("prx: "), HasSubstr(row.reason)));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

INSTANTIATE_TEST_SUITE_P(
    Chat, UntrustedPlugin,
    ::testing::Values(
        Untrusted{"group",
                  [](const fs::path& plugins) { ::chmod((plugins / "openai.so").c_str(), 0775); },
                  "openai.so: not trusted: it can be written by its group"},
        Untrusted{"world",
                  [](const fs::path& plugins) { ::chmod((plugins / "openai.so").c_str(), 0757); },
                  "can be written by everyone"},
        Untrusted{"folder", [](const fs::path& plugins) { ::chmod(plugins.c_str(), 0777); },
                  "plugins can be written by everyone"},
        Untrusted{"sticky", [](const fs::path& plugins) { ::chmod(plugins.c_str(), 01777); },
                  "plugins can be written by everyone"},
        Untrusted{"link",
                  [](const fs::path& plugins) {
                    fs::rename(plugins / "openai.so", plugins / "kept");
                    fs::create_symlink("kept", plugins / "openai.so");
                    own(plugins / "openai.so", kStranger);
                  },
                  "openai.so: not trusted: it belongs to user 12345"},
        Untrusted{"allow", nullptr, "allow", "[plugins]\nallow = [\"openrouter\"]\n"},
        Untrusted{"no_plugins", nullptr, "PRX_NO_PLUGINS", "", "PRX_NO_PLUGINS"}),
    [](const auto& test) { return test.param.name; });

TEST_F(PluginTrust, AFileThatIsNamedIsRefusedWithOneLineAndNothingElseTakesItsPlace) {
  const fs::path other = home / "other.so";
  fs::copy_file(file, other);
  own(other, kStranger);
  configure_as_user("[default]\nprovider = \"openai\"\nmodel = \"m\"\n[plugins.openai]\npath = \"" +
                    other.string() + "\"\n");
  environment["OPENAI_API_KEY"] = kKey;
  const auto result = run_as_user({"chat", "hi"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr(other.string() + ": not trusted: it belongs to user 12345"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST_F(PluginTrust, APinnedFileWithOtherContentIsRefusedWithOneLine) {
  configure_as_user(
      "[default]\nprovider = \"openai\"\nmodel = \"m\"\n[plugins.openai]\nsha256 = \"" +
      std::string(64, 'a') + "\"\n");
  environment["OPENAI_API_KEY"] = kKey;
  const auto result = run_as_user({"chat", "hi"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("sha256"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST_F(PluginTrust, OnlyAllowedIdsAreUsable) {
  configure_as_user("[plugins]\nallow = [\"openrouter\"]\n");
  EXPECT_THAT(refusal(), HasSubstr("allow"));
}

}  // namespace
}  // namespace prx::cli
