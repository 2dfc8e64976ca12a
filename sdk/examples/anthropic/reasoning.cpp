#include "reasoning.hpp"

namespace anthropic {
namespace {

using prx::json::ObjectIndex;

constexpr std::string_view kFormat = "\"anthropic-claude-v1\"";

std::string in_quotes(std::string_view content) { return '"' + std::string(content) + '"'; }

/// What stands between the quotes of a string token; "" for other values.
std::string_view without_quotes(std::string_view token) {
  return token.size() >= 2 && token.front() == '"' ? token.substr(1, token.size() - 2)
                                                   : std::string_view();
}

/// Collects the pieces of one thinking block.
class ThinkingBlock {
 public:
  explicit ThinkingBlock(ListWriter& blocks) : blocks_(blocks) {}

  void add(const ObjectIndex& detail) {
    const std::string_view index = member(detail, "index");
    if (index != index_) end();
    index_ = index;
    thinking_ += without_quotes(member(detail, "text"));
    signature_ += without_quotes(member(detail, "signature"));
  }
  void end() {
    if (!signature_.empty())
      blocks_.add(ObjectWriter()
                      .text("type", "thinking")
                      .raw("thinking", in_quotes(thinking_))
                      .raw("signature", in_quotes(signature_))
                      .str());
    thinking_.clear();
    signature_.clear();
  }

 private:
  ListWriter& blocks_;
  std::string_view index_;
  std::string thinking_, signature_;
};

}  // namespace

std::string thinking_detail(std::string_view thinking, std::string_view signature,
                            std::uint64_t index) {
  ObjectWriter out;
  out.text("type", "reasoning.text").raw("text", in_quotes(thinking));
  if (!signature.empty()) out.raw("signature", in_quotes(signature));
  out.raw("format", kFormat).raw("index", std::to_string(index));
  return '[' + out.str() + ']';
}

std::string redacted_detail(std::string_view data, std::uint64_t index) {
  ObjectWriter out;
  out.text("type", "reasoning.encrypted").raw("data", data);
  out.raw("format", kFormat).raw("index", std::to_string(index));
  return '[' + out.str() + ']';
}

void add_thinking(std::string_view details, ListWriter& blocks) {
  const auto list = prx::json::elements(details);
  if (!list) return;
  ThinkingBlock thinking(blocks);
  for (const std::string_view element : *list) {
    const auto detail = ObjectIndex::parse(element);
    if (!detail || member(*detail, "format") != kFormat) continue;
    const std::string type = text(*detail, "type");
    if (type == "reasoning.text") thinking.add(*detail);
    if (type != "reasoning.encrypted") continue;
    thinking.end();
    blocks.add(ObjectWriter()
                   .text("type", "redacted_thinking")
                   .raw("data", member(*detail, "data"))
                   .str());
  }
  thinking.end();
}

}  // namespace anthropic
