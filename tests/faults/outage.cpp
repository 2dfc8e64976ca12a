#include "faults/outage.hpp"

#include "faults/served.hpp"

namespace prx::faults {

namespace {

using Clock = std::chrono::steady_clock;

/// Waits on the simulator's clock of events, which says nothing here.
void wait_until(Stage& stage, Clock::time_point when) {
  for (auto now = Clock::now(); now < when; now = Clock::now())
    static_cast<void>(stage.simulator().wait_for([](const sim::Stats&) { return false; },
                                                 std::chrono::ceil<milliseconds>(when - now)));
}

std::size_t refused_requests(Stage& stage, const Cell& cell) {
  std::size_t count = 0;
  for (const auto& request : stage.requests(cell, 0)) count += request.status == 503 ? 1 : 0;
  return count;
}

}  // namespace

Differences play_outage(Stage& stage, Host host, const Outage& outage) {
  const Cell cell{host, 0};
  std::unique_ptr<Client> client;
  std::unique_ptr<Served> served;
  if (host == Host::kServe)
    served = std::make_unique<Served>(stage, cell);
  else
    client = stage.open(cell);
  Differences out;
  const auto start = Clock::now();
  const auto end = start + outage.lasts;
  const auto latest = end + outage.back_within;
  for (auto next = start;; next += outage.every) {
    wait_until(stage, next);
    const Observed seen = served                  ? served->call(stage.scenario(), true)
                          : host == Host::kStream ? stream_call(*client, stage.scenario())
                                                  : block_call(*client, stage.scenario());
    const auto at = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
    for (const auto& odd : seen.odd) out.push_back(odd);
    if (!seen.answered || seen.text != answer_text())
      out.push_back("the call that ended at " + std::to_string(at.count()) +
                    " ms has no answer: " + seen.message);
    if (seen.answered && seen.provider == provider_name(0)) break;
    if (Clock::now() > latest) {
      out.push_back("the primary does not serve again");
      break;
    }
  }
  const std::size_t refused = refused_requests(stage, cell);
  if (refused > static_cast<std::size_t>(outage.refused_most))
    out.push_back("the primary refused " + std::to_string(refused) + " requests");
  return out;
}

Differences play_shell_loop(Stage& stage, Host host, int programs, int refused_most) {
  const Cell cell{host, 0};
  Differences out;
  for (int i = 0; i < programs; ++i) {
    const Observed seen = program_call(stage, cell);
    if (!seen.answered || seen.text != answer_text())
      out.push_back("program " + std::to_string(i + 1) + " has no answer: " + seen.message);
  }
  const std::size_t refused = refused_requests(stage, cell);
  if (refused == 0 || refused > static_cast<std::size_t>(refused_most))
    out.push_back("the primary refused " + std::to_string(refused) + " requests");
  return out;
}

}  // namespace prx::faults
