#include "catalog/needs.hpp"

#include <string>

#include "catalog/rapid_value.hpp"

namespace prx::catalog {

namespace {

using Size = rapidjson::SizeType;

/// Walks over `messages`: [ { "content": "text" | [ { "type": "...", "text": "..." } ] } ].
class MessageReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, MessageReader> {
 public:
  bool image = false;
  std::size_t text = 0;

  bool Default() { return value(); }
  bool StartObject() { return ++depth_, true; }
  bool EndObject(Size) { return --depth_, value(); }
  bool StartArray() { return ++depth_, true; }
  bool EndArray(Size) { return --depth_, value(); }
  bool Key(const char* name, Size size, bool) {
    const std::string_view key(name, size);
    if (depth_ == kMessage) in_content_ = key == "content";
    if (depth_ == kMessage || depth_ == kPart) key_ = read_key(key);
    return true;
  }
  bool String(const char* begin, Size size, bool) {
    const std::string_view words(begin, size);
    const bool whole = depth_ == kMessage && key_ == Member::kContent;
    const bool part = depth_ == kPart && in_content_;
    if (whole || (part && key_ == Member::kText)) count(words);
    if (part && key_ == Member::kType && words == "image_url") image = true;
    return value();
  }
  bool RawNumber(const char*, Size, bool) { return value(); }

 private:
  enum class Member { kOther, kContent, kType, kText };
  static constexpr int kMessage = 2, kPart = 4;  // open brackets

  static Member read_key(std::string_view key) {
    if (key == "content") return Member::kContent;
    if (key == "type") return Member::kType;
    return key == "text" ? Member::kText : Member::kOther;
  }
  bool value() {
    if (depth_ == kMessage || depth_ == kPart) key_ = Member::kOther;
    return true;
  }
  void count(std::string_view words) {
    char before = '\0';
    for (const char c : words) {
      text += c != before ? 1 : 0;
      before = c;
    }
  }

  int depth_ = 0;
  bool in_content_ = false;
  Member key_ = Member::kOther;
};

}  // namespace

std::string_view to_string(Need need) {
  switch (need) {
    case Need::kTools:
      return "tools";
    case Need::kVision:
      return "images";
    case Need::kStructuredOutput:
      return "structured output";
    case Need::kContext:
      return "so long a request";
  }
  return "";
}

bool RequestNeeds::names_models() const {
  const auto models = body_.find("models");
  return models && *models != "null";
}

bool RequestNeeds::tools() const {
  const auto tools = body_.find("tools");
  return tools && tools->front() == '[' &&
         tools->substr(1).find_first_not_of(" \t\r\n") != tools->size() - 2;
}

bool RequestNeeds::structured_output() const {
  const auto format = body_.find("response_format");
  if (!format || format->front() != '{') return false;
  const auto index = json::ObjectIndex::parse(*format);
  const auto type = index ? index->find("type") : std::nullopt;
  return type && json::unquoted(*type) == "json_schema";
}

std::string_view RequestNeeds::messages_text() const {
  return body_.find("messages").value_or(std::string_view());
}

const RequestNeeds::Messages& RequestNeeds::messages() {
  if (messages_) return *messages_;
  const std::string_view text = messages_text();
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  MessageReader found;
  // What is no JSON was read as far as it is some: the provider says what is wrong with it.
  static_cast<void>(
      reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag |
                   rapidjson::kParseStopWhenDoneFlag>(stream, found));
  return messages_.emplace(Messages{found.image, found.text});
}

bool RequestNeeds::vision() {
  if (!messages_ && messages_text().find("image_url") == std::string_view::npos) return false;
  return messages().image;
}

std::size_t RequestNeeds::tokens_min(std::int64_t limit) {
  const auto above = [limit](std::size_t tokens) {
    return static_cast<std::uint64_t>(tokens) > static_cast<std::uint64_t>(limit);
  };
  if (limit < 0 || !above(messages_text().size() / kTokenBytes)) return 0;
  const std::size_t tokens = messages().text / kTokenBytes;
  return above(tokens) ? tokens : 0;
}

std::optional<Need> unmet_need(const ModelFacts& facts,
                               const std::optional<std::int64_t>& context_length,
                               RequestNeeds& needs) {
  if (facts.tools == false && needs.tools()) return Need::kTools;
  if (facts.structured_output == false && needs.structured_output()) return Need::kStructuredOutput;
  if (facts.vision == false && needs.vision()) return Need::kVision;
  if (context_length && needs.tokens_min(*context_length) > 0) return Need::kContext;
  return std::nullopt;
}

}  // namespace prx::catalog
