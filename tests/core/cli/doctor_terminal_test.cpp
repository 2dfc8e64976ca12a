// prx doctor in a terminal, as a person sees it.
#include "doctor_fixture.hpp"
#include "support/terminal.hpp"

namespace prx::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class DoctorTerminal : public DoctorFixture {
 protected:
  /// The lines that a terminal of so many columns shows of prx doctor.
  std::vector<std::string> lines_at(unsigned short columns) {
    const auto options = program({"doctor"});
    test::TerminalOptions terminal_options{options.program, options.arguments, options.environment};
    terminal_options.columns = columns;
    test::Terminal terminal(terminal_options);
    exit_code_ = terminal.wait();
    shown_ = terminal.shown();
    EXPECT_THAT(shown_, Not(HasSubstr(kKey)));
    std::vector<std::string> lines;
    std::istringstream text(shown_);
    for (std::string line; std::getline(text, line);) {
      while (line.ends_with('\r')) line.pop_back();
      lines.push_back(line);
    }
    return lines;
  }

  int exit_code_ = -1;
  std::string shown_;
};

TEST_F(DoctorTerminal, AtEightyColumnsNoLineIsLonger) {
  simulate(with_fault("/key", "401"));
  for (const std::string& line : lines_at(80)) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_EQ(exit_code_, 1);
  EXPECT_THAT(shown_, HasSubstr("failure  key openrouter\r\n         ...c2e7 (env"));
  EXPECT_THAT(shown_, HasSubstr("\r\n         -> OpenRouter rejected the key from"));
}

TEST_F(DoctorTerminal, AWideOneHasTheTableThatAPipeHas) {
  simulate();
  EXPECT_THAT(lines_at(1'000).at(0), ContainsRegex("^STATUS +CHECK +WHAT +REMEDY$"));
  EXPECT_EQ(exit_code_, 0);
  EXPECT_THAT(shown_, Not(HasSubstr("->")));
}

TEST_F(DoctorTerminal, APipeHasOneLineForEachRow) {
  simulate(with_fault("/key", "401"));
  environment["COLUMNS"] = "80";
  const auto result = run({"doctor"});
  EXPECT_THAT(result.out,
              ContainsRegex("\nfailure  key openrouter +\\.\\.\\.c2e7 [^\n]+ rejected the key from "
                            "OPENROUTER_API_KEY; check it, or get a new one[^\n]+\n"));
}

}  // namespace
}  // namespace prx::cli
