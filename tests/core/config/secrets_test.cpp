// Keys: their sources, what happens when one is missing, and that none is ever shown.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>

#include "config/key_command.hpp"
#include "core/config/support.hpp"
#include "os/file.hpp"

namespace prx::config {
namespace {

using std::chrono_literals::operator""ms;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using testing::find_setting;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::parse;
using testing::printable;
using testing::TemporaryFolder;

constexpr auto kKey = "sk-or-v1-0123456789-wxyz";

Result<Config> parse_in(const TemporaryFolder& folder, const std::string& line,
                        Milliseconds timeout = 10'000ms) {
  auto source = testing::source();
  source.key_command_timeout = timeout;
  return Config::parse("[providers.a]\n" + line, "prx.toml", folder.path(), source);
}

const ProviderConfig& a(const Result<Config>& config) { return *config->find_provider("a"); }

TEST(Keys, AMissingVariableLeavesTheRestUsable) {
  const auto config =
      parse("[providers.openai]\napi_key = '${OPENAI_API_KEY}'\n[log]\nlevel = 'info'");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->find_provider("openai")->keys.empty());
  EXPECT_EQ(config->find_provider("openai")->key_missing,
            "OPENAI_API_KEY is not set; export it, or change [providers.openai] api_key");
  EXPECT_THAT(
      config->warnings,
      ElementsAre("prx.toml:2:11: providers.openai.api_key: OPENAI_API_KEY is not set; export "
                  "it, or change [providers.openai] api_key"));
}

TEST(Keys, TheRemedyNamesTheKeyThatTheFileHas) {
  const auto config = parse("[providers.a]\napi_keys = ['${K1}', '${K2}']", {{"K2", ""}});
  ASSERT_TRUE(config);
  EXPECT_EQ(a(config).key_missing, "K1 is not set; export it, or change [providers.a] api_keys");
  EXPECT_THAT(config->warnings,
              ElementsAre(HasSubstr("K1 is not set; export it, or change [providers.a] api_keys"),
                          HasSubstr("K2 is empty; export it, or change [providers.a] api_keys")));
}

TEST(Keys, AnEmptyVariableIsAMissingKey) {
  const auto config = parse("[providers.a]\napi_key = '${K}'", {{"K", ""}});
  ASSERT_TRUE(config);
  EXPECT_THAT(a(config).key_missing, HasSubstr("K is empty"));
}

TEST(Keys, AnEmptyDefaultIsAMissingKeyByChoice) {
  for (const auto* line : {"api_key = '${K:-}'", "api_keys = ['${K:-}']"}) {
    const auto config = parse(std::string("[providers.a]\n") + line);
    ASSERT_TRUE(config);
    EXPECT_THAT(a(config).key_missing, HasSubstr("K is empty"));
    EXPECT_THAT(config->warnings, ElementsAre()) << line;
  }
  const auto other = parse("[providers.a]\napi_key = '${K}${L:-}'", {{"K", ""}});
  ASSERT_TRUE(other);
  EXPECT_TRUE(a(other).keys.empty());
}

TEST(Keys, APoolKeepsWhatItHas) {
  const auto config = parse("[providers.a]\napi_keys = ['${A}', '${B}', '${A}']", {{"B", "key-b"}});
  ASSERT_TRUE(config);
  ASSERT_EQ(a(config).keys.size(), 1u);
  EXPECT_EQ(a(config).keys[0].label, "B");
  EXPECT_EQ(a(config).key_missing, "");
  EXPECT_EQ(config->warnings.size(), 2u);
}

TEST(Keys, ARepeatedKeyIsLeftOut) {
  const auto config =
      parse("[providers.a]\napi_keys = ['${A}', '${B}']", {{"A", kKey}, {"B", kKey}});
  ASSERT_TRUE(config);
  EXPECT_EQ(a(config).keys.size(), 1u);
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("B repeats an earlier key")));
}

TEST(Keys, AKeyThatNoHeaderCanHaveIsRefusedUnseen) {
  const std::string bad = std::string(kKey) + "\nx";
  const auto message = error_of("[providers.a]\napi_key = '${K}'", {{"K", bad}});
  EXPECT_THAT(message,
              AllOf(HasSubstr("prx.toml:2:11: providers.a.api_key: the key from K has white space"),
                    Not(HasSubstr("0123456789"))));
  EXPECT_THAT(error_of("[providers.a]\napi_key = 'caf\xc3\xa9'"), HasSubstr("cannot have"));
}

TEST(Keys, AFileIsReadBesideTheConfiguration) {
  const TemporaryFolder folder;
  folder.write("key", std::string(kKey) + "\r\n");
  const auto config = parse_in(folder, "api_key_file = 'key'");
  ASSERT_TRUE(config);
  ASSERT_EQ(a(config).keys.size(), 1u);
  EXPECT_EQ(a(config).keys[0].secret.reveal(), kKey);
  EXPECT_EQ(a(config).keys[0].label, "api_key_file");
  EXPECT_THAT(config->warnings, ElementsAre());
}

TEST(Keys, AFileThatOthersCanReadIsWarnedOf) {
  for (const mode_t mode : {0640, 0604}) {
    const TemporaryFolder folder;
    folder.write("key", kKey, mode);
    EXPECT_THAT(parse_in(folder, "api_key_file = 'key'")->warnings,
                ElementsAre(HasSubstr("others can read")));
  }
}

TEST(Keys, AFileThatGivesNoKeyIsAMissingKey) {
  const TemporaryFolder folder;
  folder.write("empty", " \n");
  folder.write("large", std::string(kKeyOutputMax + 1, 'x'));
  EXPECT_THAT(a(parse_in(folder, "api_key_file = 'none'")).key_missing, HasSubstr("No such file"));
  EXPECT_THAT(a(parse_in(folder, "api_key_file = 'empty'")).key_missing, HasSubstr("is empty"));
  EXPECT_THAT(a(parse_in(folder, "api_key_file = 'large'")).key_missing,
              HasSubstr("larger than 16384"));
  EXPECT_THAT(a(parse_in(folder, "api_key_file = '.'")).key_missing, HasSubstr("folder"));
  EXPECT_THAT(a(parse_in(folder, "api_key_file = '/dev/zero'")).key_missing, HasSubstr("regular"));
}

TEST(KeyCommand, ItsOutputIsTheKey) {
  const TemporaryFolder folder;
  folder.write("key", kKey);
  for (const auto* line : {"api_key_command = 'cat key'", "api_key_command = ['cat', 'key']",
                           "api_key_command = 'echo; cat ./key; echo'"}) {
    const auto config = parse_in(folder, line);
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_EQ(a(config).keys.size(), 1u) << a(config).key_missing;
    EXPECT_EQ(a(config).keys[0].secret.reveal(), kKey);
    EXPECT_EQ(a(config).keys[0].label, "api_key_command");
  }
}

TEST(KeyCommand, AFailureIsReportedWithoutItsOutput) {
  const TemporaryFolder folder;
  const auto config =
      parse_in(folder, "api_key_command = 'echo leaked-secret; echo leaked-secret >&2; exit 3'");
  ASSERT_TRUE(config);
  EXPECT_THAT(a(config).key_missing, HasSubstr("failed with status 3"));
  EXPECT_THAT(printable(*config), Not(HasSubstr("leaked-secret")));
  EXPECT_THAT(a(parse_in(folder, "api_key_command = 'kill -9 $$'")).key_missing,
              HasSubstr("signal 9"));
  EXPECT_THAT(a(parse_in(folder, "api_key_command = ['no-such-program-here']")).key_missing,
              HasSubstr("cannot be run"));
  EXPECT_THAT(a(parse_in(folder, "api_key_command = 'true'")).key_missing,
              HasSubstr("printed nothing"));
}

TEST(KeyCommand, ItsInputIsEmpty) {
  const TemporaryFolder folder;
  EXPECT_EQ(a(parse_in(folder, "api_key_command = 'cat; echo done'")).keys[0].secret.reveal(),
            "done");
}

TEST(KeyCommand, ItsOutputHasALimit) {
  const auto run = [](std::size_t size) {
    return run_key_command({{"head", "-c", std::to_string(size), "/dev/zero"}, {}, 10'000ms});
  };
  EXPECT_TRUE(run(kKeyOutputMax));
  EXPECT_THAT(run(kKeyOutputMax + 1).error().message, HasSubstr("more than 16 KiB"));
  EXPECT_THAT(run_key_command({{"yes"}, {}, 10'000ms}).error().message,
              HasSubstr("more than 16 KiB"));
}

TEST(KeyCommand, ASlowOneIsKilledWithItsChildren) {
  const TemporaryFolder folder;
  const auto config =
      parse_in(folder, "api_key_command = 'sleep 300 & echo $! > pid; sleep 300'", 300ms);
  ASSERT_TRUE(config);
  EXPECT_THAT(a(config).key_missing, HasSubstr("did not end in time"));
  const auto pid = std::stoi(os::read_file(folder.path() / "pid", 100, os::FileKind::kAny)->text);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto alive = [&] {  // a killed orphan may stay a zombie until its new parent reaps it
    const auto stat =
        os::read_file("/proc/" + std::to_string(pid) + "/stat", 4096, os::FileKind::kAny);
    return stat && stat->text.find(") Z") == std::string::npos && ::kill(pid, 0) == 0;
  };
  while (alive() && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_FALSE(alive());
}

TEST(KeyCommand, AChildThatKeepsTheOutputOpenDoesNotHoldItUp) {
  const auto begin = std::chrono::steady_clock::now();
  const auto key = run_key_command({{"/bin/sh", "-c", "sleep 300 & echo key"}, {}, 60'000ms});
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(*key, "key");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(KeyCommand, StartsWithTheDefaultActionOfEverySignal) {
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGPIPE, &ignore, &before), 0);  // as the program does
  const auto mask = run_key_command(
      {{"sed", "-n", "s/^SigIgn:.\\(.*\\)/0x\\1/p", "/proc/self/status"}, {}, 10'000ms});
  ::sigaction(SIGPIPE, &before, nullptr);
  ASSERT_TRUE(mask) << mask.error().message;
  constexpr auto kStandard = 0x7fffffffULL;  // signals 1 to 31; libc keeps some of those above
  EXPECT_EQ(std::stoull(*mask, nullptr, 16) & kStandard, 0u) << *mask;
}

TEST(KeyCommand, IsNotRunWhenSecretsAreNotRead) {
  const TemporaryFolder folder;
  auto source = testing::source();
  source.read_secrets = false;
  const auto config =
      Config::parse("[providers.a]\napi_key_command = 'touch ran'", "f", folder.path(), source);
  ASSERT_TRUE(config);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "ran"));
  EXPECT_THAT(config->find_provider("a")->key_missing, HasSubstr("was not read"));
}

TEST(Masking, NoSecretIsInAnythingThatIsPrinted) {
  const TemporaryFolder folder;
  folder.write("key", "file-secret-0123456789");
  auto source = testing::source({{"KEY", "variable-secret-0123456789"}});
  const auto config = Config::parse(R"([providers.a]
api_keys = ["${KEY}", "literal-secret-0123456789", "short-secret"]
headers = { Authorization = "Bearer header-secret-1", x-api-key = "header-secret-2", Cookie = "header-secret-3", X-My-Token = "header-secret-4" }
client_secret = "option-secret"
nested = { access_token = "option-secret" }
model = "variable-secret-0123456789"
[providers.b]
api_key_file = "key"
[providers.c]
api_key_command = "echo command-secret-0123456789"
)",
                                    "prx.toml", folder.path(), source);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(printable(*config), Not(HasSubstr("-secret")));
  EXPECT_EQ(find_setting(*config, "providers.a.api_keys")->value,
            "[\"...6789\", \"...6789\", \"********\"]");
  EXPECT_EQ(find_setting(*config, "providers.a.headers.Authorization")->value, "\"********\"");
  EXPECT_EQ(find_setting(*config, "providers.c.api_key_command")->value, "(command)");
}

TEST(Masking, NoSecretIsInAnErrorEvenWhenItStandsInTheWrongPlace) {
  const testing::Variables variables = {{"K", kKey}};
  for (const auto* toml :
       {"[providers.a]\nhttp_version = '${K}'", "[reliability]\ndeadline = '${K}'",
        "[reliability]\nrecovery = '${K}'", "[log]\nlevel = 'sk-or-v1-0123456789-wxyz'",
        "[default]\nprovider = '${K}!'", "[providers.a]\nbase_url = 'https://${K}@x'",
        "[reliability]\nfallback_on = ['${K}']", "[reliability]\nfallback_providers = ['${K}']",
        "[providers.a]\nsk-or-v1-0123456789-wxyz = 07:00:00"}) {
    const auto message = error_of(toml, variables);
    EXPECT_THAT(message, Not(HasSubstr("(no error)"))) << toml;
    EXPECT_THAT(message, Not(HasSubstr("0123456789"))) << toml;
  }
}

}  // namespace
}  // namespace prx::config
