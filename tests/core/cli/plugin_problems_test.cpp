// prx chat with a plugin that cannot serve: one line with file and reason, exit code 3, and the
// other plugins still serve.
#include <elf.h>
#include <sys/stat.h>

#include <cstddef>
#include <fstream>

#include "plugin_fixture.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Runs a copy of the program that has no plugins installed beside it: what is in home/plugins is
/// all there is.
class PluginProblems : public PluginProgramTest {
 protected:
  PluginProblems() {
    fs::create_directory(home / "bin");
    fs::copy_file(PRX_BINARY_DIR "/bin/prx", program_);
  }

  test::ProcessResult run_alone(std::vector<std::string> arguments) {
    auto options = program(std::move(arguments));
    options.program = program_;
    return run_with(std::move(options));
  }

  /// One line that begins with the program's name and says both; nothing of an answer.
  void expect_refused(const test::ProcessResult& result, const std::string& file,
                      const std::string& reason) {
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(StartsWith("prx: "), HasSubstr(file), HasSubstr(reason)));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }

  void expect_openai_serves() {
    simulate();
    const auto result = run_alone({"chat", "--provider", "openai", "Hello"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, Not(HasSubstr("prx: ")));
  }

  const fs::path openrouter = home / "plugins/openrouter.so";

 private:
  const fs::path program_ = home / "bin/prx";
};

TEST_F(PluginProblems, ADefaultPluginThatOthersCanWrite) {
  ASSERT_EQ(::chmod(openrouter.c_str(), 0666), 0);
  expect_refused(run_alone({"chat", "Hello"}), openrouter, "chmod");
  expect_openai_serves();
}

TEST_F(PluginProblems, ADefaultPluginThatIsNotThere) {
  ASSERT_TRUE(fs::remove(openrouter));
  expect_refused(run_alone({"chat", "Hello"}), "'openrouter'", "install");
  expect_openai_serves();
}

TEST_F(PluginProblems, APluginForAnotherMachine) {
  {
    std::fstream file(openrouter, std::ios::in | std::ios::out | std::ios::binary);
    const Elf64_Half machine = EM_S390;
    file.seekp(offsetof(Elf64_Ehdr, e_machine));
    file.write(reinterpret_cast<const char*>(&machine), sizeof machine);
  }
  expect_refused(run_alone({"chat", "Hello"}), openrouter, "machine");
  expect_openai_serves();
}

TEST_F(PluginProblems, APluginOfAnotherMajorVersion) {
  const auto file = add_plugin(PRX_PLUGIN_FIXTURE_DIR "/wrong_major.so");
  expect_refused(run_alone({"chat", "--provider", "later", "Hello"}), file, "built for ABI 2.x");
  expect_openai_serves();
}

TEST_F(PluginProblems, APluginWithoutItsSymbol) {
  const auto file = add_plugin(PRX_PLUGIN_FIXTURE_DIR "/no_symbol.so");
  expect_refused(run_alone({"chat", "--provider", "good", "Hello"}), file, "prx_plugin_query_v1");
  expect_openai_serves();
}

TEST_F(PluginProblems, APluginThatThrowsWhenItsProviderIsMade) {
  const auto file = add_plugin(PRX_CLI_FIXTURE_DIR "/throws.so");
  expect_refused(run_alone({"chat", "--provider", "throws", "Hello"}), file, "the wheel came off");
  expect_openai_serves();
}

#ifdef PRX_HOSTILE_PLUGIN
TEST_F(PluginProblems, AnIsolatedPluginWhoseProcessEndsFailsOneOperation) {
  add_plugin(PRX_HOSTILE_PLUGIN);
  configure("[plugins]\nisolation_host = \"" PRX_BINARY_DIR
            "/lib/prx/prx-plugin-host\"\n[plugins.hostile]\nisolation = \"process\"\n"
            "[reliability]\nretries = 0\n");
  const auto result = run_alone({"chat", "--provider", "hostile", "--model", "start:half", "Hi"});
  EXPECT_EQ(result.exit_code, 8);
  EXPECT_THAT(result.err, HasSubstr("; 1 running operation failed with it; it is started again"));
}
#endif

}  // namespace
}  // namespace prx::cli
