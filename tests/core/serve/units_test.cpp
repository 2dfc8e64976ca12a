// prx.service and prx.socket, as systemd itself reads them.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/cli/program_fixture.hpp"

namespace prx::cli {
namespace {

constexpr const char* kAnalyze = "/usr/bin/systemd-analyze";

class Units : public ProgramTest {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kAnalyze)) GTEST_SKIP() << "no systemd-analyze here";
    const std::string from = PRX_SOURCE_DIR "/core/packages/systemd/";
    std::string service = content(from + "prx.service.in");
    const std::string place = "@PRX_PROGRAM@";
    service.replace(service.find(place), place.size(), PRX_BINARY_DIR "/bin/prx");
    unit_ = write("units/prx.service", service);
    socket_ = write("units/prx.socket", content(from + "prx.socket"));
  }
  static std::string content(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  test::ProcessResult analyze(std::vector<std::string> arguments) {
    test::ProcessOptions options = program(std::move(arguments));
    options.program = kAnalyze;
    return run_with(options);
  }
  std::string unit_, socket_;
};

TEST_F(Units, AreWhatSystemdExpects) {
  const auto result = analyze({"verify", "--man=no", unit_, socket_});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

TEST_F(Units, ExposeLittle) {
  // Ten times the exposure that it computes: 17 when this was written, 92 without any option.
  const auto result = analyze({"security", "--offline=true", "--threshold=20", unit_});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace prx::cli
