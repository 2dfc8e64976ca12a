#include "chat_tools.hpp"

namespace prx::sdk {

std::optional<std::size_t> ToolCallTracker::resolve(const ChunkToolCall& delta, std::uint64_t frame,
                                                    bool whole) {
  std::optional<std::size_t> found = whole ? std::nullopt : find(delta, frame);
  if (!found) found = add(delta, frame);
  if (!found) return std::nullopt;
  ToolCall& call = calls_[*found];
  if (call.wire_id.empty()) call.wire_id = delta.id;
  if (call.name.empty()) call.name = delta.name;
  current_ = found;
  return found;
}

std::optional<std::size_t> ToolCallTracker::find(const ChunkToolCall& delta,
                                                 std::uint64_t frame) const {
  if (!delta.id.empty()) return find_id(delta, frame);
  const std::optional<std::size_t> found = delta.index ? find_index(*delta.index) : current_;
  if (!found || delta.name.empty()) return found;
  const ToolCall& call = calls_[*found];
  const bool other_name = !call.name.empty() && call.name != delta.name;
  const bool next_whole_call = !delta.index && call.has_arguments;
  return other_name || next_whole_call ? std::nullopt : found;
}

std::optional<std::size_t> ToolCallTracker::find_id(const ChunkToolCall& delta,
                                                    std::uint64_t frame) const {
  std::optional<std::size_t> known;
  for (std::size_t i = calls_.size(); i-- > 0;) {
    if (calls_[i].wire_id != delta.id) continue;
    if (!delta.index || calls_[i].wire_index == delta.index) {
      known = i;
      break;
    }
    known = i;
  }
  if (known) {
    const ToolCall& call = calls_[*known];
    const bool reused =
        !delta.name.empty() && (call.frame == frame || call.wire_index != delta.index);
    return reused && !call.name.empty() ? std::nullopt : known;
  }
  if (!delta.index) return std::nullopt;
  const std::optional<std::size_t> there = find_index(*delta.index);
  if (!there || !calls_[*there].wire_id.empty()) return std::nullopt;
  const bool late_id = delta.name.empty() || calls_[*there].name.empty();
  return late_id ? there : std::nullopt;
}

std::optional<std::size_t> ToolCallTracker::find_index(std::int64_t index) const {
  for (std::size_t i = calls_.size(); i-- > 0;)
    if (calls_[i].wire_index == index) return i;
  return std::nullopt;
}

bool ToolCallTracker::id_taken(std::string_view id) const {
  for (const ToolCall& call : calls_)
    if (call.id == id) return true;
  return false;
}

std::optional<std::size_t> ToolCallTracker::add(const ChunkToolCall& delta, std::uint64_t frame) {
  if (calls_.size() == kCallsMax) return std::nullopt;
  std::string id(delta.id);
  for (std::size_t n = calls_.size() + 1; id.empty() || id_taken(id); ++n)
    id = "call_prx_" + std::to_string(n);
  ToolCall& call = calls_.emplace_back();
  call.id = std::move(id);
  call.wire_index = delta.index;
  call.frame = frame;
  return calls_.size() - 1;
}

}  // namespace prx::sdk
