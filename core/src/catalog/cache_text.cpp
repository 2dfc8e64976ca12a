#include "catalog/cache_text.hpp"

#include <algorithm>
#include <charconv>

#include "prx/sdk/json_edit.hpp"

namespace prx::catalog {

namespace {

constexpr std::string_view kModelMember = ",\"model\":";

template <class Integer>
std::optional<Integer> integer(const json::ObjectIndex& object, std::string_view name) {
  const auto text = object.find(name);
  if (!text) return std::nullopt;
  Integer number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool whole = read.ec == std::errc{} && read.ptr == text->data() + text->size();
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<std::string> text(const json::ObjectIndex& object, std::string_view name) {
  const auto token = object.find(name);
  return token ? json::unquoted(*token) : std::nullopt;
}

}  // namespace

std::string head_line(const Head& head) {
  std::string out = "{\"prx_models\":" + std::to_string(Cache::kVersion) + ",\"plugin\":";
  json::append_quoted(out, head.source.plugin);
  out += ",\"base_url\":";
  json::append_quoted(out, head.source.base_url);
  out += ",\"fetched\":" + std::to_string(head.fetched);
  return out + ",\"size\":" + std::to_string(head.size) + '}';
}

std::optional<Head> read_head(std::string_view line) {
  const auto object = json::ObjectIndex::parse(line);
  if (!object || integer<int>(*object, "prx_models") != Cache::kVersion) return std::nullopt;
  auto plugin = text(*object, "plugin");
  auto base_url = text(*object, "base_url");
  const auto fetched = integer<Seconds>(*object, "fetched");
  const auto size = integer<std::size_t>(*object, "size");
  if (!plugin || !base_url || !fetched || !size) return std::nullopt;
  return Head{{std::move(*plugin), std::move(*base_url)}, *fetched, *size};
}

std::string model_line_begin(std::string_view id) {
  std::string out = "{\"id\":";
  json::append_quoted(out, id);
  out += kModelMember;
  return out;
}

std::string model_line(const Listed& model) {
  std::string out = model_line_begin(model.id);
  const std::size_t begin = out.size();
  out += model.json;
  // Inside strings JSON allows no line break.
  for (std::size_t i = begin; i < out.size(); ++i)
    if (out[i] == '\n' || out[i] == '\r') out[i] = ' ';
  return out += '}';
}

std::optional<Listed> read_model_line(std::string_view line) {
  const auto object = json::ObjectIndex::parse(line);
  if (!object) return std::nullopt;
  auto id = text(*object, "id");
  const auto model = object->find("model");
  if (!id || id->empty() || !model || model->front() != '{') return std::nullopt;
  return Listed{std::move(*id), std::string(*model)};
}

}  // namespace prx::catalog
