#include "cli/onboard/models.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "cli/amounts.hpp"
#include "cli/output.hpp"
#include "config/table_reader.hpp"

namespace prx::cli {
namespace {

std::string in_brackets(const std::string& usual) {
  return usual.empty() ? ": " : " [" + visible_line(usual) + "]: ";
}

std::string rows_text(const std::vector<ModelRow>& rows, std::size_t all) {
  std::vector<std::vector<std::string>> table{{"", "MODEL", "CONTEXT", "$/M IN", "$/M OUT"}};
  const std::size_t shown = std::min(rows.size(), kModelsShownMax);
  for (std::size_t i = 0; i < shown; ++i) {
    const ModelFacts& facts = rows[i].model->facts;
    table.push_back({std::to_string(i + 1) + ")", visible_line(facts.id),
                     facts.context_length ? grouped(*facts.context_length) : "?",
                     price_text(facts.prompt_price), price_text(facts.completion_price)});
  }
  std::string text = table_text(table);
  if (shown < all) text += std::to_string(shown) + " of " + std::to_string(all) + " are shown\n";
  return text;
}

std::optional<std::size_t> number_in(const std::string& text, std::size_t max) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 1 || number > max) return std::nullopt;
  return number;
}

bool has(const std::vector<ModelRow>& rows, const std::string& id) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const ModelRow& row) { return row.model->facts.id == id; });
}

constexpr std::string_view kWanted = "It can answer nothing without a model; Ctrl-C leaves";

/// One list and the words that narrowed it so far.
class Narrowing {
 public:
  Narrowing(Dialogue& dialogue, const Catalog& catalog, const std::string& usual)
      : dialogue_(dialogue), catalogs_{catalog}, usual_(usual) {
    narrow();
  }

  Result<std::string> run() {
    while (true) {
      dialogue_.say(rows_text(rows_, rows_.size()));
      const std::string taken = taken_by_enter();
      auto asked = dialogue_.ask("Number, or part of a name" + in_brackets(taken));
      if (!asked) return asked;
      const std::string& line = *asked;
      if (line.empty() && !taken.empty()) return taken;
      if (line.empty() && filter_.words.empty()) {
        dialogue_.say(kWanted);
        continue;
      }
      if (line.starts_with('=') && config::is_model_name(line.substr(1))) return line.substr(1);
      if (has(rows_, line)) return line;
      const auto number = number_in(line, std::min(rows_.size(), kModelsShownMax));
      if (number) return rows_[*number - 1].model->facts.id;
      add_words(line);
    }
  }

 private:
  void narrow() { rows_ = chosen_models(catalogs_, filter_, ModelOrder::kListed); }

  /// The usual one while it is in the list, or before anything was typed; then the first.
  [[nodiscard]] std::string taken_by_enter() const {
    if (filter_.words.empty() || has(rows_, usual_)) return usual_;
    return rows_.empty() ? "" : rows_.front().model->facts.id;
  }

  void add_words(const std::string& line) {
    const std::vector<std::string> before = filter_.words;
    if (line.empty() || line == "*") {
      filter_.words.clear();
      return narrow();
    }
    std::size_t at = 0;
    while ((at = line.find_first_not_of(" \t", at)) != std::string::npos) {
      const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
      filter_.words.push_back(line.substr(at, end - at));
      at = end;
    }
    narrow();
    if (!rows_.empty()) return;
    dialogue_.say("No model has '" + visible_line(line) +
                  (before.empty() ? "'; " : "' too; * shows all again, ") +
                  "=ID takes one that is not listed");
    filter_.words = before;
    narrow();
  }

  Dialogue& dialogue_;
  const std::vector<Catalog> catalogs_;
  const std::string& usual_;
  ModelFilter filter_;
  std::vector<ModelRow> rows_;
};

}  // namespace

Result<std::string> choose_from(Dialogue& dialogue, const Catalog& catalog,
                                const std::string& usual) {
  return Narrowing(dialogue, catalog, usual).run();
}

Result<std::string> ask_model(Dialogue& dialogue, const std::string& usual) {
  while (true) {
    PRX_TRY_SET(std::string line, dialogue.ask("Model" + in_brackets(usual)));
    if (line.empty() && !usual.empty()) return usual;
    if (line.empty())
      dialogue.say(kWanted);
    else if (config::is_model_name(line))
      return line;
  }
}

}  // namespace prx::cli
