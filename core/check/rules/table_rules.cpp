// query, interface_, init, create and describe.
#include "check/rules/table_rules.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check/rules/bench.hpp"
#include "check/rules/system_call_filter.hpp"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {
namespace {

using sdk::str;
using sdk::view;
using std::chrono::seconds;

/// The tables, or nothing after a finding.
std::optional<Loaded> loaded(const Subject& subject, Trial& trial) {
  auto tables = load_for_check(subject);
  if (tables) return *tables;
  trial.expect(false, "the file loads and has its tables", tables.error().message);
  return std::nullopt;
}

/// From now on this process is killed for any system call but its end. Whatever filters it has
/// already, other than with SECCOMP_MODE_STRICT.
bool forbid_system_calls() {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  }};
  return filter_system_calls(program);
}

/// In a process of its own that may do nothing but end. Exit status: 0, or errno.
[[noreturn]] void query_confined(const Loaded& loaded) {
  long status = 0;
  if (forbid_system_calls()) {
    const prx_plugin* const plugin = loaded.query();
    plugin->interface_(str(PRX_PROVIDER_ID));
    plugin->interface_(str("prx.unknown/1"));
  } else {
    status = errno;
  }
  syscall(SYS_exit, status);  // exit_group, which _exit makes, is not allowed
  __builtin_unreachable();
}

void check_pure(const Subject& subject, Trial& trial) {
  const auto mapped = map_plugin(subject);
  if (!mapped) {
    trial.expect(false, "the file loads", mapped.error().message);
    return;
  }
  trial.at("query and interface_ under seccomp, with exit alone");
  const pid_t child = fork();
  if (child == 0) query_confined(*mapped);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    trial.expect(false, "a process can be made", std::strerror(errno));
    return;
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    trial.expect(false, "a process that may make no system call can be made",
                 std::strerror(WEXITSTATUS(status)));
    return;
  }
  const bool killed = WIFSIGNALED(status);
  trial.expect(!killed || WTERMSIG(status) != SIGSYS,
               "prx_plugin_query_v1 and interface_ make no system call",
               "one was made, and the process was killed for it");
  trial.expect(!killed || WTERMSIG(status) == SIGSYS, "prx_plugin_query_v1 and interface_ return",
               killed ? std::string(strsignal(WTERMSIG(status))) : "");
}

void check_same_pointer(const Subject& subject, Trial& trial) {
  const auto tables = loaded(subject, trial);
  if (!tables) return;
  bool same_again = true;
  for (int i = 0; i < 3; ++i) same_again = same_again && tables->query() == tables->plugin;
  trial.expect(same_again, "prx_plugin_query_v1 returns the same pointer each time",
               "another one came");
  const prx_plugin* elsewhere = nullptr;
  std::thread([&] { elsewhere = tables->query(); }).join();
  trial.expect(elsewhere == tables->plugin, "it does so on every thread", "another one came");
  const auto again = tables->plugin->interface_(str(PRX_PROVIDER_ID));
  trial.expect(again == tables->provider, "interface_ returns the same table each time",
               "another one came");
}

void check_agrees(const Subject& subject, Trial& trial) {
  const auto tables = loaded(subject, trial);
  if (!tables) return;
  const prx_plugin& plugin = *tables->plugin;
  const PluginNote& note = subject.note;
  const auto agree = [&](const std::string& what, const std::string& in_note,
                         const std::string& in_table) {
    trial.expect(in_note == in_table, what + " is as in the note, \"" + in_note + "\"",
                 "the table says \"" + in_table + "\"");
  };
  agree("id", note.id, std::string(view(plugin.id)));
  agree("version", note.version, std::string(view(plugin.version)));
  agree("abi_major", std::to_string(note.abi_major), std::to_string(plugin.abi_major));
  agree("abi_minor", std::to_string(note.abi_minor), std::to_string(plugin.abi_minor));
  agree("abi_needs", std::to_string(note.needs_minor), std::to_string(plugin.abi_needs));
}

void check_tables(const Subject& subject, Trial& trial) {
  const auto tables = loaded(subject, trial);
  if (!tables) return;
  const prx_plugin& plugin = *tables->plugin;
  const prx_provider& provider = *tables->provider;
  const bool whole = plugin.init != nullptr && plugin.deinit != nullptr;
  trial.expect(whole, "prx_plugin has all its functions", "init or deinit is NULL");
  const bool has_all = provider.create != nullptr && provider.destroy != nullptr &&
                       provider.describe != nullptr && provider.start != nullptr &&
                       provider.cancel != nullptr && provider.release != nullptr;
  trial.expect(has_all, "prx_provider has all its functions", "one of them is NULL");
  trial.expect(provider.zero == 0, "prx_provider::zero is 0", std::to_string(provider.zero));
  trial.expect(plugin.abi_needs <= plugin.abi_minor, "abi_needs is not above abi_minor",
               std::to_string(plugin.abi_needs) + " and " + std::to_string(plugin.abi_minor));
}

void check_unknown_interface(const Subject& subject, Trial& trial) {
  const auto tables = loaded(subject, trial);
  if (!tables) return;
  for (const std::string_view id :
       {"", "prx", "prx.provider", "prx.provider/", "prx.provider/10", "prx.provider/2",
        "PRX.PROVIDER/1", "prx.provider/1 ", "prx.unknown/1"}) {
    Lender lender(Lending::kEdge);
    const void* const found = tables->plugin->interface_(lender.lend_text(id));
    trial.expect(found == nullptr, "interface_ returns NULL for an id that it does not know",
                 "it has one for " + json::quoted(id));
  }
  Lender lender(Lending::kEdge);
  trial.at("an id without a terminator");
  trial.expect(tables->plugin->interface_(lender.lend_text(PRX_PROVIDER_ID)) == tables->provider,
               "interface_ knows " PRX_PROVIDER_ID, "it returned another table");
}

/// Two clients of one process: modules and instances beside each other, and once more after.
void check_modules(const Subject& subject, Trial& trial) {
  trial.at("two modules at once");
  auto first = std::make_unique<Session>(subject);
  if (!ready(*first, trial)) return;
  const auto expected = all_cases(*first, trial);
  if (expected.empty()) return;
  Session second(subject);
  if (!ready(second, trial)) return;
  const auto check = [&](Session& session, const std::string& at) {
    for (const Case& one : expected) {
      trial.at(at + ": " + one.name);
      const CallOutcome outcome = session.run(one.spec, one.script());
      trial.expect(same(subject, one, outcome), "each module works by itself",
                   difference(one.outcome, outcome));
    }
  };
  check(second, "the second of two modules");
  check(*first, "the first of two modules");
  first.reset();
  check(second, "a module after the deinit of another");
  for (int i = 0; i < 3; ++i) {
    trial.at("init again after deinit");
    Session again(subject);
    if (!ready(again, trial)) return;
    check(again, "a module that was made after the deinit of another");
  }
}

constexpr Rule kRules[] = {
    {"query.pure", "prx_plugin_query_v1 and interface_ make no system call.",
     "prx/plugin.h, prx_plugin_query_v1", false, "", seconds(20), check_pure},
    {"query.same-pointer", "They return the same pointers each time, on every thread.",
     "prx/plugin.h, prx_plugin_query_v1", false, "", seconds(20), check_same_pointer},
    {"query.agrees-with-note", "id, version and ABI of the table are those of the note.",
     "prx/plugin.h, prx_plugin", false, "", seconds(20), check_agrees},
    {"query.whole-tables", "The tables have all their functions.", "prx/plugin.h, prx_provider",
     false, "", seconds(20), check_tables},
    {"interface.unknown-is-null", "interface_ returns NULL for ids that it does not know.",
     "prx/plugin.h, prx_plugin::interface_", false, "", seconds(20), check_unknown_interface},
    {"init.several-modules", "Several clients have modules of their own, and init comes again.",
     "prx/plugin.h, prx_plugin::init", false, "random_answers", seconds(20), check_modules},
};

}  // namespace

std::span<const Rule> query_rules() { return kRules; }

std::span<const Rule> table_rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> tables;
    for (const auto table : {query_rules(), create_rules(), struct_rules()})
      tables.insert(tables.end(), table.begin(), table.end());
    return tables;
  }();
  return all;
}

}  // namespace prx::check
