#include "faults/soak.hpp"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "support/open_client.hpp"

namespace prx::faults {

namespace {

constexpr double kShare = 0.30;                ///< of the attempts fail
constexpr std::chrono::seconds kHang{40};      ///< far beyond the deadline of a call
constexpr std::size_t kCancelEvery = 25;       ///< a call that its caller cancels
constexpr std::size_t kGrowthMost = 2u << 20;  ///< bytes; what the simulator remembers of answers

constexpr std::array kFaults{
    "429?retry_after=0.2",
    "429?retry_after=0.1&form=ms",
    "500",
    "502",
    "503",
    "529",
    "408",
    "409",
    "404",
    "403",
    "400",
    "html",
    "html?status=200",
    "empty-body",
    "truncated-json",
    "truncated-json?status=500",
    "reset",
    "hang-up",
    "silence",
    "late-head?ms=500",
    "late-token?ms=500&comments=50",
    "slow?size=400&ms=5",
    "cut?after=0",
    "cut?after=3",
    "cut?after=30",
    "cut?after=20&bytes=30",
    "reset?after=5",
    "stall?after=0",
    "stall?after=5",
    "stall?after=8&comments=50",
    "malformed?after=0",
    "malformed?after=7",
    "error-frame?shape=1",
    "error-frame?shape=2&after=9",
    "error-frame?shape=3&after=20",
    "error-frame?shape=4&after=2",
    "error-frame?shape=5&after=40",
    "no-done",
    "no-end",
    "no-finish",
    "empty",
    "context-length",
    "policy",
    "oversized-head",
};
/// A refused key rests for minutes: only a few.
constexpr std::array kOfKeys{"401", "402", "quota"};

constexpr const char* kPolicy = R"(
backoff_base = "20ms"
backoff_max = "100ms"
finish_grace = "200ms"
hedge_after = "300ms"
head_timeout = "1s"
first_token_timeout = "1s"
idle_timeout = "1s"
progress_timeout = "1s"
connect_timeout = "5s"
wait_max = "3s"
deadline = "20s"
)";

sim::FaultRule rule(const std::string& faults, double chance, int times) {
  sim::FaultRule out;
  std::string text = answer_text();
  for (auto at = text.find(' '); at != std::string::npos; at = text.find(' '))
    text.replace(at, 1, "%20");
  auto parsed = sim::parse_faults("answer?text=" + text + (faults.empty() ? "" : "+" + faults));
  if (!parsed) throw std::runtime_error(parsed.error().message);
  out.faults = std::move(*parsed);
  out.chance = chance;
  out.times = times;
  return out;
}

/// Each fault has the same share; the rules are asked in order, each of what is left.
sim::FaultScript script() {
  sim::FaultScript out;
  constexpr double kEach = kShare / static_cast<double>(kFaults.size());
  double left = 1.0;
  for (const char* fault : kFaults) {
    out.rules.push_back(rule(fault, kEach / left, 0));
    left -= kEach;
  }
  for (const char* fault : kOfKeys) out.rules.push_back(rule(fault, kEach, 2));
  out.rules.push_back(rule("", 1.0, 0));
  return out;
}

std::string toml(const sim::Simulator& simulator) {
  const auto provider = [&](const std::string& name, const std::string& url) {
    std::string text = "[providers." + name + "]\nplugin = \"" + name + "\"\nbase_url = \"" + url +
                       "\"\napi_keys = [";
    for (int i = 0; i < 8; ++i)
      text += "\"sk-soak-" + name + "-" + std::to_string(i) + "-0123456789abcdef\", ";
    return text + "]\n";
  };
  return "[default]\nchain = \"soak\"\n[log]\nlevel = \"off\"\n" +
         provider("openrouter", simulator.base_url()) +
         provider("openai", simulator.openai_base_url()) +
         "[chains.soak]\ntargets = [\n"
         "  { provider = \"openrouter\", model = \"anthropic/claude-sonnet-4\" },\n"
         "  { provider = \"openai\", model = \"gpt-4o\" },\n]\n" +
         kPolicy;
}

/// How calls ended, counted on the loop.
struct Tally {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t ended = 0, twice = 0, wrong = 0, late = 0;
  std::map<std::string, std::size_t> outcomes;
};

class SoakCall final : public Sink {
 public:
  SoakCall(Tally& tally, const std::string& whole) : tally_(tally), whole_(whole) {}
  void start(Client& client) {
    ChatRequest request;
    request.messages = {Message::user("soak")};
    call_ = client.start(request, {}, *this);
  }
  void cancel() { call_->cancel(); }
  [[nodiscard]] bool ended() const { return ends_ > 0; }  // under the tally's lock

 private:
  void on_event(const StreamEvent& event) override {
    if (event.type == StreamEvent::Type::kText) text_ += event.text;
    const std::lock_guard lock(tally_.mutex);
    if (ends_ > 0) ++tally_.late;
  }
  void on_end(ChatResult result) override {
    const bool right = result ? result->text == whole_ && text_ == whole_
                              : whole_.starts_with(text_) && result.error().partial.text == text_;
    const std::lock_guard lock(tally_.mutex);
    if (++ends_ > 1) ++tally_.twice;
    if (!right) ++tally_.wrong;
    ++tally_.ended;
    ++tally_.outcomes[result ? "answered" : std::string(to_string(result.error().error_class))];
    tally_.changed.notify_all();
  }

  Tally& tally_;
  const std::string& whole_;
  std::string text_;
  int ends_ = 0;
  std::unique_ptr<Call> call_;
};

/// Makes calls, so many at once. False: one hangs.
bool make_calls(Client& client, Tally& tally, const SoakOptions& options) {
  const std::string whole = answer_text();
  std::deque<std::unique_ptr<SoakCall>> running;
  for (std::size_t i = 0; i < options.calls || !running.empty();) {
    if (i < options.calls && running.size() < options.in_flight) {
      running.push_back(std::make_unique<SoakCall>(tally, whole));
      running.back()->start(client);
      if (++i % kCancelEvery == 0) running.back()->cancel();
      continue;
    }
    std::vector<std::unique_ptr<SoakCall>> over;  // destroyed without the lock
    std::unique_lock lock(tally.mutex);
    const std::size_t before = tally.ended;
    const auto any_over = [&] {
      return std::any_of(running.begin(), running.end(),
                         [](const auto& call) { return call->ended(); });
    };
    if (!tally.changed.wait_for(lock, kHang, [&] { return tally.ended != before || any_over(); }))
      return false;
    for (auto call = running.begin(); call != running.end();)
      if ((*call)->ended()) {
        over.push_back(std::move(*call));
        call = running.erase(call);
      } else {
        ++call;
      }
    lock.unlock();
  }
  return true;
}

std::size_t memory_in_use() { return ::mallinfo2().uordblks; }

constexpr bool kSanitized =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#else
    false;
#endif

bool report(const Tally& tally, std::size_t expected, std::size_t before, std::size_t after) {
  std::printf("%zu calls ended:", tally.ended);
  for (const auto& [name, count] : tally.outcomes) std::printf(" %s %zu", name.c_str(), count);
  std::printf("\nmemory in use: %zu KiB after the first half, %zu KiB at the end\n", before >> 10,
              after >> 10);
  bool good = true;
  const auto check = [&](bool right, const char* what) {
    if (!right) std::printf("DIFFERS: %s\n", what);
    good = good && right;
  };
  check(tally.ended == expected, "calls were lost");
  check(tally.twice == 0, "a call ended twice");
  check(tally.late == 0, "an event came after the end");
  check(tally.wrong == 0, "what was delivered is not what was said");
  const auto answered = tally.outcomes.find("answered");
  // Under a sanitizer, and beside other tests, many a call has not the processor to keep its
  // deadline.
  check(answered != tally.outcomes.end() && answered->second * (kSanitized ? 10 : 2) > expected,
        "too few of the calls were answered");
  check(kSanitized || after <= before + kGrowthMost, "the memory did not return");
  return good;
}

}  // namespace

bool play_soak(const House& house, const SoakOptions& options) {
  sim::SimulatorOptions served;
  served.script = script();
  served.log_requests_max = 0;
  auto simulator = sim::Simulator::start(std::move(served));
  if (!simulator) throw std::runtime_error(simulator.error().message);
  const auto client = test::open_client(toml(**simulator),
                                        {{"PRX_PLUGIN_PATH", (house.folder / "plugins").string()}});
  Tally tally;
  SoakOptions half = options;
  half.calls = options.calls / 2;
  bool ended = make_calls(*client, tally, half);
  const std::size_t before = memory_in_use();
  ended = ended && make_calls(*client, tally, half);
  const std::size_t after = memory_in_use();
  if (!ended)
    std::printf("DIFFERS: no call ended for %lld s\n", static_cast<long long>(kHang.count()));
  const bool settled =
      (*simulator)
          ->wait_for([](const sim::Stats& stats) { return stats.requests_open == 0; },
                     milliseconds(5'000));
  if (!settled) std::printf("DIFFERS: requests are still open\n");
  return report(tally, 2 * half.calls, before, after) && ended && settled;
}

}  // namespace prx::faults
