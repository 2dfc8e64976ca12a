#include "bench/run/row.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace prx::bench {
namespace {

std::string number(std::optional<double> value) {
  if (!value) return "-";
  std::array<char, 32> text{};
  const int digits = *value >= 1'000 ? 0 : *value >= 100 ? 1 : *value >= 1 ? 2 : 4;
  std::snprintf(text.data(), text.size(), "%.*f", digits, *value);
  return text.data();
}

std::string ok_word(const Row& row) {
  if (row.broken) return "BROKEN";
  if (!row.value) return "skipped";
  if (!row.goal) return "";
  return row.fails() ? "FAIL" : row.within_goal() ? "ok" : "above";
}

std::string json_number(std::optional<double> value) {
  if (!value) return "null";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", *value);
  return text.data();
}

std::string json_row(const Row& row) {
  const char* const ok = !row.value || !row.goal ? "null" : row.within_goal() ? "true" : "false";
  return R"({"name":")" + row.name + R"(","value":)" + json_number(row.value) + R"(,"unit":")" +
         row.unit + R"(","goal":)" + json_number(row.goal) + R"(,"ok":)" + ok + "}";
}

}  // namespace

bool Row::fails() const {
  if (!value || !goal) return false;
  if (kind == Kind::kRatio)
    return at_least ? *value < *goal / kRatioSlack : *value > *goal * kRatioSlack;
  return kind == Kind::kCount && *value > tripwire.value_or(*goal);
}

Row skipped_row(std::string name, std::string reason) {
  Row row;
  row.name = std::move(name);
  row.note = std::move(reason);
  return row;
}

Row broken_row(std::string name, std::string reason) {
  Row row = skipped_row(std::move(name), std::move(reason));
  row.broken = true;
  return row;
}

std::string table(const std::vector<Row>& rows) {
  std::string out;
  std::array<char, 160> line{};
  const auto add = [&](const char* name, const char* value, const char* unit, const char* goal,
                       const char* floor, const char* ok, const std::string& note) {
    std::snprintf(line.data(), line.size(), "%-24s %10s  %-13s %9s %9s  %-7s ", name, value, unit,
                  goal, floor, ok);
    std::string text = line.data() + note;
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  add("name", "value", "unit", "goal", "floor", "ok", "");
  for (const Row& row : rows)
    add(row.name.c_str(), number(row.value).c_str(), row.unit.c_str(), number(row.goal).c_str(),
        number(row.floor).c_str(), ok_word(row).c_str(), row.note);
  return out;
}

std::string json_line(const std::vector<Row>& rows) {
  std::string out = "[";
  for (const Row& row : rows) out += (out.size() > 1 ? "," : "") + json_row(row);
  return out + "]";
}

int exit_code(const std::vector<Row>& rows) {
  if (std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.fails(); })) return 1;
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.broken; }) ? 2 : 0;
}

}  // namespace prx::bench
