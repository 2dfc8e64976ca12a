#include "core/reliability/property/play.hpp"

#include <algorithm>
#include <deque>
#include <queue>

#include "core/reliability/property/call_player.hpp"

namespace prx::reliability::test {

namespace {

struct Event {
  enum class What { kStart, kCancel, kPause, kResume, kStep };
  MonotonicTime at;
  std::uint64_t order = 0;
  std::size_t call = 0;
  What what = What::kStep;
  AttemptNumber attempt = 0;

  friend bool operator<(const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;  // the first is on top
  }
};

class Play {
 public:
  explicit Play(std::uint64_t seed)
      : dice_(seed), world_(draw_world(dice_)), referee_(world_, health_) {
    draw_health(dice_, world_, health_);
    for (std::size_t i = 0; i < world_.calls.size(); ++i) {
      players_.emplace_back(i, stage_);
      const CallScript& call = world_.calls[i];
      add({call.starts, 0, i, Event::What::kStart, 0});
      if (call.cancelled) add({*call.cancelled, 0, i, Event::What::kCancel, 0});
      if (!call.paused) continue;
      add({*call.paused, 0, i, Event::What::kPause, 0});
      add({*call.resumed, 0, i, Event::What::kResume, 0});
    }
  }

  std::vector<Referee::Violation> run() {
    for (int i = 0; i < kEventsMax && next(); ++i) continue;
    referee_.all_over();
    return referee_.violations();
  }

 private:
  static constexpr int kEventsMax = 20'000;

  void add(Event event) {
    event.order = ++order_;
    events_.push(event);
  }

  /// A timer and an event at the same moment come in either order. False: nothing is left.
  bool next() {
    CallPlayer* ringing = nullptr;
    for (CallPlayer& player : players_) {
      const auto at = player.next_timer();
      if (at && (ringing == nullptr || *at < *ringing->next_timer())) ringing = &player;
    }
    if (ringing == nullptr && events_.empty()) return false;
    if (ringing == nullptr) return handle(), true;
    const MonotonicTime at = std::max(now_, *ringing->next_timer());
    if (!events_.empty() &&
        (events_.top().at < at || (events_.top().at == at && dice_.chance(0.5))))
      return handle(), true;
    now_ = at;
    ringing->timer(now_);
    return true;
  }

  void handle() {
    const Event event = events_.top();
    events_.pop();
    now_ = event.at;
    CallPlayer& player = players_[event.call];
    switch (event.what) {
      case Event::What::kStart:
        return player.start(now_);
      case Event::What::kCancel:
        return player.cancel(now_);
      case Event::What::kPause:
        return player.pause(now_);
      case Event::What::kResume:
        return player.resume(now_);
      case Event::What::kStep:
        // Upstream stands still too while a call is paused; what was under way still comes.
        if (player.paused() && dice_.chance(0.7))
          return add({*player.script().resumed, 0, event.call, event.what, event.attempt});
        return player.step(event.attempt, now_);
    }
  }

  Dice dice_;
  World world_;
  Health health_;
  Referee referee_;
  MonotonicTime now_ = kBeginning;
  std::uint64_t order_ = 0;
  std::priority_queue<Event> events_;
  Stage stage_{dice_, world_, health_, referee_,
               [this](std::size_t call, AttemptNumber attempt, MonotonicTime at) {
                 add({at, 0, call, Event::What::kStep, attempt});
               }};
  std::deque<CallPlayer> players_;
};

}  // namespace

std::vector<Referee::Violation> play(std::uint64_t seed) { return Play(seed).run(); }

}  // namespace prx::reliability::test
