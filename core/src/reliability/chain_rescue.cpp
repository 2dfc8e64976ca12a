// After the commit point: who may say again what the caller has read, and go on from there.

#include <algorithm>

#include "reliability/backoff.hpp"
#include "reliability/chain_engine.hpp"

namespace prx::reliability {

/// How a target can help with an answer that broke.
Mode ChainEngine::rescue_mode(std::size_t target) const {
  const bool continues = rescue_ == Rescue::kContinue && plan_.targets[target].continues &&
                         !targets_[target].refuses_prefix;
  return continues ? Mode::kContinue : Mode::kSplice;
}

/// What broke the stream itself decides whether, and by whom, it may be rescued. What a rescuer
/// says about the request is no reason to give up what another can save.
void ChainEngine::rescue(const Live& failed, const Error& error, MonotonicTime now, Actions& out) {
  const Verdict what = verdict(error, plan_.policy);
  const bool own = failed.number == committed_;
  const bool another_key = !own && what.next_key && rescue_ != Rescue::kNever;
  if (another_key && attempts_left() > 0 && rotate(failed, now, out)) return;
  leave(failed.target, now);
  const bool allowed = !own || what.fallback || what.retry;
  if (rescue_ == Rescue::kNever || !allowed) return give_up(now, out);
  find_rescuer(failed.target, (!own && !what.local) || what.fallback, now, out);
}

/// The next target, then the same one, then one that is not well, within the attempts of the call.
void ChainEngine::find_rescuer(std::size_t from, bool others, MonotonicTime now, Actions& out) {
  if (attempts_left() <= 0) return give_up(now, out);
  if (others && ask_untried("splice", Mode::kSplice, now, out)) return;
  if (wait_for_rescuer(from, others, now)) return;
  if (others && ask_last_resort(Mode::kSplice, now, out)) return;
  give_up(now, out);
}

bool ChainEngine::wait_for_rescuer(std::size_t from, bool others, MonotonicTime now) {
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    const std::size_t target = (from + i) % plan_.targets.size();
    if (!others && i > 0) return false;
    if (!may_ask(target)) continue;
    const TargetState& state = state_of(target);
    const Admission who = admit(target, now);
    if (who.kind != Admission::Kind::kReady && who.kind != Admission::Kind::kCooling) continue;
    const bool at_once = state.tries == 0 || (i == 0 && state.refuses_prefix);
    const auto pause =
        at_once ? Milliseconds{0} : backoff(state.tries, plan_.policy, random_.next());
    const MonotonicTime at = std::max(now + pause, who.at);
    if (at - now > plan_.policy.wait_max) continue;
    if (wait({target, at, now, "splice", others}, now)) return true;
  }
  return false;
}

}  // namespace prx::reliability
