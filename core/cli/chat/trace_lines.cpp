#include "cli/chat/trace_lines.hpp"

#include <utility>

#include "cli/status_line.hpp"

namespace prx::cli {

std::function<void(const Attempt&)> TraceLines::hook() {
  return [this](const Attempt& attempt) { take(attempt); };
}

void TraceLines::take(const Attempt& attempt) {
  std::string line = trace_line(attempt, attempt.skipped() ? number_ : ++number_);
  const bool failed = attempt.error && attempt.error->error_class != ErrorClass::kCancelled;
  waiting_.push_back(std::move(line));
  if (!failed) return;
  for (const std::string& next : std::exchange(waiting_, {}))  // in their order
    printer_ != nullptr ? printer_->note_between(next) : note(next, patience_);
}

void TraceLines::tell_rest() {
  for (const std::string& line : std::exchange(waiting_, {})) note(line, patience_);
}

}  // namespace prx::cli
