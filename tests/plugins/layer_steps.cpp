// A provider on the lowest step that does, by its configuration, each thing that an author may get
// wrong.
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "prx/plugin.hpp"
#include "prx_note.h"

namespace {

using namespace prx::sdk;

constexpr std::chrono::milliseconds kPause{10};

void answer(Op op) {
  op.text("hello");
  op.finish(FinishReason::kStop);
  op.done();
}

class Steps {
 public:
  static prx::Result<std::unique_ptr<Steps>> create(const Config& config, Host host) {
    const std::string mode = config.string("mode");
    if (mode == "throw in create") throw std::runtime_error("no luck");
    if (mode == "throw a number") throw 7;
    if (mode == "null from create") return std::unique_ptr<Steps>();
    if (mode == "refuse")
      return prx::fail(prx::ErrorClass::kInvalidRequest, "mode: refuse is no mode; choose another");
    host.log(LogLevel::kInfo, "mode " + mode);
    return std::make_unique<Steps>(mode, config, host);
  }
  Steps(std::string mode, const Config& config, Host host)
      : mode_(std::move(mode)),
        names_(config.strings("names")),
        number_(config.integer("number", -1)),
        host_(host) {}

  std::string describe() const {
    if (mode_ == "throw in describe") throw std::runtime_error("nothing to say");
    return PRX_NOTE_CAPABILITIES;
  }

  void start(Op op, const Request& request) {
    if (mode_ == "answer") return answer(std::move(op));
    if (mode_ == "drop") return;
    if (mode_ == "throw in start") throw std::runtime_error("start fell over");
    if (mode_ == "catch a throw") return swallow(std::move(op));
    if (mode_ == "two ends") return two_ends(std::move(op));
    if (mode_ == "model") return say(std::move(op), std::string(request.model));
    if (mode_ == "config") return config(std::move(op));
    if (mode_ == "hold") return hold(std::move(op));
    if (mode_ == "timers") return tick(std::move(op), 0);
    if (mode_ == "worker") return work(std::move(op));
    if (mode_ == "worker throws")
      return std::move(op).spawn([](Op) { throw std::runtime_error("worker fell over"); });
    if (mode_ == "worker until cancel") return work_until_cancel(std::move(op));
    if (mode_ == "worker and back")
      return std::move(op).spawn([](Op next) { std::move(next).post(answer); });
    if (mode_ == "post then throw") return post_then_throw(std::move(op));
    if (mode_ == "throw after the next began") return throw_after_the_next_began(std::move(op));
    if (mode_ == "stay after the post") return stay_after_the_post(std::move(op));
    if (mode_ == "hold, then drop all by a throw") return hold_then_drop(std::move(op));
    op.error(internal_error("no such mode"));
  }

 private:
  static void say(Op op, std::string text) {
    op.text(text);
    op.finish(FinishReason::kStop);
    op.done();
  }
  static void two_ends(Op op) {
    op.done();
    op.done();
    op.error(internal_error("a second end"));
    op.text("after the end");
  }
  static void swallow(Op op) {
    try {
      const Op dropped = std::move(op);
      throw std::runtime_error("seen by nobody");
    } catch (const std::exception&) {
    }
  }
  void config(Op op) const {
    std::string text = std::to_string(number_);
    for (const std::string& name : names_) text += "|" + name;
    say(std::move(op), text);
  }
  /// Keeps the operation for ever; a cancel must end it.
  void hold(Op op) {
    op.text("held");
    op.on_cancel([this] { host_.log(LogLevel::kInfo, "hook"); });
    held_.push_back(std::move(op));
  }
  static void tick(Op op, int count) {
    if (count == 3) return answer(std::move(op));
    op.text(std::to_string(count));
    std::move(op).after(kPause, [count](Op next) { tick(std::move(next), count + 1); });
  }
  static void work(Op op) {
    std::move(op).spawn([](Op next) {
      for (int i = 0; i < 100; ++i) next.text("x");
      next.finish(FinishReason::kStop);
      next.done();
    });
  }
  static void post_then_throw(Op op) {
    std::move(op).spawn([](Op next) {
      std::move(next).post(answer);
      throw std::runtime_error("fell over after the post");
    });
  }
  /// The worker outlasts the beginning of the task that it posted.
  static void throw_after_the_next_began(Op op) {
    std::move(op).spawn([](Op next) {
      const auto begun = std::make_shared<std::promise<void>>();
      std::move(next).post([begun](Op last) {
        begun->set_value();
        answer(std::move(last));
      });
      begun->get_future().wait();
      throw std::runtime_error("fell over too late");
    });
  }
  static void stay_after_the_post(Op op) {
    std::move(op).spawn([](Op next) {
      const auto begun = std::make_shared<std::promise<void>>();
      std::move(next).post([begun](Op last) {
        begun->set_value();
        answer(std::move(last));
      });
      begun->get_future().wait();
    });
  }
  /// The second operation takes the first one down with its own throw.
  void hold_then_drop(Op op) {
    held_.push_back(std::move(op));
    if (held_.size() == 1) return;
    const std::vector<Op> dropped = std::exchange(held_, {});
    throw std::runtime_error("both gone");
  }
  static void work_until_cancel(Op op) {
    std::move(op).spawn([](Op next) {
      while (next.text("x")) {
      }
    });
  }

  const std::string mode_;
  const std::vector<std::string> names_;
  const std::int64_t number_;
  const Host host_;
  std::vector<Op> held_;
};

}  // namespace

PRX_PLUGIN(Steps, PRX_NOTE_ID, PRX_NOTE_VERSION)
