/// \file chat_tools.hpp
/// Which call of a choice a tool-call delta belongs to, whatever ids and indices a backend sends.
/// Private.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat_chunk.hpp"

namespace prx::sdk {

/// One tool call of one choice, in the making.
struct ToolCall {
  std::string id;       ///< as the caller sees it; generated when the wire has none of its own
  std::string wire_id;  ///< "" while the wire has sent none
  std::string name;
  std::string held_arguments;  ///< came before the name
  std::string held_members;    ///< as ChunkToolCall's, and the same
  std::optional<std::int64_t> wire_index;
  HalfJoiner joiner;        ///< of its arguments
  std::uint64_t frame = 0;  ///< the frame that began it
  bool announced = false;   ///< its first event is out
  bool has_arguments = false;
};

/// Rules, in this order: a whole message has a new call per element; a known id wins, first on its
/// own index; a new id on a used index is a new call; without id the index decides; without both it
/// is the call in progress. A name on another index than the known id's, or a second one in one
/// frame, is a new call that reuses an id, and gets a generated one.
class ToolCallTracker {
 public:
  static constexpr std::size_t kCallsMax = 1024;  ///< of one choice

  /// The index of the delta's call, made if it is new; nullopt when that would be one too many.
  /// \param frame  number of the source frame.
  /// \param whole  the element of a message, not of a delta.
  [[nodiscard]] std::optional<std::size_t> resolve(const ChunkToolCall& delta, std::uint64_t frame,
                                                   bool whole);

  [[nodiscard]] ToolCall& at(std::size_t index) { return calls_[index]; }
  [[nodiscard]] std::size_t size() const { return calls_.size(); }

 private:
  [[nodiscard]] std::optional<std::size_t> find(const ChunkToolCall& delta,
                                                std::uint64_t frame) const;
  [[nodiscard]] std::optional<std::size_t> find_id(const ChunkToolCall& delta,
                                                   std::uint64_t frame) const;
  [[nodiscard]] std::optional<std::size_t> find_index(std::int64_t index) const;
  [[nodiscard]] bool id_taken(std::string_view id) const;
  [[nodiscard]] std::optional<std::size_t> add(const ChunkToolCall& delta, std::uint64_t frame);

  std::vector<ToolCall> calls_;
  std::optional<std::size_t> current_;
};

}  // namespace prx::sdk
