// create with whatever a configuration may say, and describe.
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check/rules/bench.hpp"
#include "check/rules/system_call_filter.hpp"
#include "check/rules/table_rules.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Longer than this is waiting: create computes, and asks nobody.
constexpr seconds kCreateMax{1};

/// A value of another type than an option has, of each kind.
std::vector<std::string> odd_values() {
  return {"null",
          "true",
          "-1",
          "0",
          "1e308",
          "9223372036854775807",
          "18446744073709551616",
          "\"\"",
          "\"\\u0000\\ud83d\\ude42\\r\\nx: y\"",
          "\"" + std::string(100'000, 'x') + "\"",
          "[]",
          "[[],{},null,1]",
          "{}",
          "{\"a\":{\"b\":[1]}}"};
}

/// Configurations that differ from the subject's in one member, and some that are no table at all.
std::vector<std::pair<std::string, std::string>> odd_configs(const Subject& subject) {
  const std::string own = subject.config_json.empty() ? "{}" : subject.config_json;
  std::vector<std::pair<std::string, std::string>> out = {
      {"an empty table", "{}"},
      {"nothing", ""},
      {"null", "null"},
      {"an array", "[1,2]"},
      {"text that is no JSON", "{\"a\""},
      {"bytes that are no UTF-8", "{\"a\":\"\xff\xfe\"}"},
      {"deep nesting", "{\"a\":" + std::string(5'000, '[') + std::string(5'000, ']') + "}"}};
  const auto index = json::ObjectIndex::parse(own);
  if (!index) return out;
  std::vector<std::string> keys = {"base_url", "unknown_key"};
  for (const OptionSchema& option : subject.note.options) keys.push_back(option.key);
  for (const std::string& key : keys)
    for (const std::string& value : odd_values())
      out.emplace_back(key + " = " + value.substr(0, 40),
                       json::ObjectEdit(*index).set(key, value).str());
  for (const char* url : {"\"ftp://x\"", "\"http://\"", "\"//x\"", "\"https://x y\"", "\"x\"",
                          "\"https://[::1\"", "\"https://x:99999\""})
    out.emplace_back(std::string("base_url = ") + url,
                     json::ObjectEdit(*index).set("base_url", url).str());
  return out;
}

void check_odd_configs(const Subject& subject, Trial& trial) {
  for (const auto& [name, config] : odd_configs(subject)) {
    trial.at("a configuration with " + name);
    SessionOptions options;
    options.config_json = config;
    Session session(subject, options);
    const auto& refused = session.refused();
    trial.expect(session.ready() || refused.has_value(),
                 "create works, or fails with a typed error", session.problem());
    const bool bug = refused && refused->error_class == ErrorClass::kInternal;
    trial.expect(!bug, "an odd configuration is no bug of the plugin", session.problem());
    if (session.ready()) static_cast<void>(session.run(spec_for(subject, "chat", true), Script()));
    expect_none(trial, session.world(), {Breach::kOutParameter});
  }
}

void check_fail(const Subject& subject, Trial& trial) {
  for (const auto& [name, config] : odd_configs(subject)) {
    trial.at("a configuration with " + name);
    SessionOptions options;
    options.config_json = config;
    Session session(subject, options);
    expect_none(trial, session.world(), {Breach::kFail, Breach::kError});
  }
}

void check_kinds(const Subject& subject, Trial& trial) {
  for (const std::string& kind : subject.note.kinds) {
    trial.at("kind '" + kind + "'");
    SessionOptions options;
    options.kind = kind;
    Session session(subject, options);
    trial.expect(session.ready(), "create knows each kind of the note", session.problem());
  }
  trial.at("a kind that the note does not name");
  SessionOptions options;
  options.kind = "prx-check-unknown";
  Session session(subject, options);
  trial.expect(session.ready() || session.refused().has_value(),
               "create works, or fails with a typed error", session.problem());
}

/// From now on this process is killed for what makes a socket. \return whether that is so
bool forbid_sockets() {
  constexpr std::uint32_t kKill = SECCOMP_RET_KILL_PROCESS, kAllow = SECCOMP_RET_ALLOW;
  std::array<sock_filter, 6> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, kAllow),
      BPF_STMT(BPF_RET | BPF_K, kKill),
  }};
  return filter_system_calls(program);
}

/// init and create, in a process of their own. \return its end as waitpid() has it, or -1
int end_without_sockets(const Subject& subject) {
  static_cast<void>(load_for_check(subject));  // what loading it does is not create's
  const pid_t child = fork();
  if (child == 0) {
    if (!forbid_sockets()) _exit(1);
    const Session session(subject);
    _exit(0);
  }
  int status = 0;
  return child < 0 || waitpid(child, &status, 0) != child ? -1 : status;
}

void check_asks_nobody(const Subject& subject, Trial& trial) {
  trial.at("init and create, where a socket ends the process");
  const int end = end_without_sockets(subject);
  if (end == -1 || (WIFEXITED(end) && WEXITSTATUS(end) != 0)) {
    trial.expect(false, "a process without sockets can be made", std::strerror(errno));
    return;
  }
  trial.expect(WIFEXITED(end), "init and create make no socket, and return",
               WTERMSIG(end) == SIGSYS ? "they made one" : strsignal(WTERMSIG(end)));
  trial.at("init and create");
  Session session(subject);
  if (!ready(session, trial)) return;
  expect_none(trial, session.world(), {Breach::kCreateAsks});
}

void check_is_quick(const Subject& subject, Trial& trial) {
  const auto before = std::chrono::steady_clock::now();
  Session session(subject);
  const auto took =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - before);
  if (!ready(session, trial)) return;
  if (subject.quirks.slow_start) return trial.not_applicable("the quirk slow_start is set");
  trial.expect(took <= kCreateMax, "create waits for nothing: it returns within a second",
               "it took " + std::to_string(took.count()) + " ms");
}

/// JSON without the blanks between its tokens.
std::string packed(std::string_view json) {
  std::string out;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_text && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) continue;
    out += c;
    if (c == '"') in_text = !in_text;
    if (in_text && c == '\\' && i + 1 < json.size()) out += json[++i];
  }
  return out;
}

void check_describe(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const std::string text = session.describe();
  const bool is_object = json::ObjectIndex::parse(text).has_value() && json::validate(text);
  trial.expect(is_object, "describe writes a JSON object", text.substr(0, 200));
  const std::string& noted = subject.note.capabilities;
  const auto said = json::ObjectIndex::parse(text), note = json::ObjectIndex::parse(noted);
  if (!said || !note) return;
  for (const auto& member : note->members()) {
    const auto value = said->find(member.key);
    trial.expect(!value || packed(*value) == packed(member.value),
                 "\"" + std::string(member.key) + "\" is what the note says of it, " +
                     std::string(member.value.substr(0, 100)),
                 value ? std::string(value->substr(0, 100)) : "");
  }
}

void check_describe_anywhere(const Subject& subject, Trial& trial) {
  constexpr int kThreads = 4, kTimes = 200;
  Session session(subject);
  if (!ready(session, trial)) return;
  const std::string expected = session.describe();
  std::array<std::string, kThreads> other;
  std::vector<std::thread> threads;
  for (std::string& different : other)
    threads.emplace_back([&] {
      for (int i = 0; i < kTimes; ++i)
        if (std::string text = session.describe(); text != expected) different = std::move(text);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& different : other)
    trial.expect(different.empty(), "describe writes the same on each of several threads",
                 different.substr(0, 200));
}

constexpr const char* kCreate = "prx/plugin.h, prx_provider::create";

constexpr Rule kRules[] = {
    {"create.odd-configurations", "Any configuration works, or is refused with a typed error.",
     kCreate, false, "", seconds(20), check_odd_configs},
    {"fail.create", "fail is set once when create does not return PRX_OK, with that code.",
     "prx/plugin.h, prx_fail", false, "", seconds(20), check_fail},
    {"create.kinds", "create knows each kind of the note.", kCreate, false, "", seconds(20),
     check_kinds},
    {"create.asks-nobody", "create and init make no socket, send nothing and schedule nothing.",
     kCreate, false, "", seconds(20), check_asks_nobody},
    {"create.does-not-wait", "create waits for nothing.", kCreate, false, "slow_start", seconds(20),
     check_is_quick},
    {"describe.object", "describe writes a JSON object that agrees with the note.",
     "prx/plugin.h, prx_provider::describe", false, "", seconds(20), check_describe},
    {"describe.any-thread", "describe works on several threads at once.",
     "prx/plugin.h, prx_provider::describe", false, "", seconds(20), check_describe_anywhere},
};

}  // namespace

std::span<const Rule> create_rules() { return kRules; }

}  // namespace prx::check
