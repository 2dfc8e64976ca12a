#include "cli/models/models_table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "cli/json_writer.hpp"
#include "cli/output.hpp"

namespace prx::cli {
namespace {

constexpr double kPerMillionTokens = 1e6;
constexpr std::size_t kCellMax = 80;  // bytes of what a server chose itself

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool has_part(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool at_most(const std::optional<double>& price, double per_million) {
  return price && *price * kPerMillionTokens <= per_million + 1e-9;
}

bool is_free(const ModelFacts& facts) {
  return facts.prompt_price == 0.0 && facts.completion_price == 0.0 &&
         facts.request_price.value_or(0.0) == 0.0;
}

/// What rows are ordered by, the smallest first.
double rank(const ModelFacts& facts, ModelOrder order) {
  constexpr double kLast = std::numeric_limits<double>::infinity();
  switch (order) {
    case ModelOrder::kListed:
      return 0.0;
    case ModelOrder::kPrice:
      if (!facts.prompt_price || !facts.completion_price) return kLast;
      return *facts.prompt_price + *facts.completion_price;
    case ModelOrder::kContext:
      return facts.context_length ? -static_cast<double>(*facts.context_length) : kLast;
    case ModelOrder::kCreated:
      return facts.created ? -static_cast<double>(*facts.created) : kLast;
  }
  return kLast;
}

/// Cut so that no server widens the table without an end; whole characters.
std::string cell(std::string_view text) {
  if (text.empty()) return "-";
  std::size_t size = std::min(text.size(), kCellMax);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    --size;
  return visible_line(text.substr(0, size)) + (size < text.size() ? "..." : "");
}

std::string yes_or_no(const std::optional<bool>& ability) {
  return !ability ? "?" : *ability ? "yes" : "no";
}

std::string count_text(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "?";
}

void write_ability(JsonWriter& json, std::string_view name, const std::optional<bool>& ability) {
  json.key(name);
  ability ? json.boolean(*ability) : json.null();
}

void write_row(JsonWriter& json, const ModelRow& row) {
  const ModelFacts& facts = row.model->facts;
  json.begin_object();
  json.key("provider").string(row.catalog->provider).key("id").string(facts.id);
  json.key("name").string_or_null(facts.name).key("vendor").string_or_null(facts.vendor);
  json.key("context_length").integer_or_null(facts.context_length);
  json.key("completion_max").integer_or_null(facts.completion_max);
  write_ability(json, "tools", facts.tools);
  write_ability(json, "vision", facts.vision);
  write_ability(json, "structured_output", facts.structured_output);
  write_ability(json, "reasoning", facts.reasoning);
  json.key("prompt_price").number_or_null(facts.prompt_price);
  json.key("completion_price").number_or_null(facts.completion_price);
  json.key("cache_read_price").number_or_null(facts.cache_read_price);
  json.key("cache_write_price").number_or_null(facts.cache_write_price);
  json.key("request_price").number_or_null(facts.request_price);
  json.key("created").integer_or_null(facts.created);
  json.key("expires").string_or_null(facts.expires);
  json.key("supported_parameters").strings(facts.supported_parameters);
  json.key("input_modalities").strings(facts.input_modalities);
  json.key("fetched").integer(std::chrono::system_clock::to_time_t(row.catalog->fetched));
  json.end_object();
}

}  // namespace

bool passes(const ModelFacts& facts, const ModelFilter& filter) {
  for (const std::string& word : filter.words)
    if (!has_part(facts.id, word) && !has_part(facts.name, word)) return false;
  if (filter.tools && facts.tools != true) return false;
  if (filter.vision && facts.vision != true) return false;
  if (filter.structured && facts.structured_output != true) return false;
  if (filter.free && !is_free(facts)) return false;
  if (filter.price_max && !(at_most(facts.prompt_price, *filter.price_max) &&
                            at_most(facts.completion_price, *filter.price_max)))
    return false;
  return !filter.context_min || facts.context_length.value_or(0) >= *filter.context_min;
}

std::optional<ModelOrder> model_order_from(std::string_view name) {
  if (name == "price") return ModelOrder::kPrice;
  if (name == "context") return ModelOrder::kContext;
  return name == "created" ? std::optional(ModelOrder::kCreated) : std::nullopt;
}

std::vector<ModelRow> chosen_models(const std::vector<Catalog>& catalogs, const ModelFilter& filter,
                                    ModelOrder order) {
  std::vector<ModelRow> rows;
  for (const Catalog& catalog : catalogs)
    for (const CatalogModel& model : catalog.models)
      if (passes(model.facts, filter)) rows.push_back({&catalog, &model});
  std::stable_sort(rows.begin(), rows.end(), [order](const ModelRow& a, const ModelRow& b) {
    return rank(a.model->facts, order) < rank(b.model->facts, order);
  });
  return rows;
}

std::string models_table(const std::vector<ModelRow>& rows, bool name_providers) {
  std::vector<std::vector<std::string>> table{
      {"ID", "VENDOR", "CONTEXT", "VISION", "TOOLS", "$/M IN", "$/M OUT", "EXPIRES"}};
  for (const auto& [catalog, model] : rows) {
    const ModelFacts& facts = model->facts;
    table.push_back({cell(facts.id), cell(facts.vendor), count_text(facts.context_length),
                     yes_or_no(facts.vision), yes_or_no(facts.tools),
                     price_text(facts.prompt_price), price_text(facts.completion_price),
                     cell(facts.expires)});
  }
  if (name_providers)
    for (std::size_t i = 0; i < table.size(); ++i)
      table[i].insert(table[i].begin(), i == 0 ? "PROVIDER" : cell(rows[i - 1].catalog->provider));
  return table_text(table);
}

std::string models_json(const std::vector<ModelRow>& rows) {
  JsonWriter json;
  json.begin_array();
  for (const ModelRow& row : rows) write_row(json, row);
  json.end_array();
  return json.text() + "\n";
}

std::string age_text(std::chrono::seconds age) {
  constexpr std::int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  const std::int64_t seconds = age.count();
  if (seconds < kMinute) return "just now";
  if (seconds < kHour) return std::to_string(seconds / kMinute) + " min ago";
  if (seconds < 2 * kDay) return std::to_string(seconds / kHour) + " h ago";
  return std::to_string(seconds / kDay) + " days ago";
}

std::string price_text(const std::optional<double>& price) {
  if (!price) return "?";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", *price * kPerMillionTokens);
  return text.data();
}

}  // namespace prx::cli
