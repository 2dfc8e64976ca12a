// A provider that runs in the process: a model of its own, loaded by the first who needs it, and a
// line in front of it. Nothing here starts a thread, waits or polls: what computes runs on the
// host's workers (Op::spawn), what waits its turn is parked (Op::park) and woken when the line
// moves.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <prx/plugin.hpp>

#include "asked.hpp"
#include "corpus.hpp"
#include "engine.hpp"
#include "line.hpp"
#include "prx_note.h"

namespace {

namespace sdk = prx::sdk;
using local::Outcome;
using prx::ErrorClass;
using prx::Result;
using sdk::Op;
using sdk::OpKind;

constexpr const char* kModelName = "keeper-1";

prx::Error error_of(ErrorClass error_class, std::string message) {
  prx::Error error;
  error.error_class = error_class;
  error.message = std::move(message);
  return error;
}
prx::Error too_late() {
  return error_of(ErrorClass::kTimeout, "the deadline of the request came first");
}

struct Options {
  std::string text;
  std::int64_t epochs = 30, concurrency = 1, queue = 16, seed = 1, max_tokens = 64;
};

Result<Options> read_options(const sdk::Config& config) {
  Options out;
  out.text = config.string("text");
  if (out.text.empty()) out.text = local::kCorpus;
  struct Number {
    const char* name;
    std::int64_t Options::*value;
    std::int64_t min, max;
  };
  for (const Number& each : {Number{"epochs", &Options::epochs, 1, 10'000},
                             Number{"concurrency", &Options::concurrency, 1, 64},
                             Number{"queue", &Options::queue, 0, 10'000},
                             Number{"max_tokens", &Options::max_tokens, 1, 1'000'000},
                             Number{"seed", &Options::seed, INT64_MIN, INT64_MAX}}) {
    const std::int64_t value = config.integer(each.name, out.*each.value);
    if (value < each.min || value > each.max)
      return prx::fail(ErrorClass::kInvalidRequest, std::string(each.name) + " must be " +
                                                        std::to_string(each.min) + " to " +
                                                        std::to_string(each.max));
    out.*each.value = value;
  }
  if (local::words_of(out.text).empty())
    return prx::fail(ErrorClass::kInvalidRequest, "text has no words to learn");
  return out;
}

class Provider {
 public:
  explicit Provider(const Options& options)
      : defaults_{static_cast<std::size_t>(options.max_tokens),
                  static_cast<std::uint64_t>(options.seed)},
        line_(static_cast<std::size_t>(options.concurrency),
              static_cast<std::size_t>(options.queue)),
        engine_(options.text, static_cast<std::uint64_t>(options.seed),
                static_cast<std::size_t>(options.epochs)) {}

  static Result<std::unique_ptr<Provider>> create(const sdk::Config& config, sdk::Host) {
    PRX_TRY_SET(const Options options, read_options(config));
    return std::make_unique<Provider>(options);
  }

  static std::string describe() { return PRX_NOTE_CAPABILITIES; }

  void start(Op op, const sdk::Request& request) {
    switch (request.kind) {
      case OpKind::kChat:
        return chat(std::move(op));
      case OpKind::kWarmup:
        return line_.is_loaded() ? op.done() : enter(std::move(op), std::nullopt);
      case OpKind::kModels:
        op.item("model", kModelName, std::string(R"({"id":")") + kModelName + "\"}");
        return op.done();
      case OpKind::kHealth:
        return op.done();
      default:
        op.error(error_of(ErrorClass::kUnsupported, "the local model has no such operation"));
    }
  }

 private:
  /// What waits, and what runs when its turn came. Dies with the Op's task, wherever that ends.
  struct Job {
    local::Place place;
    std::optional<local::Asked> asked;  ///< nullopt: only load the model
    std::size_t told = 0;               ///< the last number of those ahead that was told
  };

  void chat(Op op) {
    auto asked = local::read_asked(op.request().body, defaults_);
    if (!asked) return op.error(asked.error());
    op.meta({{}, kModelName, {}});
    enter(std::move(op), std::move(*asked));
  }

  void enter(Op op, std::optional<local::Asked> asked) {
    auto place = line_.enter(op.waker());
    if (!place)
      return op.error(error_of(ErrorClass::kOverloaded,
                               "too many requests wait for the local model; raise its queue, or "
                               "its concurrency"));
    wait(std::move(op), Job{std::move(*place), std::move(asked)});
  }

  /// On the loop: goes to work, or is parked until the line moves or the deadline comes.
  void wait(Op op, Job job) {
    const std::size_t ahead = job.place.ahead();
    if (ahead == 0)
      return std::move(op).spawn(
          [this, job = std::move(job)](Op next) mutable { work(std::move(next), std::move(job)); });
    const std::chrono::nanoseconds left(op.request().deadline_ns - op.host().now_ns());
    if (left.count() <= 0) return op.error(too_late());
    if (std::exchange(job.told, ahead) != ahead &&
        !op.progress("queued behind " + std::to_string(ahead)))
      return;
    const auto at_most = std::min(std::chrono::ceil<std::chrono::milliseconds>(left),
                                  std::chrono::milliseconds(kLookAgain));
    std::move(op).park(at_most, [this, job = std::move(job)](Op next) mutable {
      wait(std::move(next), std::move(job));
    });
  }

  /// On a worker. The place is given up before the end is told: who hears of it may ask again.
  void work(Op op, Job job) {
    const Outcome outcome = compute(op, job);
    { const local::Place left = std::move(job.place); }
    if (outcome == Outcome::kTooLate) return op.error(too_late());
    if (outcome == Outcome::kDone) op.done();
  }  // else the Op is dropped after a cancel, which reports that by itself

  Outcome compute(Op& op, const Job& job) {
    Outcome outcome = line_.is_loaded() ? Outcome::kDone : engine_.load(op);
    if (outcome == Outcome::kDone && !line_.is_loaded()) line_.set_loaded();
    if (outcome == Outcome::kDone && job.asked) outcome = engine_.say(op, *job.asked);
    return outcome;
  }

  static constexpr std::chrono::minutes kLookAgain{10};  ///< though nobody woke it

  const local::AskedDefaults defaults_;
  local::Line line_;
  local::Engine engine_;
};

}  // namespace

PRX_PLUGIN(Provider, PRX_NOTE_ID, PRX_NOTE_VERSION)
