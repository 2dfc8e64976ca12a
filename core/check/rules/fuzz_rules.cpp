// Answers, pieces, failures and cancels at random, from a seed that plays the same again.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/rules/bench.hpp"

namespace prx::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kBodyMax = 256u << 10;  ///< bytes of a mutated body
constexpr int kMutationsMax = 6;
constexpr int kPlaysMin = 500;  ///< however short the time is

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// 0 to `below` - 1; 0 for 0.
  [[nodiscard]] std::size_t roll(std::size_t below) {
    return below == 0 ? 0 : static_cast<std::size_t>(engine_() % below);
  }
  [[nodiscard]] bool once_in(std::size_t times) { return roll(times) == 0; }

 private:
  std::mt19937_64 engine_;
};

/// What breaks readers of texts, JSON and event streams.
constexpr std::array<std::string_view, 28> kWords = {"\n",
                                                     "\n\n",
                                                     "\r",
                                                     "\r\n\r\n",
                                                     ":",
                                                     "data: ",
                                                     "data:[DONE]\n\n",
                                                     "event: x\n",
                                                     "{",
                                                     "}",
                                                     "[",
                                                     "]",
                                                     "\"",
                                                     "\\",
                                                     "\\u0000",
                                                     "\\ud800",
                                                     "null",
                                                     "true",
                                                     "-1",
                                                     "1e999",
                                                     "{}",
                                                     "[]",
                                                     "\xff",
                                                     "\xed\xa0\x80",
                                                     "\"error\":{\"code\":429,\"message\":\"x\"},",
                                                     "\"index\":4294967296,",
                                                     "\"content\":{}",
                                                     "\"finish_reason\":\"stop\""};

void mutate(std::string& body, Dice& dice) {
  const std::size_t at = dice.roll(body.size() + 1);
  const std::size_t size = std::min(dice.roll(80), body.size() - at);
  switch (dice.roll(6)) {
    case 0:
      if (at < body.size()) body[at] = static_cast<char>(dice.roll(256));
      break;
    case 1:
      body.insert(at, kWords[dice.roll(kWords.size())]);
      break;
    case 2:
      body.erase(at, size);
      break;
    case 3:
      body.insert(at, body.substr(at, size));
      break;
    case 4:
      body.resize(at);
      break;
    default:
      body.insert(dice.roll(body.size() + 1), body.substr(at, size));
      break;
  }
  if (body.size() > kBodyMax) body.resize(kBodyMax);
}

std::vector<Piece> cut_at_random(const std::string& body, Dice& dice) {
  std::vector<Piece> pieces;
  const std::size_t longest = dice.once_in(3) ? body.size() + 1 : 1 + dice.roll(200);
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t size = std::min(1 + dice.roll(longest), body.size() - at);
    pieces.push_back({body.substr(at, size), milliseconds(dice.roll(4) * 100)});
    at += size;
  }
  return pieces;
}

Script script_at_random(const Case& one, const std::vector<Case>& all, Dice& dice) {
  if (!one.http()) return {};
  const Case& other = all[dice.roll(all.size())];  // an answer to something else, at times
  const Sample& sample = dice.once_in(8) && other.http() ? *other.sample : *one.sample;
  std::string body = sample.body;
  for (std::size_t left = dice.roll(kMutationsMax); left > 0; --left) mutate(body, dice);
  Script script = whole(sample);
  script.pieces = cut_at_random(body, dice);
  if (dice.once_in(6)) script.status = 300 + static_cast<int>(dice.roll(300));
  if (dice.once_in(12)) script.headers.clear();
  if (dice.once_in(8)) script.headers.emplace_back("retry-after", std::to_string(dice.roll(1'000)));
  if (dice.once_in(20)) script.head = false;
  script.hangs = dice.once_in(10);
  if (script.head && !dice.once_in(5)) return script;
  script.code = static_cast<std::int32_t>(dice.once_in(2) ? PRX_E_NETWORK : PRX_E_TIMEOUT);
  script.phase =
      script.head ? std::int32_t{PRX_PHASE_BODY} : static_cast<std::int32_t>(dice.roll(3));
  script.message = "a failure at random";
  return script;
}

CallSpec spec_at_random(const Case& one, Dice& dice) {
  CallSpec spec = one.spec;
  if (dice.once_in(4)) spec.cancel_inside = 1 + dice.roll(8);
  if (dice.once_in(4)) spec.cancel_after = 1 + dice.roll(8);
  if (dice.once_in(6)) spec.stop_at = 1 + dice.roll(8);
  if (dice.once_in(4)) spec.flags |= PRX_RF_WANT_FRAME;
  if (dice.once_in(8)) spec.flags ^= PRX_RF_STREAM;
  return spec;
}

void play(const Subject& subject, Trial& trial, const std::vector<Case>& all, std::uint64_t seed) {
  Dice dice(seed);
  const Case& one = all[dice.roll(all.size())];
  trial.at("seed " + std::to_string(seed) + ", " + one.name + "; replay with --seed " +
           std::to_string(seed) + " --fuzz 1");
  Session session(subject);
  if (!ready(session, trial)) return;
  const Script script = script_at_random(one, all, dice);
  const auto call = session.call(spec_at_random(one, dice), script);
  if (call->start(session.instance())) {
    if (dice.once_in(10)) call->cancel();
    if (!call->run()) call->cancel();
    const bool ended = call->run_for(Call::kGrace);
    trial.expect(ended, "the operation ends", call->outcome().summary());
    if (ended) call->release();
  }
  const CallOutcome outcome = call->outcome();
  const Error* const error = outcome.error();
  trial.expect(error == nullptr || error->error_class != ErrorClass::kInternal,
               "a bad answer is no bug of the plugin", outcome.summary());
  for (const Observed& seen : session.world().breaches.take())
    trial.expect(false, expected_of(seen.breach), seen.what);
}

void check_random(const Subject& subject, Trial& trial) {
  const auto end = std::chrono::steady_clock::now() + subject.fuzz;
  Session session(subject);
  if (!ready(session, trial)) return;
  const std::vector<Case> all = all_cases(session, trial);
  if (all.empty()) return;
  std::uint64_t seed = trial.seed();
  for (int plays = 0; plays < kPlaysMin || std::chrono::steady_clock::now() < end; ++plays) {
    play(subject, trial, all, seed++);
    if (!trial.findings().empty()) return;
  }
}

constexpr Rule kRules[] = {
    {"fuzz.answers", "No answer, failure or cancel at random makes it break the contract.",
     "prx/plugin.h", false, "", seconds(20), check_random},
};

}  // namespace

std::span<const Rule> fuzz_rules() { return kRules; }

}  // namespace prx::check
