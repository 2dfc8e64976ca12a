/// \file rule_report.hpp
/// What a rule's process says to the one that started it: frames over a pipe, and the last place in
/// memory that both see. Internal to the runner.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include "check/rule.hpp"

namespace prx::check {

/// Where a rule stands. In memory that two processes share; the reader looks when the writer ended.
struct SharedPlace {
  std::atomic<std::uint32_t> size;
  std::array<char, Trial::kLineMax> text;
};

/// The rule's side. Each finding goes out when it is found, so that a crash loses none.
class ReportWriter final : public Witness {
 public:
  /// Both are borrowed; what cannot be written is left out.
  ReportWriter(int descriptor, SharedPlace& place) : descriptor_(descriptor), place_(place) {}
  void at(std::string_view place) override;
  void found(const Finding& finding) override;
  /// Once, last: the trial is over.
  void end(const Trial& trial);

 private:
  int descriptor_;
  SharedPlace& place_;
};

/// What was read of a report.
struct Report {
  std::vector<Finding> findings;
  std::size_t expectations = 0, failed = 0;
  std::string why_not;
  bool ended = false;    ///< the trial was over
  bool foreign = false;  ///< somebody else wrote there too
};

/// Reads the bytes of a report, which may be cut anywhere, or be anybody's.
[[nodiscard]] Report read_report(std::string_view bytes);

}  // namespace prx::check
