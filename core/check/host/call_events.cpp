// The sink of one operation: each event is judged, kept, and answered as its rule wants it.
#include <algorithm>

#include "check/host/call.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::check {

std::int32_t Call::see(const prx_event& event) {
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
  const auto holds_key = [](prx_str text) {
    return sdk::view(text).find(kKey) != std::string_view::npos;
  };
  const bool in_error = sdk::is_whole(event.error) &&
                        (holds_key(event.error->message) || holds_key(event.error->raw));
  if (in_error || holds_key(event.text) || holds_key(event.json))
    world_.breaches.add(Breach::kSecret, "the key is in " + name_of_event(event.type));
}

void Call::react() {
  const bool on_loop = here().loop == &loop_;
  if (events_ == spec_.cancel_inside && on_loop) cancel();
  if (events_ == spec_.cancel_after || (events_ == spec_.cancel_inside && !on_loop))
    later([this] { cancel(); });
}

}  // namespace prx::check
