/// \file trace_lines.hpp
/// TraceLines: what --trace and /trace on show of the attempts of one question.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/chat/answer_printer.hpp"
#include "cli/output.hpp"
#include "prx/attempt.hpp"

namespace prx::cli {

/// A failure is told as it happens, after whatever was given up before it. The attempt that served,
/// and those that were given up for it, are told after the answer, whose end may still be on its
/// way to stdout.
class TraceLines {
 public:
  /// \param printer  of the answer, borrowed; nullptr: it comes after the call.
  TraceLines(AnswerPrinter* printer, const Patience& patience)
      : printer_(printer), patience_(patience) {}
  TraceLines(const TraceLines&) = delete;
  TraceLines& operator=(const TraceLines&) = delete;

  /// For CallOptions::on_attempt of one call after the other; this outlives them. On their loop,
  /// which a stderr that nobody reads holds up: that is what a trace asks for.
  [[nodiscard]] std::function<void(const Attempt&)> hook();
  /// What waited for the end of the answer. After the call.
  void tell_rest();

 private:
  void take(const Attempt& attempt);

  AnswerPrinter* const printer_;
  const Patience patience_;
  int number_ = 0;  ///< of attempts; targets that were skipped have none
  std::vector<std::string> waiting_;
};

}  // namespace prx::cli
