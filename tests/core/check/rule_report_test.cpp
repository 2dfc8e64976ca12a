#include "check/rule_report.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "os/descriptor.hpp"

namespace prx::check {
namespace {

/// What the writer sends of a trial with two findings.
std::string written(const std::string& why_not = {}) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const os::Descriptor reader(ends[0]);
  os::Descriptor writer(ends[1]);
  SharedPlace place{};
  ReportWriter report(writer.get(), place);
  Trial trial(1, &report);
  if (why_not.empty()) {
    (void)trial.expect(false, "one", "two");
    trial.at("byte 1");
    (void)trial.expect(false, "", std::string("\0\n\xff", 3));
  } else {
    trial.not_applicable(why_not);
  }
  report.end(trial);
  writer.reset();
  std::string text(4'096, '\0');
  const auto size = ::read(reader.get(), text.data(), text.size());
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

TEST(RuleReport, WhatIsWrittenIsRead) {
  const Report report = read_report(written());
  EXPECT_TRUE(report.ended);
  EXPECT_FALSE(report.foreign);
  EXPECT_EQ(report.expectations, 2u);
  EXPECT_EQ(report.failed, 2u);
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings[0], (Finding{"one", "two", ""}));
  EXPECT_EQ(report.findings[1], (Finding{"", std::string("\0\n\xff", 3), "byte 1"}));
  EXPECT_EQ(read_report(written("no server")).why_not, "no server");
}

TEST(RuleReport, ACutReportHasNoEnd) {
  const std::string whole = written();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_report(std::string_view(whole).substr(0, size)).ended) << size;
}

TEST(RuleReport, NothingMayFollowTheEnd) {
  EXPECT_TRUE(read_report(written() + "x").foreign);
  EXPECT_TRUE(read_report(written() + written()).foreign);
}

TEST(RuleReport, AnyChangedByteIsReadWithinBounds) {
  const std::string whole = written();
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const char byte : {'\0', 'f', 'F', 'E', '9', '\xff'}) {
      std::string changed = whole;
      changed[i] = byte;
      EXPECT_LE(read_report(changed).findings.size(), Trial::kFindingsMax);
    }
}

TEST(RuleReport, MoreFindingsThanAreKeptAreNotItsOwn) {
  std::string frames;
  for (std::size_t i = 0; i <= Trial::kFindingsMax; ++i) frames += "F000000000000000000000000";
  const Report report = read_report(frames);
  EXPECT_EQ(report.findings.size(), Trial::kFindingsMax);
  EXPECT_TRUE(report.foreign);
}

TEST(RuleReport, ThePlaceIsCutToItsRoom) {
  SharedPlace place{};
  ReportWriter report(-1, place);
  report.at(std::string(Trial::kLineMax + 5, 'a'));
  EXPECT_EQ(place.size.load(), Trial::kLineMax);
}

}  // namespace
}  // namespace prx::check
