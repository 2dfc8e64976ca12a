/// \file rule.hpp
/// The contract of prx/plugin.h as named rules. Start here; the rules themselves are in rules/.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "check/subject.hpp"

namespace prx::check {

/// A rule that was broken, told to a plugin's author.
struct Finding {
  std::string expected;  ///< what the contract says here, one line
  std::string happened;  ///< what the plugin did, one line
  std::string at;        ///< the case: "cut after byte 17 of the answer 'stream'", or ""
  friend bool operator==(const Finding&, const Finding&) = default;
};

/// Is told of each step of a Trial while it runs, so that a crash leaves a trace. Called on the
/// thread that runs the rule.
class Witness {
 public:
  Witness() = default;
  virtual ~Witness() = default;
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  virtual void at(std::string_view place) = 0;
  virtual void found(const Finding& finding) = 0;  ///< one of those that are kept
};

/// What one run of one rule found. Lives in the child process that runs the rule; one thread.
class Trial {
 public:
  static constexpr std::size_t kFindingsMax = 8;  ///< kept of one rule; more are counted
  static constexpr std::size_t kLineMax = 1'000;  ///< bytes of each text of a finding; more is cut

  /// \param witness  borrowed for the trial's life, or nullptr: nobody listens.
  explicit Trial(std::uint64_t seed, Witness* witness = nullptr) : seed_(seed), witness_(witness) {}

  /// Where the next expectations stand: shown with a finding. Also what the parent reports when the
  /// plugin crashes or hangs, so say it before each step. Cheap: no system call.
  void at(std::string place);
  /// Counts an expectation; one that does not hold is a finding. \return holds
  bool expect(bool holds, std::string_view expected, std::string_view happened);
  /// The rule says nothing about this plugin; shown with the reason. Only before any expectation.
  void not_applicable(std::string reason);

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  [[nodiscard]] std::size_t expectations() const { return expectations_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

 private:
  std::uint64_t seed_;
  Witness* witness_;
  std::string at_, why_not_;
  std::vector<Finding> findings_;
  std::size_t expectations_ = 0, failed_ = 0;
};

/// Names of members of the quirks, a few. A value.
class QuirkNames {
 public:
  static constexpr std::size_t kMax = 2;

  constexpr QuirkNames() = default;
  /// One, or none when it is "".
  constexpr QuirkNames(const char* name) {  // NOLINT: as it stands in the tables of rules
    if (*name != 0) names_[size_++] = name;
  }
  constexpr QuirkNames(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) names_.at(size_++) = name;
  }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr const std::string_view* begin() const { return names_.data(); }
  [[nodiscard]] constexpr const std::string_view* end() const { return names_.data() + size_; }

 private:
  std::array<std::string_view, kMax> names_{};
  std::size_t size_ = 0;
};

/// One line of the contract. Rules are static data: kept in tables, one table a file.
struct Rule {
  /// "group.claim" in lower case, "start.no-event-inside": what --json, quirks and mutants name.
  /// Never given to another rule.
  std::string_view id;
  std::string_view claim;   ///< one sentence, what holds: "No event comes from inside start."
  std::string_view source;  ///< where the contract says so: "prx/plugin.h, prx_provider::start"
  bool is_static = false;   ///< reads the file and runs nothing of it
  /// The members of the quirks that change what it asks for ("imports"); the others never do
  QuirkNames quirks;
  std::chrono::seconds limit{20};  ///< of its child process; Subject::fuzz on top of "fuzz.*"
  void (*run)(const Subject& subject, Trial& trial) = nullptr;
  /// When it fails, those after it cannot be run: they load the file
  bool is_gate = false;
};

/// All of them, static ones first, in the order of the report. Those of fuzzing are not among them.
[[nodiscard]] std::vector<Rule> all_rules();

// One table for each file of rules/, named in rules.cpp.
[[nodiscard]] std::span<const Rule> file_rules();       ///< note, ELF, exports, imports
[[nodiscard]] std::span<const Rule> table_rules();      ///< query, interface_, sizes, init, create
[[nodiscard]] std::span<const Rule> operation_rules();  ///< start, events, cancel, release
[[nodiscard]] std::span<const Rule> answer_rules();     ///< splits, statuses, errors, cut answers
[[nodiscard]] std::span<const Rule> endurance_rules();  ///< concurrency, growth, leftovers
[[nodiscard]] std::span<const Rule> fuzz_rules();       ///< run for Subject::fuzz

}  // namespace prx::check
