#include "cli/chat/run_printer.hpp"

#include <utility>

namespace prx::cli {

RunPrinter::RunPrinter(const PrinterOptions& options, std::stop_token stop)
    : printer_(options),
      trace_(&printer_, options.patience),
      asked_(std::move(stop), [this] { stop_.request_stop(); }) {}

void RunPrinter::attach(RunOptions& run, bool traces) {
  run.call.stop = stop_.get_token();
  if (traces) run.call.on_attempt = trace_.hook();
  run.on_event = [this](const StreamEvent& event) {
    if (printer_.error() == 0 && !printer_.take(event)) stop_.request_stop();
  };
  run.on_answer = [this](const ChatResponse&) {
    if (!finish()) stop_.request_stop();
  };
}

bool RunPrinter::finish() {
  const bool shown = printer_.finish();
  trace_.tell_rest();
  return shown;
}

}  // namespace prx::cli
