#include "cli/doctor/checks_table.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/output.hpp"
#include "cli/utf8.hpp"

namespace prx::cli {
namespace {

constexpr std::size_t kIndent = 9;  // of what stands below a row: as wide as "failure  "
constexpr std::string_view kRemedyMark = "-> ";
constexpr char32_t kWideFirst = 0x1100;  // no character below it takes two columns

/// A row's cells: status, check and subject, what, remedy.
using Cells = std::vector<std::string>;

std::vector<Cells> cells_of(const Checks& checks) {
  std::vector<Cells> rows{{"STATUS", "CHECK", "WHAT", "REMEDY"}};
  for (const Check& row : checks) {
    const std::string name = row.subject.empty() ? row.check : row.check + ' ' + row.subject;
    rows.push_back({std::string(to_string(row.status)), visible_line(name), visible_line(row.what),
                    visible_line(row.remedy)});
  }
  return rows;
}

/// Columns that a text takes at most.
std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Utf8Step step = next_utf8(text);
    columns += step.kind == Utf8Step::Kind::kCharacter && step.code >= kWideFirst ? 2 : 1;
    text.remove_prefix(step.size);
  }
  return columns;
}

/// The lines of a table, without the blanks after them.
std::vector<std::string> table_lines(const std::vector<Cells>& rows) {
  std::vector<std::string> lines;
  const std::string table = table_text(rows);
  for (std::string_view rest = table; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    lines.emplace_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  return lines;
}

bool fit(const std::vector<std::string>& lines, std::size_t columns) {
  return std::all_of(lines.begin(), lines.end(),
                     [columns](const std::string& line) { return columns_of(line) <= columns; });
}

/// `begin` and the words of a text, on as many lines as they need, the later ones below the first
/// word.
void append_wrapped(std::string& out, const std::string& begin, std::string_view text,
                    std::size_t columns) {
  const std::size_t indent = columns_of(begin);
  std::size_t used = indent;
  out += begin;
  for (bool first = true; !text.empty(); first = false) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t wide = columns_of(word);
    const bool fits = used + 1 + wide <= columns;
    if (!first) out += fits ? std::string(1, ' ') : '\n' + std::string(indent, ' ');
    used = first || !fits ? indent + wide : used + 1 + wide;
    out += word;
  }
  out += '\n';
}

void append_remedy(std::string& out, const Cells& row, std::size_t columns) {
  if (row[3].empty()) return;
  append_wrapped(out, std::string(kIndent, ' ') + std::string(kRemedyMark), row[3], columns);
}

/// Remedies below their rows; what was found too, where it does not fit beside the names.
std::string narrow_table(const std::vector<Cells>& rows, std::size_t columns) {
  std::vector<Cells> three = rows;
  for (Cells& row : three) row.pop_back();
  const std::vector<std::string> lines = table_lines(three);
  const bool beside = fit(lines, columns);
  std::string out = beside ? lines[0] + '\n' : "STATUS   CHECK\n";
  for (std::size_t i = 1; i < rows.size(); ++i) {
    std::string status = rows[i][0];
    status.resize(kIndent, ' ');
    if (beside) {
      out += lines[i] + '\n';
    } else {
      append_wrapped(out, status, rows[i][1], columns);
      append_wrapped(out, std::string(kIndent, ' '), rows[i][2], columns);
    }
    append_remedy(out, rows[i], columns);
  }
  return out;
}

}  // namespace

std::string checks_table(const Checks& checks, std::size_t columns) {
  const std::vector<Cells> rows = cells_of(checks);
  const std::vector<std::string> lines = table_lines(rows);
  const std::size_t width = std::max(columns, kChecksColumnsMin);
  if (columns != 0 && !fit(lines, width)) return narrow_table(rows, width);
  std::string out;
  for (const std::string& line : lines) out += line + '\n';
  return out;
}

}  // namespace prx::cli
