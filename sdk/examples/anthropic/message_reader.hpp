/// \file message_reader.hpp
/// A message of the Messages API as events of prx: event by event of a stream, or whole.
/// \see https://platform.claude.com/docs/en/build-with-claude/streaming
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <prx/sdk/event_writer.hpp>
#include <prx/sdk/json_edit.hpp>

namespace anthropic {

/// One message. Whatever it returns as an error ends the answer: the caller emits it.
///
///  - A block of text is TEXT; thinking is REASONING and, once whole, an ITEM "reasoning_details"
///    with its signature; tool_use is TOOL_CALL, whose arguments are pieces of JSON as they come.
///  - A citation of a web page is an ITEM "annotations" as other vendors write them, every other
///    one an ITEM "citation"; each other block (a tool that the server ran, and its result) is an
///    ITEM "content_block". Kinds of events and of deltas that are not known say nothing, as the
///    API demands.
///  - FINISH comes with the stop reason, USAGE after it.
///  - Broken is: an event that is no JSON object, one before message_start, a second message_start,
///    a delta for a block that is not open, content after the stop reason, an end without one, and
///    more than kBlocksMax blocks or kKeptMax bytes of what has to be kept until its block ends.
class MessageReader {
 public:
  static constexpr std::size_t kBlocksMax = 4096;
  static constexpr std::size_t kKeptMax = 16u << 20;

  /// \param meta_json  of META, "" or an object.
  explicit MessageReader(std::string meta_json) : meta_json_(std::move(meta_json)) {}

  /// The data of one event. After message_stop the terminal event is out.
  [[nodiscard]] prx::Result<void> event(std::string_view json, prx::sdk::EventWriter& out);
  /// A whole message, or an error in place of one.
  [[nodiscard]] prx::Result<void> whole(std::string_view json, prx::sdk::EventWriter& out);
  /// Tells what was used so far, if that is known and was not told: before an error.
  void tell_usage(prx::sdk::EventWriter& out);

 private:
  using Object = prx::json::ObjectIndex;
  using Out = prx::sdk::EventWriter;
  enum class Kind { kText, kThinking, kRedacted, kToolUse, kOther };

  struct Block {
    Kind kind = Kind::kOther;
    bool is_open = true;
    bool has_input = false;           ///< a piece of it came
    std::uint32_t call = 0;           ///< of kToolUse
    std::string start, input;         ///< of kOther: as it began; of both: what goes on
    std::string thinking, signature;  ///< between the quotes of their tokens
  };
  template <class Member>
  struct Named {
    std::string_view name;
    Member take;
  };
  using EventStep = prx::Result<void> (MessageReader::*)(const Object&, Out&);
  using DeltaStep = prx::Result<void> (MessageReader::*)(std::uint64_t, const Object&, Out&);
  static const Named<EventStep> kEvents[7];
  static const Named<DeltaStep> kDeltas[5];

  prx::Result<void> message_start(const Object& event, Out& out);
  prx::Result<void> block_start(const Object& event, Out& out);
  prx::Result<void> block_delta(const Object& event, Out& out);
  prx::Result<void> block_stop(const Object& event, Out& out);
  prx::Result<void> message_delta(const Object& event, Out& out);
  prx::Result<void> message_stop(const Object& event, Out& out);
  prx::Result<void> failure(const Object& event, Out& out);

  prx::Result<void> text_delta(std::uint64_t index, const Object& delta, Out& out);
  prx::Result<void> input_delta(std::uint64_t index, const Object& delta, Out& out);
  prx::Result<void> thinking_delta(std::uint64_t index, const Object& delta, Out& out);
  prx::Result<void> signature_delta(std::uint64_t index, const Object& delta, Out& out);
  prx::Result<void> citations_delta(std::uint64_t index, const Object& delta, Out& out);

  void begin(const Object& message, Out& out);
  prx::Result<void> open_block(const Object& block, Out& out);
  prx::Result<void> open_text(const Object& block, Out& out);
  void close_block(std::uint64_t index, Out& out);
  void close_tool_use(Block& block, Out& out);
  void end(const Object& delta, const Object& usage, Out& out);
  prx::Result<void> keep(std::string& text, std::string_view piece);

  const std::string meta_json_;
  std::vector<Block> blocks_;
  std::uint32_t calls_ = 0;
  std::size_t kept_ = 0;  ///< bytes in blocks_
  std::string usage_;     ///< object text; "" until it is known
  bool usage_told_ = false;
  bool has_begun_ = false, has_finished_ = false;
};

}  // namespace anthropic
