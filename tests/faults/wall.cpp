#include "faults/wall.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "faults/observed.hpp"

namespace prx::faults {

namespace {

constexpr std::size_t kColumns = kHosts * 2 + 1;  ///< hosts by wire, and the rehearsal
constexpr std::size_t kRehearsal = kColumns - 1;
constexpr std::size_t kVariantsByProgram = 4;
constexpr std::array<std::string_view, kColumns> kTitles{
    "stream/1.1", "stream/2", "block/1.1", "block/2", "cli/1.1",   "cli/2",   "json/1.1", "json/2",
    "plain/1.1",  "plain/2",  "serve/1.1", "serve/2", "whole/1.1", "whole/2", "plan"};

std::size_t column(Host host, Wire wire) {
  return static_cast<std::size_t>(host) * 2 + (wire == Wire::kHttp2 ? 1 : 0);
}

/// What a column of a row has to say.
struct Verdict {
  bool played = false;
  Differences differences;
};
using Row = std::array<Verdict, kColumns>;

/// One thing to do, all variants of a column.
struct Task {
  std::size_t row = 0;
  std::size_t column = 0;
};

class Wall {
 public:
  Wall(const House& house, const std::vector<Scenario>& scenarios, const WallOptions& options)
      : house_(house),
        scenarios_(scenarios),
        options_(options),
        rows_(scenarios.size()),
        left_(scenarios.size()) {
    for (std::size_t row = scenarios.size(); row-- > 0;) add_tasks(row);  // the longest are last
  }

  bool run() {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.jobs, 1); ++i)
      threads.emplace_back([this] { work(); });
    for (auto& thread : threads) thread.join();
    return print();
  }

 private:
  void add_tasks(std::size_t row) {
    const Scenario& scenario = scenarios_[row];
    if (!options_.only.empty() && scenario.name.find(options_.only) == std::string::npos) return;
    for (const Host host : scenario.hosts) {
      if (scenario.streams_only && !streams_upstream(host)) continue;
      for (const Wire wire : {Wire::kPlain, Wire::kHttp2})
        tasks_.push_back({row, column(host, wire)});
    }
    if (!scenario.rehearsed.empty()) tasks_.push_back({row, kRehearsal});
    for (const Task& task : tasks_) left_[row] += task.row == row ? 1 : 0;
  }

  void work() {
    for (std::size_t i = next_++; i < tasks_.size(); i = next_++) {
      const Task& task = tasks_[i];
      Verdict& verdict = rows_[task.row][task.column];
      verdict.played = true;
      try {
        play(task, verdict);
      } catch (const std::exception& problem) {
        verdict.differences.push_back(problem.what());
      }
      leave(task.row);
    }
  }

  void play(const Task& task, Verdict& verdict) {
    const Scenario& scenario = scenarios_[task.row];
    if (task.column == kRehearsal) {
      Stage& stage = stage_of(task.row, Wire::kPlain);
      for (const std::size_t variant : variants(scenario, false))
        add(verdict, scenario, variant, judge(stage, rehearse(stage, {Host::kCli, variant})));
      return;
    }
    const auto host = static_cast<Host>(task.column / 2);
    Stage& stage = stage_of(task.row, task.column % 2 == 0 ? Wire::kPlain : Wire::kHttp2);
    if (scenario.play) return add(verdict, scenario, 0, scenario.play(stage, host));
    for (const std::size_t variant : variants(scenario, host == Host::kStream)) {
      const Cell cell{host, variant};
      const Observed seen = make_call(stage, cell);
      add(verdict, scenario, variant, judge(stage, cell, seen));
    }
  }

  /// All by the library's stream; the first, the last and some between by the others.
  [[nodiscard]] std::vector<std::size_t> variants(const Scenario& scenario, bool all) const {
    const std::size_t count = scenario.variants.size();
    const bool each = all || options_.thorough || count <= 2 * kVariantsByProgram;
    const std::size_t taken = each ? count : kVariantsByProgram;
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < taken; ++i)
      out.push_back(taken == 1 ? 0 : i * (count - 1) / (taken - 1));
    return out;
  }

  static void add(Verdict& verdict, const Scenario& scenario, std::size_t variant,
                  const Differences& differences) {
    for (const auto& one : differences)
      verdict.differences.push_back(
          (scenario.variants.size() > 1 ? scenario.variants[variant] + ": " : "") + one);
  }

  Stage& stage_of(std::size_t row, Wire wire) {
    const std::lock_guard lock(mutex_);
    auto& stage = stages_[{row, wire}];
    if (!stage) stage = std::make_unique<Stage>(house_, scenarios_[row], wire);
    return *stage;
  }

  /// The last task of a row closes its stages.
  void leave(std::size_t row) {
    std::vector<std::unique_ptr<Stage>> gone;
    const std::lock_guard lock(mutex_);
    if (--left_[row] > 0) return;
    for (const Wire wire : {Wire::kPlain, Wire::kHttp2}) {
      gone.push_back(std::move(stages_[{row, wire}]));
      stages_.erase({row, wire});
    }
  }

  [[nodiscard]] bool print() const {
    std::size_t width = 0, played = 0, failed = 0;
    for (const Scenario& scenario : scenarios_) width = std::max(width, scenario.name.size());
    std::printf("%-*s", static_cast<int>(width), "");
    for (const auto title : kTitles) std::printf("  %s", std::string(title).c_str());
    std::printf("\n");
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const bool any = std::any_of(rows_[row].begin(), rows_[row].end(),
                                   [](const Verdict& verdict) { return verdict.played; });
      if (any) print_row(row, width, played, failed);
    }
    std::printf("%zu cells, %zu differ\n", played, failed);
    return failed == 0 && played > 0;
  }

  void print_row(std::size_t row, std::size_t width, std::size_t& played,
                 std::size_t& failed) const {
    std::printf("%-*s", static_cast<int>(width), scenarios_[row].name.c_str());
    for (std::size_t i = 0; i < kColumns; ++i) {
      const Verdict& verdict = rows_[row][i];
      const bool good = verdict.differences.empty();
      played += verdict.played ? 1 : 0;
      failed += good ? 0 : 1;
      std::printf("  %-*s", static_cast<int>(kTitles[i].size()),
                  !verdict.played ? "-"
                  : good          ? "pass"
                                  : "DIFFERS");
    }
    std::printf("\n");
    for (std::size_t i = 0; i < kColumns; ++i)
      for (const auto& one : rows_[row][i].differences)
        std::printf("    %s: %s\n", std::string(kTitles[i]).c_str(), one.c_str());
  }

  const House& house_;
  const std::vector<Scenario>& scenarios_;
  const WallOptions options_;
  std::vector<Row> rows_;
  std::vector<std::size_t> left_;  // under mutex_
  std::vector<Task> tasks_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::map<std::pair<std::size_t, Wire>, std::unique_ptr<Stage>> stages_;  // under mutex_
};

}  // namespace

bool play_wall(const House& house, const std::vector<Scenario>& scenarios,
               const WallOptions& options) {
  return Wall(house, scenarios, options).run();
}

}  // namespace prx::faults
