// A provider without a network: it says its text word by word. Replace say() by what computes an
// answer; what computes or blocks belongs on a worker, by Op::spawn(). See prx/sdk/op.hpp.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <prx/plugin.hpp>

#include "prx_note.h"

namespace {

namespace sdk = prx::sdk;

class Provider {
 public:
  Provider(const sdk::Config& config, sdk::Host)
      : text_(config.string("text", "Hello from @ID@.")),
        pause_(std::max<std::int64_t>(config.integer("pause_ms", 20), 0)) {}

  static std::string describe() { return PRX_NOTE_CAPABILITIES; }

  /// On the host's loop, several at once: must not block. The Op ends the operation, once.
  void start(sdk::Op op, const sdk::Request& request) const {
    if (request.kind != sdk::OpKind::kChat) {
      prx::Error error;
      error.error_class = prx::ErrorClass::kUnsupported;
      error.message = "this provider can only chat";
      return op.error(error);
    }
    say(std::move(op), text_);
  }

 private:
  /// The first word now, the others later, by the host's timer. A cancel undoes the timer.
  void say(sdk::Op op, std::string_view words) const {
    if (words.empty()) {
      op.finish(sdk::FinishReason::kStop);
      return op.done();
    }
    const std::string_view word = words.substr(0, words.find(' ', 1));
    words.remove_prefix(word.size());
    op.text(word);
    std::move(op).after(pause_, [this, words](sdk::Op next) { say(std::move(next), words); });
  }

  const std::string text_;
  const std::chrono::milliseconds pause_;
};

}  // namespace

PRX_PLUGIN(Provider, PRX_NOTE_ID, PRX_NOTE_VERSION)
