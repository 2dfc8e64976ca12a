#include "message_reader.hpp"

#include <charconv>
#include <utility>

#include <prx/sdk/text.hpp>

#include "failure.hpp"
#include "json_writer.hpp"
#include "reasoning.hpp"
#include "usage.hpp"

namespace anthropic {
namespace {

using prx::Result;
using prx::sdk::FinishReason;

prx::Unexpected<prx::Error> bad(std::string_view what) { return prx::Unexpected(bad_answer(what)); }

struct StopReason {
  std::string_view name;
  FinishReason finish;
};
/// \see https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
constexpr StopReason kStopReasons[] = {
    {"end_turn", FinishReason::kStop},
    {"stop_sequence", FinishReason::kStop},
    {"max_tokens", FinishReason::kLength},
    {"model_context_window_exceeded", FinishReason::kLength},
    {"tool_use", FinishReason::kToolCalls},
    {"refusal", FinishReason::kContentFilter},
    {"pause_turn", FinishReason::kOther},
};
FinishReason finish_of(std::string_view name) {
  for (const StopReason& known : kStopReasons)
    if (known.name == name) return known.finish;
  return FinishReason::kOther;
}

/// What stands between the quotes of a string token; "" for other values.
std::string_view content_of(std::string_view token) {
  return token.size() >= 2 && token.front() == '"' ? token.substr(1, token.size() - 2)
                                                   : std::string_view();
}

/// The text of a member that has to be there.
Result<std::string> text_of(const prx::json::ObjectIndex& object, std::string_view name) {
  auto value = prx::json::unquoted(object.find(name).value_or(std::string_view()));
  if (!value) return bad("a piece of it has no " + std::string(name));
  return std::move(*value);
}

}  // namespace

constinit const MessageReader::Named<MessageReader::EventStep> MessageReader::kEvents[7] = {
    {"content_block_delta", &MessageReader::block_delta},
    {"message_start", &MessageReader::message_start},
    {"content_block_start", &MessageReader::block_start},
    {"content_block_stop", &MessageReader::block_stop},
    {"message_delta", &MessageReader::message_delta},
    {"message_stop", &MessageReader::message_stop},
    {"error", &MessageReader::failure},
};
constinit const MessageReader::Named<MessageReader::DeltaStep> MessageReader::kDeltas[5] = {
    {"text_delta", &MessageReader::text_delta},
    {"input_json_delta", &MessageReader::input_delta},
    {"thinking_delta", &MessageReader::thinking_delta},
    {"signature_delta", &MessageReader::signature_delta},
    {"citations_delta", &MessageReader::citations_delta},
};

Result<void> MessageReader::event(std::string_view json, Out& out) {
  const auto event = Object::parse(json);
  if (!event || !prx::json::validate(json)) return bad("an event is no JSON object");
  const std::string type = text(*event, "type");
  for (const auto& known : kEvents)
    if (known.name == type) return (this->*known.take)(*event, out);
  return {};
}

Result<void> MessageReader::message_start(const Object& event, Out& out) {
  if (has_begun_) return bad("it begins twice");
  begin(object(event, "message"), out);
  return {};
}

void MessageReader::begin(const Object& message, Out& out) {
  has_begun_ = true;
  const std::string id = text(message, "id"), model = text(message, "model");
  usage_ = member(message, "usage");
  out.meta({id, model, {}, meta_json_});
}

Result<void> MessageReader::block_start(const Object& event, Out& out) {
  std::uint64_t index = 0;
  const std::string_view number = member(event, "index");
  std::from_chars(number.data(), number.data() + number.size(), index);
  if (!has_begun_ || has_finished_) return bad("content outside of its message");
  if (index != blocks_.size()) return bad("its blocks are not in order");
  return open_block(object(event, "content_block"), out);
}

Result<void> MessageReader::open_block(const Object& block, Out& out) {
  constexpr Named<Kind> kKinds[] = {{"text", Kind::kText},
                                    {"thinking", Kind::kThinking},
                                    {"redacted_thinking", Kind::kRedacted},
                                    {"tool_use", Kind::kToolUse}};
  if (blocks_.size() >= kBlocksMax) return bad("it has more than 4096 blocks");
  const std::string type = text(block, "type");
  Block& opened = blocks_.emplace_back();
  for (const auto& known : kKinds)
    if (known.name == type) opened.kind = known.take;
  switch (opened.kind) {
    case Kind::kText:
      return open_text(block, out);
    case Kind::kThinking:
      return thinking_delta(blocks_.size() - 1, block, out);
    case Kind::kRedacted:
      out.item("reasoning_details", {},
               redacted_detail(block.find("data").value_or("\"\""), blocks_.size() - 1));
      return {};
    case Kind::kToolUse: {
      const std::string id = text(block, "id"), name = text(block, "name");
      if (id.empty() || name.empty()) return bad("a tool call has no id or no name");
      opened.call = calls_++;
      out.tool_call({opened.call, id, name, {}});
      return keep(opened.start, member(block, "input"));
    }
    case Kind::kOther:
      break;
  }
  return keep(opened.start, block.text());
}

Result<void> MessageReader::open_text(const Object& block, Out& out) {
  PRX_TRY_SET(const std::string words, text_of(block, "text"));
  out.text(words);
  const auto citations = prx::json::elements(member(block, "citations"));
  if (!citations) return {};
  for (const std::string_view citation : *citations) {
    const std::string delta = ObjectWriter().raw("citation", citation).str();
    PRX_TRY_SET(const Object parsed, Object::parse(delta));
    PRX_TRY(citations_delta(blocks_.size() - 1, parsed, out));
  }
  return {};
}

Result<void> MessageReader::block_delta(const Object& event, Out& out) {
  std::uint64_t index = blocks_.size();
  const std::string_view number = member(event, "index");
  std::from_chars(number.data(), number.data() + number.size(), index);
  if (index >= blocks_.size() || !blocks_[index].is_open || has_finished_)
    return bad("a piece of it belongs to no open block");
  const Object delta = object(event, "delta");
  const std::string type = text(delta, "type");
  for (const auto& known : kDeltas)
    if (known.name == type) return (this->*known.take)(index, delta, out);
  return {};
}

Result<void> MessageReader::text_delta(std::uint64_t, const Object& delta, Out& out) {
  PRX_TRY_SET(const std::string words, text_of(delta, "text"));
  out.text(words);
  return {};
}

Result<void> MessageReader::input_delta(std::uint64_t index, const Object& delta, Out& out) {
  PRX_TRY_SET(const std::string piece, text_of(delta, "partial_json"));
  Block& block = blocks_[index];
  if (piece.empty()) return {};
  block.has_input = true;
  if (block.kind != Kind::kToolUse) return keep(block.input, piece);
  out.tool_call({block.call, {}, {}, piece});
  return {};
}

/// Also of the block's beginning, which has the same members.
Result<void> MessageReader::thinking_delta(std::uint64_t index, const Object& delta, Out& out) {
  PRX_TRY_SET(const std::string words, text_of(delta, "thinking"));
  out.reasoning(words);
  PRX_TRY(keep(blocks_[index].thinking, content_of(member(delta, "thinking"))));
  return keep(blocks_[index].signature, content_of(member(delta, "signature")));
}

Result<void> MessageReader::signature_delta(std::uint64_t index, const Object& delta, Out&) {
  return keep(blocks_[index].signature, content_of(member(delta, "signature")));
}

Result<void> MessageReader::citations_delta(std::uint64_t, const Object& delta, Out& out) {
  const Object citation = object(delta, "citation");
  if (text(citation, "type") != "web_search_result_location") {
    if (!citation.text().empty()) out.item("citation", {}, citation.text());
    return {};
  }
  ObjectWriter page;
  page.raw("url", citation.find("url").value_or("\"\""));
  if (const auto title = member(citation, "title"); !title.empty()) page.raw("title", title);
  if (const auto words = member(citation, "cited_text"); !words.empty()) page.raw("content", words);
  ObjectWriter annotation;
  annotation.text("type", "url_citation").raw("url_citation", page.str());
  out.item("annotations", {}, '[' + annotation.str() + ']');
  return {};
}

Result<void> MessageReader::block_stop(const Object& event, Out& out) {
  std::uint64_t index = blocks_.size();
  const std::string_view number = member(event, "index");
  std::from_chars(number.data(), number.data() + number.size(), index);
  if (index >= blocks_.size() || !blocks_[index].is_open) return bad("it ends a block twice");
  close_block(index, out);
  return {};
}

void MessageReader::close_block(std::uint64_t index, Out& out) {
  Block block = std::exchange(blocks_[index], Block{});
  blocks_[index].is_open = false;
  if (!block.is_open) return;
  if (block.kind == Kind::kThinking)
    out.item("reasoning_details", {}, thinking_detail(block.thinking, block.signature, index));
  if (block.kind == Kind::kToolUse) close_tool_use(block, out);
  if (block.kind != Kind::kOther) return;
  const auto start = Object::parse(block.start);
  if (!start) return;
  const bool has_input = block.has_input && prx::json::validate(block.input);
  const std::string whole =
      has_input ? prx::json::ObjectEdit(*start).set("input", block.input).str() : block.start;
  out.item("content_block", text(*start, "id"), whole);
}

/// The input of a stream comes in pieces; that of a whole message, and of some servers that speak
/// this API, in the beginning.
void MessageReader::close_tool_use(Block& block, Out& out) {
  if (!block.has_input && !block.start.empty()) out.tool_call({block.call, {}, {}, block.start});
}

Result<void> MessageReader::message_delta(const Object& event, Out& out) {
  if (!has_begun_) return bad("it ends before it begins");
  end(object(event, "delta"), object(event, "usage"), out);
  return {};
}

void MessageReader::end(const Object& delta, const Object& usage, Out& out) {
  for (std::uint64_t index = 0; index < blocks_.size(); ++index) close_block(index, out);
  if (!usage.text().empty()) usage_ = merged_usage(usage_, usage);
  const std::string reason = text(delta, "stop_reason");
  if (reason.empty() || has_finished_) return;
  has_finished_ = true;
  const auto why = member(object(delta, "stop_details"), "explanation");
  if (reason == "refusal" && why.starts_with('"')) out.item("refusal", {}, why);
  out.finish(finish_of(reason), prx::sdk::one_line(reason, 200));
  tell_usage(out);
}

void MessageReader::tell_usage(Out& out) {
  const auto usage = Object::parse(usage_);
  if (!usage || std::exchange(usage_told_, true)) return;
  out.usage(read_usage(*usage), usage_);
}

Result<void> MessageReader::message_stop(const Object&, Out& out) {
  if (!has_finished_) return bad("it ends without a stop reason");
  out.done();
  return {};
}

Result<void> MessageReader::failure(const Object& event, Out&) {
  return prx::Unexpected(read_failure({0, {}, event.text()}, 0));
}

Result<void> MessageReader::whole(std::string_view json, Out& out) {
  const auto message = Object::parse(json);
  if (!message || !prx::json::validate(json)) return bad("it is no JSON object");
  if (text(*message, "type") == "error") return failure(*message, out);
  const auto blocks = prx::json::elements(member(*message, "content"));
  if (!blocks) return bad("it has no content");
  begin(*message, out);
  for (const std::string_view each : *blocks) {
    PRX_TRY_SET(const Object block, Object::parse(each));
    PRX_TRY(open_block(block, out));
    close_block(blocks_.size() - 1, out);
  }
  end(*message, Object(), out);
  return message_stop(*message, out);
}

Result<void> MessageReader::keep(std::string& text, std::string_view piece) {
  kept_ += piece.size();
  if (kept_ > kKeptMax) return bad("more than 16 MiB of it have to be kept");
  text += piece;
  return {};
}

}  // namespace anthropic
