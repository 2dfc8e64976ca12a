// What a program that embeds a client sees of it: its log, its measurements, several clients beside
// each other, plugins that change under it.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// While it lives, what the process writes to stdout and stderr goes to a file.
class Captured {
 public:
  Captured() : file_(std::tmpfile()) {
    std::fflush(nullptr);
    for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
      kept_.push_back(::dup(descriptor));
      ::dup2(::fileno(file_), descriptor);
    }
  }
  ~Captured() {
    if (!kept_.empty()) release();
    std::fclose(file_);
  }
  std::string release() {
    std::fflush(nullptr);
    int descriptor = STDOUT_FILENO;
    for (const int kept : kept_) {
      ::dup2(kept, descriptor++);
      ::close(kept);
    }
    kept_.clear();
    std::rewind(file_);
    std::string text;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) text += static_cast<char>(c);
    return text;
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

 private:
  std::FILE* file_;
  std::vector<int> kept_;
};

/// A call that serves, one that fails, and a warning.
void make_noise(Rig& rig, const std::string& log_table, const LogSink& sink) {
  ClientOptions options;
  options.log = sink;
  rig.toml = log_table + "[reliability]\nretries = 0\nfallback_providers = [\"gone\"]\n" +
             "[providers.gone]\nplugin = \"openai\"\napi_key = \"${GONE_KEY}\"\n";
  auto client = Client::open(*rig.parse(), options);
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_FALSE((*client)->config()->warnings.empty());
  expect_answer((*client)->chat(ask("hi")));
  expect_failure((*client)->chat(ask("hi", "sim/401")));
}

TEST(HostLog, NothingIsWrittenUnasked) {
  Rig rig;
  Captured captured;
  make_noise(rig, "", {});
  EXPECT_EQ(captured.release(), "");
}

TEST(HostLog, AHostThatTakesTheLinesHasThemAlone) {
  Rig rig;
  Captured captured;
  make_noise(rig, "[log]\nlevel = \"trace\"\n", rig.log.sink());
  EXPECT_EQ(captured.release(), "");
  EXPECT_THAT(rig.log.all(), HasSubstr("attempt call="));
  EXPECT_THAT(rig.log.all(), Not(HasSubstr(kKey)));
}

TEST(HostLog, WithoutAWordOnLogsAHostsSinkHasTheWarnings) {
  Rig rig;
  make_noise(rig, "", rig.log.sink());
  EXPECT_THAT(rig.log.all(), HasSubstr("GONE_KEY"));
  EXPECT_THAT(rig.log.all(), Not(HasSubstr("attempt call=")));
}

TEST(HostLog, AConfigurationMayAskForStderr) {
  Rig rig;
  Captured captured;
  make_noise(rig, "[log]\nlevel = \"info\"\n", {});
  EXPECT_THAT(captured.release(), HasSubstr("attempt call="));
}

// --- measurements

/// The measurements of a client as lines.
class Measured {
 public:
  MetricsSink sink() {
    return [this](const Measurement& m) {
      const std::lock_guard lock(mutex_);
      const char* const kind = m.kind == Measurement::Kind::kCall ? "call " : "attempt ";
      lines_.push_back(kind + std::string(m.operation) + " " + std::string(m.provider_name) + "/" +
                       std::string(m.instance) + " " + std::string(m.request_model) + " " +
                       std::string(m.error_type) + std::string(m.finish_reason));
      last_ = m;
      last_.attempt = nullptr;
      last_call_ = std::string(m.call);
    };
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  Measurement last() {
    const std::lock_guard lock(mutex_);
    return last_;  // its texts are gone
  }
  std::string last_call() {
    const std::lock_guard lock(mutex_);
    return last_call_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  Measurement last_;
  std::string last_call_;
};

std::unique_ptr<Client> open_measured(const Rig& rig, Measured& measured, LogSink log,
                                      bool warm_up = false) {
  ClientOptions options;
  options.warm_up = warm_up;
  options.log = std::move(log);
  options.metrics = measured.sink();
  return std::move(Client::open(*rig.parse(), std::move(options))).value();
}

TEST(HostMetrics, AnAnswerIsOneAttemptAndOneCall) {
  Rig rig;
  Measured measured;
  auto client = open_measured(rig, measured, rig.log.sink());
  const ChatResponse answer = expect_answer(client->chat(ask("hi", "openai/gpt-4o")));
  client.reset();
  EXPECT_THAT(measured.lines(), ElementsAre("attempt chat openrouter/openrouter openai/gpt-4o stop",
                                            "call chat openrouter/openrouter openai/gpt-4o stop"));
  const Measurement call = measured.last();
  EXPECT_EQ(call.input_tokens, answer.usage.prompt_tokens);
  EXPECT_EQ(call.output_tokens, answer.usage.completion_tokens);
  EXPECT_EQ(call.cost, answer.usage.cost);
  EXPECT_FALSE(call.cost_uncertain);
  EXPECT_EQ(call.attempts, 1u);
  EXPECT_GT(call.duration, 0us);
  ASSERT_TRUE(call.first_chunk);
  EXPECT_LE(*call.first_chunk, call.duration);
  EXPECT_THAT(rig.log.all(), HasSubstr("call=" + measured.last_call())) << "as the log names it";
}

TEST(HostMetrics, AFallbackIsTwoAttemptsOfOneCall) {
  Rig rig;
  rig.toml +=
      "[reliability]\nretries = 0\nfallback_providers = [\"second\"]\n[providers.second]\n"
      "plugin = \"openai\"\nmodel = \"gpt-4o\"\n";
  rig.openrouter = "model = \"sim/503\"\n";
  Measured measured;
  auto client = open_measured(rig, measured, rig.log.sink());
  expect_answer(client->chat(ask("hi")));
  client.reset();
  EXPECT_THAT(measured.lines(), ElementsAre("attempt chat openrouter/openrouter sim/503 overloaded",
                                            "attempt chat openai/second gpt-4o stop",
                                            "call chat openai/second gpt-4o stop"));
  EXPECT_EQ(measured.last().attempts, 2u);
}

TEST(HostMetrics, ACallThatNobodyWasAskedForIsOneToo) {
  Rig rig;
  rig.environment.erase("OPENROUTER_API_KEY");
  Measured measured;
  auto client = open_measured(rig, measured, rig.log.sink());
  expect_failure(client->chat(ask("hi")));
  client.reset();
  ASSERT_FALSE(measured.lines().empty());
  EXPECT_THAT(measured.lines().back(), HasSubstr("call chat"));
  EXPECT_THAT(measured.lines().back(), HasSubstr("auth"));
}

TEST(HostMetrics, ACancelledStreamIsMeasuredAsThat) {
  sim::SimulatorOptions slow;
  slow.token_delay = 20ms;
  slow.answer_tokens = 500;
  Rig rig(Wire::kPlain, slow);
  Measured measured;
  auto client = open_measured(rig, measured, rig.log.sink());
  const auto stream = client->stream(ask("hi"));
  ASSERT_NE(stream->next(), nullptr);
  stream->cancel();
  EXPECT_FALSE(stream->result());
  client.reset();
  EXPECT_THAT(measured.lines(), testing::Contains(HasSubstr("call chat openrouter/openrouter")));
  EXPECT_THAT(measured.lines().back(), HasSubstr("cancelled"));
  EXPECT_TRUE(measured.last().first_chunk);
}

TEST(HostMetrics, OtherOperationsAreCalls) {
  Rig rig;
  Measured measured;
  auto client = open_measured(rig, measured, rig.log.sink(), true);
  ASSERT_NE(rig.log.wait_for("connected, the key is valid"), "");
  ASSERT_TRUE(client->models());
  ASSERT_TRUE(client->health());
  ASSERT_TRUE(client->account());
  client.reset();
  EXPECT_THAT(
      measured.lines(),
      ElementsAre("call warmup openrouter/openrouter  ", "call models openrouter/openrouter  ",
                  "call health openrouter/openrouter  ", "call account openrouter/openrouter  "));
}

// --- several clients

TEST(SeveralClients, HaveKeysLogsAndPluginsOfTheirOwn) {
  Rig first, second;
  second.environment["OPENROUTER_API_KEY"] = "sk-or-v1-of-the-second-0123";
  const auto one = first.open(), two = second.open();
  for (int i = 0; i < 2; ++i) {
    expect_answer(one->chat(ask("hi")));
    expect_answer(two->chat(ask("hi")));
  }
  EXPECT_EQ(first.simulator->stats().requests, 2u);
  EXPECT_EQ(second.simulator->stats().requests, 2u);
  EXPECT_TRUE(first.simulator->requests().at(0).key_is(kKey));
  EXPECT_TRUE(second.simulator->requests().at(0).key_is("sk-or-v1-of-the-second-0123"));
  EXPECT_THAT(first.log.all(), HasSubstr("attempt call="));
  EXPECT_EQ(one->chat(ask("hi", "sim/401")).error().error_class, ErrorClass::kAuth);
  EXPECT_THAT(first.log.all(), HasSubstr("error=auth"));
  EXPECT_THAT(second.log.all(), Not(HasSubstr("error=auth")));
}

TEST(SeveralClients, OneEndsAndTheOtherGoesOn) {
  Rig rig;
  auto one = rig.open();
  const auto two = rig.open();
  const auto stream = two->stream(ask("hi"));
  one.reset();
  EXPECT_TRUE(stream->result());
  expect_answer(two->chat(ask("hi")));
}

/// How often its code is mapped.
std::size_t mapped_code(const std::string& folder) {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);)
    if (line.find("r-xp") != std::string::npos && line.find(folder) != std::string::npos) ++count;
  return count;
}

/// A folder with a copy of the bundled plugin.
struct OwnPlugin {
  OwnPlugin() {
    std::string name = ::testing::TempDir() + "prx_embedding_XXXXXX";
    folder = ::mkdtemp(name.data());
    put();
  }
  ~OwnPlugin() { std::filesystem::remove_all(folder); }
  /// Puts another file in its place, as an upgrade does.
  void put() const {
    const auto fresh = folder / "fresh";
    std::filesystem::copy_file(std::string(PRX_BINARY_DIR) + "/lib/prx/plugins/openrouter.so",
                               fresh);
    std::filesystem::permissions(fresh, std::filesystem::perms(0755));
    std::filesystem::rename(fresh, folder / "embedded_plugin.so");
  }
  std::filesystem::path folder;
};

TEST(SeveralClients, MapTheSamePluginOnce) {
  const OwnPlugin plugin;
  Rig rig;
  rig.environment["PRX_PLUGIN_PATH"] = plugin.folder.string();
  rig.toml += "[plugins]\nallow = [\"openrouter\"]\n";
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(rig.open());
    expect_answer(clients.back()->chat(ask("hi")));
  }
  EXPECT_EQ(mapped_code(plugin.folder.string()), 1u);
}

TEST(PluginGenerations, ANewFileServesNewCallsBesideTheOldOne) {
  const OwnPlugin plugin;
  sim::SimulatorOptions slow;
  slow.token_delay = 20ms;
  Rig rig(Wire::kPlain, slow);
  rig.environment["PRX_PLUGIN_PATH"] = plugin.folder.string();
  rig.toml += "[plugins]\nallow = [\"openrouter\"]\n";
  const auto client = rig.open();
  const auto stream = client->stream(ask("hi"));
  ASSERT_NE(stream->next(), nullptr);
  ASSERT_TRUE(client->reload(*rig.parse()));
  expect_answer(client->chat(ask("hi")));
  EXPECT_EQ(mapped_code(plugin.folder.string()), 1u) << "the same file is the same generation";
  plugin.put();
  ASSERT_TRUE(client->reload(*rig.parse()));
  expect_answer(client->chat(ask("hi")));
  EXPECT_EQ(mapped_code(plugin.folder.string()), 2u) << "code stays for the life of the process";
  EXPECT_TRUE(stream->result()) << "a call under way finishes on the old one";
}

}  // namespace
}  // namespace prx::test
