/// \file program_fixture.hpp
/// The real program against an in-process simulator, in a home of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/simulator.hpp"
#include "support/process.hpp"

namespace prx::cli {

/// Whatever any run of a test printed must not hold the key: checked after every test.
class ProgramTest : public ::testing::Test {
 protected:
  static constexpr const char* kKey = "sk-or-v1-5ec2e75ec2e75ec2e75ec2e7";
  static constexpr std::chrono::seconds kPatience{20};

  ProgramTest();
  ~ProgramTest() override;
  void TearDown() override;

  /// Starts the simulator and points the program's OpenRouter at it.
  void simulate(sim::SimulatorOptions options = {});
  /// Writes a file into the home, mode 0600; its path.
  std::string write(const std::string& name, const std::string& text) const;
  /// Writes the user's configuration file; its path.
  std::string configure(const std::string& toml);

  [[nodiscard]] test::ProcessOptions program(std::vector<std::string> arguments) const;
  test::ProcessResult run(std::vector<std::string> arguments);
  test::ProcessResult run_with(test::ProcessOptions options);
  /// What a started process printed in the end.
  test::ProcessResult end(test::Process& process);

  [[nodiscard]] sim::Simulator& simulator() { return *simulator_; }
  /// The body of the only request that the simulator got.
  [[nodiscard]] rapidjson::Document only_body();
  /// True when a request's client went away before its end, now or soon.
  [[nodiscard]] bool client_went_away();

  std::filesystem::path home;
  std::map<std::string, std::string> environment;

 private:
  void keep(const test::ProcessResult& result);

  std::unique_ptr<sim::Simulator> simulator_;
  std::vector<std::string> printed_;
};

/// The one object that --json printed.
[[nodiscard]] rapidjson::Document parse_json(const std::string& text);

}  // namespace prx::cli
