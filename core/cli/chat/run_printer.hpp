/// \file run_printer.hpp
/// RunPrinter: prints a run with tools as it goes, and stops it when nobody is there to read it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "cli/chat/answer_printer.hpp"
#include "cli/chat/trace_lines.hpp"
#include "prx/tool_box.hpp"

namespace prx::cli {

/// Of one run, on its caller's thread.
class RunPrinter {
 public:
  /// \param stop  ends the run too.
  RunPrinter(const PrinterOptions& options, std::stop_token stop);
  RunPrinter(const RunPrinter&) = delete;
  RunPrinter& operator=(const RunPrinter&) = delete;

  /// Sets what prints and what stops: `on_event`, `on_answer`, `call.stop` and, to trace,
  /// `call.on_attempt`. This outlives the run.
  void attach(RunOptions& run, bool traces);
  /// Ends the line, and tells what is left of the trace. After the run. False when it could not be
  /// shown.
  bool finish();

  [[nodiscard]] int error() const { return printer_.error(); }  ///< as AnswerPrinter::error()
  [[nodiscard]] const std::optional<std::chrono::microseconds>& first_token() const {
    return printer_.first_token();
  }

 private:
  AnswerPrinter printer_;
  TraceLines trace_;
  std::stop_source stop_;
  const std::stop_callback<std::function<void()>> asked_;
};

}  // namespace prx::cli
