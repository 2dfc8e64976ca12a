#include "content.hpp"

#include <optional>

#include <prx/sdk/text.hpp>

namespace anthropic {
namespace {

using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectIndex;

prx::Unexpected<prx::Error> invalid(std::string_view where, std::string_view what) {
  return prx::fail(ErrorClass::kInvalidRequest, std::string(where) + ": " + std::string(what));
}
prx::Unexpected<prx::Error> unsupported(std::string_view where, std::string_view what) {
  return prx::fail(ErrorClass::kUnsupported,
                   std::string(where) + ": Anthropic takes no " + std::string(what));
}

struct DataUrl {
  std::string_view media_type, data;
};

/// "data:image/png;base64,..."; nullopt for every other URL.
std::optional<DataUrl> read_data_url(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kEncoding = ";base64";
  const std::size_t comma = url.find(',');
  if (!url.starts_with(kScheme) || comma == std::string_view::npos) return std::nullopt;
  std::string_view head = url.substr(kScheme.size(), comma - kScheme.size());
  if (!head.ends_with(kEncoding)) return std::nullopt;
  head.remove_suffix(kEncoding.size());
  return DataUrl{head.substr(0, head.find(';')), url.substr(comma + 1)};
}

bool is_web_url(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://");
}

std::string base64_source(const DataUrl& url) {
  return ObjectWriter()
      .text("type", "base64")
      .text("media_type", url.media_type)
      .text("data", url.data)
      .str();
}
std::string url_source(std::string_view url) {
  return ObjectWriter().text("type", "url").text("url", url).str();
}

/// A block with its source, and what the part says about caching.
ObjectWriter block(std::string_view type, std::string_view source, const ObjectIndex& part) {
  ObjectWriter out;
  out.text("type", type).raw("source", source);
  if (const auto caching = member(part, "cache_control"); !caching.empty())
    out.raw("cache_control", caching);
  return out;
}

Result<std::string> text_block(const ObjectIndex& part, std::string_view where) {
  const std::string_view token = member(part, "text");
  if (token.empty() || token.front() != '"') return invalid(where, "a text part has no text");
  return token == "\"\"" ? std::string() : std::string(part.text());
}

/// {"image_url":{"url":"..."}}, or the URL itself.
Result<std::string> image_block(const ObjectIndex& part, std::string_view where) {
  const std::string_view value = member(part, "image_url");
  const std::string url =
      prx::json::unquoted(value).value_or(text(object(part, "image_url"), "url"));
  if (const auto data = read_data_url(url)) return block("image", base64_source(*data), part).str();
  if (is_web_url(url)) return block("image", url_source(url), part).str();
  return invalid(where, "image_url needs a url that begins with https://, http:// or data:");
}

Result<std::string> file_block(const ObjectIndex& part, std::string_view where) {
  const ObjectIndex file = object(part, "file");
  if (const auto id = member(file, "file_id"); !id.empty())
    return block("document", ObjectWriter().text("type", "file").raw("file_id", id).str(), part)
        .str();
  const std::string url = text(file, "file_data");
  const auto data = read_data_url(url);
  if (!data && !is_web_url(url))
    return invalid(where, "a file needs file_id, or file_data that is a base64 data: or https URL");
  if (data && data->media_type.starts_with("image/"))
    return block("image", base64_source(*data), part).str();
  if (data && data->media_type != "application/pdf")
    return unsupported(where, "file of type " + prx::sdk::one_line(data->media_type));
  ObjectWriter out = block("document", data ? base64_source(*data) : url_source(url), part);
  if (const auto name = member(file, "filename"); !name.empty()) out.raw("title", name);
  return out.str();
}

Result<std::string> refusal_block(const ObjectIndex& part, std::string_view) {
  return ObjectWriter().text("type", "text").raw("text", member(part, "refusal")).str();
}
Result<std::string> audio_block(const ObjectIndex&, std::string_view where) {
  return unsupported(where, "audio");
}
Result<std::string> video_block(const ObjectIndex&, std::string_view where) {
  return unsupported(where, "video");
}

struct PartKind {
  std::string_view type;
  Result<std::string> (*block)(const ObjectIndex& part, std::string_view where);
};
constexpr PartKind kPartKinds[] = {
    {"text", text_block},       {"image_url", image_block},   {"file", file_block},
    {"refusal", refusal_block}, {"input_audio", audio_block}, {"video_url", video_block},
};

/// The block of one part; "" when it says nothing.
Result<std::string> part_block(std::string_view json, std::string_view where) {
  const auto part = ObjectIndex::parse(json);
  if (!part) return invalid(where, "a part of content is no object");
  const std::string type = text(*part, "type");
  for (const PartKind& kind : kPartKinds)
    if (kind.type == type) return kind.block(*part, where);
  return std::string(json);
}

}  // namespace

void add_text(std::string_view token, ListWriter& blocks) {
  if (token != "\"\"") blocks.add(ObjectWriter().text("type", "text").raw("text", token).str());
}

Result<void> add_content(std::string_view content, std::string_view where, ListWriter& blocks) {
  if (is_absent(content)) return {};
  if (content.front() == '"') {
    add_text(content, blocks);
    return {};
  }
  const auto parts = prx::json::elements(content);
  if (!parts) return invalid(where, "content is neither text nor a list of parts");
  for (const std::string_view part : *parts) {
    PRX_TRY_SET(const std::string written, part_block(part, where));
    if (!written.empty()) blocks.add(written);
  }
  return {};
}

}  // namespace anthropic
