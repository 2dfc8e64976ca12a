#include "core/reliability/property/schedule.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace prx::reliability::test {

namespace {

using namespace std::chrono_literals;

// Few different times, so that many things happen at the same moment.
Nanoseconds short_time(Dice& dice) {
  return dice.one_of<Nanoseconds>({0ns, 0ns, 1ms, 250ms, 500ms, 1s, 2s});
}
Nanoseconds any_time(Dice& dice) {
  if (dice.chance(0.7)) return short_time(dice);
  return dice.one_of<Nanoseconds>({4s, 5s, 9s, 10s, 12s, 20s, 30s, 130s});
}

ErrorClass any_class(Dice& dice) {
  return static_cast<ErrorClass>(dice.between(PRX_E_CANCELLED, PRX_E_INTERNAL));
}

std::optional<std::vector<ErrorClass>> classes(Dice& dice) {
  if (!dice.chance(0.1)) return std::nullopt;
  std::vector<ErrorClass> out;
  for (int i = dice.between(0, 6); i > 0; --i) out.push_back(any_class(dice));
  return out;
}

ReliabilityConfig draw_policy(Dice& dice) {
  ReliabilityConfig policy;
  policy.retries = dice.one_of({0, 1, 2, 2, 5});
  policy.attempts_max = dice.one_of({1, 2, 4, 6, 6, 8});
  policy.deadline = dice.one_of<std::optional<Milliseconds>>(
      {std::nullopt, 1s, 5s, 20s, 20s, 90s, Milliseconds(600s), Milliseconds(600s)});
  policy.retry_after_max = dice.one_of<Milliseconds>({0s, 5s, 5s, 30s});
  policy.wait_max = dice.one_of<Milliseconds>({0s, 10s, 60s, 60s});
  policy.hedge_after =
      dice.one_of<std::optional<Milliseconds>>({std::nullopt, 1s, 10s, Milliseconds(10s)});
  policy.hedge_max_share = dice.one_of({0.0, 0.1, 0.1, 1.0});
  policy.breaker_failures = dice.one_of({1, 2, 3, 100});
  policy.retry_budget = dice.one_of({0.0, 0.2, 0.2, 1.0});
  policy.recovery = dice.one_of({Recovery::kError, Recovery::kSplice, Recovery::kSplice,
                                 Recovery::kContinue, Recovery::kContinue, Recovery::kBuffer});
  policy.hold = dice.one_of<Milliseconds>({0s, 0s, 250ms, 3s});
  policy.hold_tokens = dice.one_of({0, 0, 0, 0, 3, 100});
  policy.fallback_on = classes(dice);
  policy.retry_on = classes(dice);
  return policy;
}

PlanTarget draw_target(Dice& dice, std::size_t index) {
  PlanTarget target;
  target.name = std::string(1, static_cast<char>('p' + dice.between(0, static_cast<int>(index))));
  target.lane = "lane " + std::to_string(index);
  target.keys = static_cast<std::size_t>(dice.between(0, 3));
  if (dice.chance(0.2)) target.clocks.first_token.reset();
  if (dice.chance(0.2)) target.clocks.progress = 5s;
  if (dice.chance(0.2)) target.clocks.non_stream = 10s;
  if (dice.chance(0.3)) target.context_length = dice.one_of({4'096, 8'192});
  target.continues = dice.chance(0.5);
  target.plugin = dice.one_of<std::string>({"", "x", "x", "y"});
  return target;
}

/// Asks some of the targets, in an order of its own.
CallScript draw_call(Dice& dice, const World& world) {
  CallScript call;
  call.plan.policy = world.policy;
  call.plan.stream = dice.chance(0.8);
  call.plan.seed = dice.seed();
  call.plan.targets = world.targets;
  auto& targets = call.plan.targets;
  for (std::size_t i = targets.size(); i > 1; --i)
    if (dice.chance(0.3))
      std::swap(targets[i - 1],
                targets[static_cast<std::size_t>(dice.between(0, static_cast<int>(i) - 1))]);
  while (targets.size() > 1 && dice.chance(0.15)) targets.pop_back();
  call.starts = kBeginning + any_time(dice);
  if (dice.chance(0.15)) call.cancelled = call.starts + any_time(dice);
  if (dice.chance(0.15)) {
    call.paused = call.starts + any_time(dice);
    call.resumed = *call.paused + any_time(dice);
  }
  return call;
}

Error draw_error(Dice& dice) {
  Error error;
  error.error_class = dice.chance(0.5)
                          ? dice.one_of({ErrorClass::kOverloaded, ErrorClass::kRateLimit,
                                         ErrorClass::kNetwork, ErrorClass::kAuth})
                          : any_class(dice);
  error.phase = dice.one_of({Phase::kConnect, Phase::kHead, Phase::kBody});
  if (dice.chance(0.1)) error.retryable = dice.chance(0.5);
  if (dice.chance(0.35))
    error.retry_after =
        dice.one_of<Milliseconds>({0s, 100ms, 1s, 2s, 5s, 5'001ms, 12s, 61s, Milliseconds(2h)});
  return error;
}

/// Mostly the answer; else one that differs somewhere, or is shorter or longer.
std::string draw_text(Dice& dice, const std::string& answer) {
  std::string text = answer;
  if (dice.chance(0.75)) return text;
  if (dice.chance(0.3)) return text + "and more";
  const auto at = static_cast<std::size_t>(dice.between(0, static_cast<int>(answer.size()) - 1));
  if (dice.chance(0.5)) return text.substr(0, at);
  text[at] = static_cast<char>(std::toupper(text[at]));
  return text;
}

}  // namespace

World draw_world(Dice& dice) {
  World world;
  world.policy = draw_policy(dice);
  const int targets = dice.between(1, 5);
  for (int i = 0; i < targets; ++i) {
    world.targets.push_back(draw_target(dice, static_cast<std::size_t>(i)));
    world.fail_share.push_back(dice.one_of({0.1, 0.5, 0.9, 1.0}));
  }
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  world.answer = letters.substr(0, static_cast<std::size_t>(dice.between(1, 12)));
  const int calls =
      dice.chance(0.5) ? 1 : (dice.chance(0.6) ? dice.between(2, 4) : dice.between(5, 20));
  for (int i = 0; i < calls; ++i) world.calls.push_back(draw_call(dice, world));
  return world;
}

void draw_health(Dice& dice, const World& world, Health& health) {
  for (const PlanTarget& target : world.targets) {
    Lane& lane = health.lane(target.lane);
    if (dice.chance(0.3)) lane.breaker.open_until(kBeginning + any_time(dice) / 2);
    if (dice.chance(0.1)) lane.pause(std::chrono::ceil<Milliseconds>(any_time(dice)), kBeginning);
    if (!target.plugin.empty() && dice.chance(0.1))
      health.plugin(target.plugin).open_until(kBeginning + any_time(dice) / 2);
    if (!dice.chance(0.1)) continue;
    Error auth;
    auth.error_class = ErrorClass::kAuth;
    health.keys(target.name).record(0, &auth, kBeginning - any_time(dice));
  }
}

AttemptScript draw_attempt(Dice& dice, double fail_share, const std::string& answer) {
  AttemptScript script;
  script.text = draw_text(dice, answer);
  script.piece = static_cast<std::size_t>(dice.between(1, 5));
  script.until_head = short_time(dice);
  script.until_token = any_time(dice);
  script.between_tokens = dice.chance(0.9) ? short_time(dice) : any_time(dice);
  script.until_end = short_time(dice);
  script.pieces_max = script.text.size();
  if (!dice.chance(fail_share)) {
    if (dice.chance(0.1)) script.end = AttemptScript::End::kUnclosed;
    return script;
  }
  script.end = AttemptScript::End::kFails;
  script.error = draw_error(dice);
  script.until_end = any_time(dice);
  script.head = dice.chance(0.7);
  script.pieces_max = static_cast<std::size_t>(dice.between(0, 5));
  return script;
}

}  // namespace prx::reliability::test
