#include "check/rule_report.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "os/file.hpp"

namespace prx::check {
namespace {

// A frame: its type, then texts, each its length in eight hexadecimal digits and its bytes.
constexpr char kFinding = 'F', kEnd = 'E';
constexpr std::size_t kLengthDigits = 8;

void add_text(std::string& frame, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = kLengthDigits; i > 0; --i)
    frame += kDigits[text.size() >> (4 * (i - 1)) & 15u];
  frame += text;
}

class FrameReader {
 public:
  explicit FrameReader(std::string_view bytes) : left_(bytes) {}

  [[nodiscard]] bool at_end() const { return left_.empty(); }
  [[nodiscard]] char type() {
    const char type = left_.front();
    left_.remove_prefix(1);
    return type;
  }
  [[nodiscard]] std::optional<std::string> text() {
    if (left_.size() < kLengthDigits) return std::nullopt;
    std::size_t size = 0;
    const char* const end = left_.data() + kLengthDigits;
    if (const auto read = std::from_chars(left_.data(), end, size, 16);
        read.ec != std::errc() || read.ptr != end)
      return std::nullopt;
    left_.remove_prefix(kLengthDigits);
    if (size > left_.size() || size > Trial::kLineMax) return std::nullopt;
    std::string text(left_.substr(0, size));
    left_.remove_prefix(size);
    return text;
  }
  [[nodiscard]] std::optional<std::size_t> number() {
    const auto digits = text();
    std::size_t value = 0;
    if (!digits) return std::nullopt;
    const char* const end = digits->data() + digits->size();
    const auto read = std::from_chars(digits->data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return value;
  }

 private:
  std::string_view left_;
};

bool read_finding(FrameReader& reader, Report& report) {
  auto expected = reader.text(), happened = reader.text(), at = reader.text();
  if (!expected || !happened || !at || report.findings.size() == Trial::kFindingsMax) return false;
  report.findings.push_back({*expected, *happened, *at});
  return true;
}

bool read_end(FrameReader& reader, Report& report) {
  const auto expectations = reader.number(), failed = reader.number();
  const auto why_not = reader.text();
  if (!expectations || !failed || !why_not) return false;
  report.expectations = *expectations;
  report.failed = *failed;
  report.why_not = *why_not;
  report.ended = true;
  return true;
}

}  // namespace

void ReportWriter::at(std::string_view place) {
  const std::size_t size = std::min(place.size(), place_.text.size());
  std::memcpy(place_.text.data(), place.data(), size);
  place_.size.store(static_cast<std::uint32_t>(size), std::memory_order_release);
}

void ReportWriter::found(const Finding& finding) {
  std::string frame(1, kFinding);
  for (const std::string* const text : {&finding.expected, &finding.happened, &finding.at})
    add_text(frame, *text);
  (void)os::write_whole(descriptor_, frame);
}

void ReportWriter::end(const Trial& trial) {
  std::string frame(1, kEnd);
  add_text(frame, std::to_string(trial.expectations()));
  add_text(frame, std::to_string(trial.failed()));
  add_text(frame, std::string_view(trial.why_not()).substr(0, Trial::kLineMax));
  (void)os::write_whole(descriptor_, frame);
}

Report read_report(std::string_view bytes) {
  Report report;
  FrameReader reader(bytes);
  while (!reader.at_end() && !report.foreign) {
    const char type = reader.type();
    const bool good = !report.ended && type == kFinding ? read_finding(reader, report)
                      : !report.ended && type == kEnd   ? read_end(reader, report)
                                                        : false;
    report.foreign = !good;
  }
  return report;
}

}  // namespace prx::check
