// The sink of one operation: each event is judged, kept, and answered as its rule wants it.
#include <algorithm>

#include "check/host/call.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::check {

std::int32_t Call::see(const prx_event& event) {
  const LoopWatch::Scope not_the_plugins(world_.watch, nullptr);
  const Here& thread = here();
  if (thread.worker != this && thread.loop != &loop_)
    world_.breaches.add(Breach::kEventThread, name_of_event(event.type) + " on a foreign thread");
  std::unique_lock lock(event_mutex_, std::try_to_lock);
  const bool alone = lock.owns_lock();
  if (!alone) lock.lock();
  if (!alone || depth_ > 0)
    world_.breaches.add(Breach::kEventOverlap,
                        name_of_event(event.type) + " while another event was under way");
  take(event);
  return cancelled_ || (spec_.stop_at != 0 && events_ >= spec_.stop_at) ? 1 : 0;
}

void Call::take(const prx_event& event) {
  if (starting_)
    world_.breaches.add(Breach::kEventInsideStart, name_of_event(event.type) + " inside start");
  if (ended()) {
    const std::string last = outcome_.events.empty() ? std::string("the end")
                                                     : name_of_event(outcome_.events.back().type);
    return world_.breaches.add(Breach::kEventAfterEnd,
                               name_of_event(event.type) + " after " + last);
  }
  ++depth_;
  ++events_;
  judge_.see(event);
  keep(event);
  react();
  --depth_;
}

void Call::keep(const prx_event& event) {
  scan(event);
  const bool terminal = event.type >= PRX_EV_DONE;
  if (terminal || (spec_.keep_events && outcome_.events.size() < kEventsMax))
    outcome_.events.push_back(copy_of_event(event));
  if (!terminal) return;
  outcome_.ended = true;
  outcome_.end_ns = world_.clock.now_ns();
  ended_ = true;
  if (here().loop != &loop_) loop_.post([] {});  // wakes who waits for it
}

/// The key may be nowhere in what the plugin says.
void Call::scan(const prx_event& event) {
  const auto see = [&](const char* field, prx_str text) {
    if (holds_key(sdk::view(text)))
      world_.breaches.add(Breach::kSecret, std::string("the key is in the field ") + field +
                                               " of " + name_of_event(event.type));
  };
  see("text", event.text);
  see("id", event.id);
  see("name", event.name);
  see("json", event.json);
  see("frame", event.frame);
  if (!sdk::is_whole(event.error)) return;
  see("error.message", event.error->message);
  see("error.provider_code", event.error->provider_code);
  see("error.request_id", event.error->request_id);
  see("error.raw", event.error->raw);
}

void Call::react() {
  const bool on_loop = here().loop == &loop_;
  if (events_ == spec_.cancel_inside && on_loop) cancel();
  if (events_ == spec_.cancel_after || (events_ == spec_.cancel_inside && !on_loop))
    later([this] { cancel(); });
}

}  // namespace prx::check
