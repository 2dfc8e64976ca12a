/// \file scenario.hpp
/// One row of the fault wall: what each target does, the chain's policy, and what must come of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::faults {

using std::chrono::milliseconds;

inline constexpr int kTokens = 60;           ///< of each answer
inline constexpr int kAttemptsMax = 6;       ///< of a call: the default
inline constexpr int kUnknown = -1;          ///< tokens that the usage does not say
inline constexpr int kNobody = -1;           ///< no target answers
inline constexpr milliseconds kSoon{8'000};  ///< a bound for what needs no wait, on a busy machine

/// "t1 t2 ... t60", with that letter: one token each.
[[nodiscard]] std::string answer_text(char letter = 't');

/// How a target is reached.
enum class Reach {
  kServer,
  kRefused,         ///< nobody listens
  kBadCertificate,  ///< TLS with a certificate that has expired
};

struct Target {
  /// In the simulator's language; "": all is well. "{w}": a wait before a break, where a proxy is
  std::string faults;
  std::string text = answer_text();
  std::string
      arguments;  ///< of each tool call, when the request has tools; "": the simulator's own
  std::size_t calls = 0;  ///< tool calls that it makes: 0 to 2
  std::string options;    ///< further members of the target's table: "prefill = true"
  Reach reach = Reach::kServer;
  std::vector<std::string> key_faults;  ///< of a pool of keys: what those that are not last do

  Target(std::string faults_now = {}) : faults(std::move(faults_now)) {}  // NOLINT: a short table
  Target(const char* faults_now) : faults(faults_now) {}                  // NOLINT
  Target& says(std::string words) { return text = std::move(words), *this; }
  /// It answers with so many tool calls. What it says before them is says()'s.
  Target& makes(std::size_t count, std::string each_arguments) {
    text.clear();
    return calls = count, arguments = std::move(each_arguments), *this;
  }
  Target& with(std::string more) { return options = std::move(more), *this; }
  Target& reached(Reach how) { return reach = how, *this; }
  Target& keys(std::vector<std::string> list) { return key_faults = std::move(list), *this; }
};

/// So many attempts, at least and at most.
struct Count {
  int least = 0, most = 0;
  Count(int exactly) : least(exactly), most(exactly) {}  // NOLINT: a short table
  Count(int from, int to) : least(from), most(to) {}
};

struct Expect {
  int served = kNobody;             ///< a target
  std::vector<ErrorClass> classes;  ///< when nobody served: one of these
  std::vector<Count> attempts;      ///< of each target
  milliseconds least{0}, most = kSoon;
  milliseconds spacing{0};       ///< at least, between requests to the first target
  std::optional<bool> estimate;  ///< the cost is a lower bound
  int tokens = kTokens;          ///< in the usage
  int restarts = 0;              ///< that the stream's caller was told of

  Expect& within(milliseconds from, milliseconds to) { return least = from, most = to, *this; }
  Expect& spaced(milliseconds gap) { return spacing = gap, *this; }
  Expect& lower_bound(bool yes) { return estimate = yes, *this; }
  Expect& bills(int count) { return tokens = count, *this; }
  Expect& restarted(int count) { return restarts = count, *this; }
};
[[nodiscard]] Expect served_by(int target, std::vector<Count> attempts);
[[nodiscard]] Expect refused(std::vector<ErrorClass> classes, std::vector<Count> attempts);

/// Who makes the call.
enum class Host { kStream, kBlock, kCli, kCliJson, kCliPlain, kServe, kServePlain };
inline constexpr std::size_t kHosts = 7;
enum class Wire { kPlain, kHttp2 };

class Stage;
/// What differed, one line each; none: as expected.
using Differences = std::vector<std::string>;
/// A row that is more than one call.
using Play = std::function<Differences(Stage&, Host)>;

struct Scenario {
  std::string name;
  std::vector<Target> targets;
  std::map<std::string, std::string> chain;  ///< the chain's table: key, TOML value
  std::map<std::string, std::string> asks;   ///< more members of the request: name, JSON
  bool deltas = false;  ///< the stream's caller also wants pieces of tool calls
  Expect expected;
  std::optional<Expect> expected_plain;  ///< when the upstream does not stream
  bool streams_only = false;             ///< says nothing about a call that does not stream
  /// A proxy may drop what came before a break: then what holds without a stream may hold too
  bool lossy = false;
  bool shared_health = false;             ///< `[reliability] share_health`
  std::string rehearsed;                  ///< of `prx plan --fail`; "": not expressible
  std::vector<std::string> variants{""};  ///< each takes the place of "{k}"; one call each
  Play play;
  std::vector<Host> hosts{Host::kStream,   Host::kBlock, Host::kCli,       Host::kCliJson,
                          Host::kCliPlain, Host::kServe, Host::kServePlain};

  Scenario(std::string title, std::vector<Target> who, Expect what)
      : name(std::move(title)), targets(std::move(who)), expected(std::move(what)) {}
  Scenario& set(const std::string& key, const std::string& value) {
    return chain[key] = value, *this;
  }
  Scenario& ask(const std::string& member, const std::string& json) {
    return asks[member] = json, *this;
  }
  /// The gateway's clients always want them.
  Scenario& with_deltas() { return deltas = true, on({Host::kStream, Host::kServe}); }
  /// The caller sees whole tool calls alone.
  Scenario& without_pieces() { return std::erase(hosts, Host::kServe), *this; }
  Scenario& plan(std::string fail) { return rehearsed = std::move(fail), *this; }
  Scenario& plain(Expect what) { return expected_plain = std::move(what), *this; }
  Scenario& lossy_proxy() { return lossy = true, *this; }
  Scenario& share_health() { return shared_health = true, *this; }
  Scenario& streaming() { return streams_only = true, *this; }
  Scenario& each(int from, int to);
  Scenario& each(std::vector<std::string> list) { return variants = std::move(list), *this; }
  Scenario& plays(Play how) { return play = std::move(how), *this; }
  Scenario& on(std::vector<Host> who) { return hosts = std::move(who), *this; }
};

/// Short clocks, by configuration.
[[nodiscard]] std::vector<Scenario> fast_scenarios();
/// The defaults, nothing scaled.
[[nodiscard]] std::vector<Scenario> full_scenarios();

}  // namespace prx::faults
