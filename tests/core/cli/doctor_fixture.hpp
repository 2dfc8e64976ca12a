/// \file doctor_fixture.hpp
/// prx doctor against simulators, its rows read from --json.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "program_fixture.hpp"
#include "support/wire_server.hpp"

namespace prx::cli {

/// A simulator that does so to every request of a path, or to the first `times`.
inline sim::SimulatorOptions with_fault(const char* path, const std::string& fault, int times = 0) {
  sim::SimulatorOptions options;
  sim::FaultRule rule;
  rule.path = path;
  rule.times = times;
  rule.faults = sim::parse_faults(fault).value();
  options.script.rules.push_back(std::move(rule));
  return options;
}

/// A row of prx doctor. All "" : there is none.
struct DoctorRow {
  std::string status, what, remedy;
};

class DoctorFixture : public ProgramTest {
 protected:
  static constexpr const char* kOtherKey = "sk-proj-07e1207e1207e1207e12";

  /// Runs `prx doctor ARGUMENTS --json` and keeps its rows.
  test::ProcessResult examine(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), "doctor");
    arguments.emplace_back("--json");
    auto result = run(std::move(arguments));
    document_ = parse_json(result.out);
    EXPECT_TRUE(document_.HasMember("checks")) << result.err;
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.out.find("07e1207e12"), std::string::npos) << "a key was printed";
    text_ = result.out;
    return result;
  }

  /// The only row about that subject, or with that beginning of one.
  [[nodiscard]] DoctorRow row(const std::string& check, const std::string& subject) const {
    DoctorRow found;
    int count = 0;
    for (const auto& each : document_["checks"].GetArray()) {
      const std::string about = each["subject"].IsString() ? each["subject"].GetString() : "";
      if (each["check"].GetString() != check || !about.starts_with(subject)) continue;
      ++count;
      found = {each["status"].GetString(), each["what"].GetString(),
               each["remedy"].IsString() ? each["remedy"].GetString() : ""};
    }
    EXPECT_LE(count, 1) << check << ' ' << subject << " more than once in " << text_;
    return found;
  }
  [[nodiscard]] std::size_t rows() const { return document_["checks"].Size(); }
  [[nodiscard]] const std::string& text() const { return text_; }

  /// A second simulator, of the provider "other", which has a key of its own.
  sim::Simulator& simulate_other(sim::SimulatorOptions options = {}) {
    auto started = sim::Simulator::start(std::move(options));
    EXPECT_TRUE(started);
    other_ = std::move(*started);
    environment["OTHER_KEY"] = kOtherKey;
    return *other_;
  }
  [[nodiscard]] std::string other_table(const std::string& lines = {}) const {
    return "[providers.other]\nplugin = \"openrouter\"\nbase_url = \"" + other_->base_url() +
           "\"\napi_key = \"${OTHER_KEY}\"\nmodel = \"openai/gpt-4o\"\n" + lines;
  }

  /// Points the program's OpenRouter at a server that answers everything with this.
  void answer_accounts_with(const std::string& body) {
    answers_ = std::make_unique<test::WireServer>(test::always(test::plain_response(body)));
    environment["OPENROUTER_BASE_URL"] = answers_->url("/api/v1");
  }

  /// Configures a chain "one" of these targets: "openrouter openai/gpt-4o" is one, and what follows
  /// the model are further members of its table.
  void configure_chain(const std::vector<std::string>& targets, const std::string& toml = {}) {
    std::string list;
    for (const std::string& target : targets) {
      std::istringstream words(target);
      std::string provider, model, rest;
      words >> provider >> model;
      std::getline(words, rest);
      list += "{ provider = \"" + provider + "\", model = \"" + model + '"' +
              (rest.empty() ? "" : "," + rest) + " },";
    }
    configure("[chains.one]\ntargets = [" + list + "]\n" + toml);
  }

 private:
  rapidjson::Document document_;
  std::string text_;
  std::unique_ptr<sim::Simulator> other_;
  std::unique_ptr<test::WireServer> answers_;
};

}  // namespace prx::cli
