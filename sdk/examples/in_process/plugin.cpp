// A provider without a network: says a text word by word, by the host's timer. Cancel undoes the
// timer.
#include "prx/plugin.hpp"

#include "prx_note.h"

using namespace prx::sdk;

class Echo {
 public:
  Echo(const Config& config, Host)
      : text_(config.string("text", "Hello from a plugin.")),
        pause_(config.integer("pause_ms", 20)) {}

  static std::string describe() { return PRX_NOTE_CAPABILITIES; }
  void start(Op op, const Request&) const { say(std::move(op), text_); }

 private:
  void say(Op op, std::string_view words) const {
    if (words.empty()) {
      op.finish(FinishReason::kStop);
      return op.done();
    }
    const std::string_view word = words.substr(0, words.find(' ', 1));
    words.remove_prefix(word.size());
    op.text(word);
    std::move(op).after(pause_, [this, words](Op next) { say(std::move(next), words); });
  }

  const std::string text_;
  const std::chrono::milliseconds pause_;
};

PRX_PLUGIN(Echo, PRX_NOTE_ID, PRX_NOTE_VERSION)
