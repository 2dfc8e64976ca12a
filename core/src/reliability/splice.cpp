#include "reliability/splice.hpp"

#include <algorithm>

namespace prx::reliability {

namespace {

/// Compares a piece with what stands at `at` of `known`, and moves `at` over what agrees.
Splice::Step compare(std::string_view known, std::size_t& at, std::string_view piece) {
  const std::size_t shared = std::min(piece.size(), known.size() - at);
  if (known.substr(at, shared) != piece.substr(0, shared)) return {Splice::Fate::kDiffers, {}};
  at += shared;
  const auto fresh = piece.substr(shared);
  return {fresh.empty() ? Splice::Fate::kBehind : Splice::Fate::kNew, fresh};
}

}  // namespace

Splice::Step Splice::text(std::string_view piece) {
  const Step step = compare(delivered_.text, text_size_, piece);
  // New text after tool calls that the caller has seen: only once those were said again.
  if (step.fate == Fate::kNew && !caught_up()) return {Fate::kDiffers, {}};
  return step;
}

Splice::Step Splice::tool_call(std::uint32_t index, std::string_view name, std::string_view piece) {
  if (text_size_ < delivered_.text.size()) return {Fate::kDiffers, {}};
  auto match = std::find_if(matches_.begin(), matches_.end(),
                            [&](const Match& one) { return one.index == index; });
  if (match == matches_.end()) {
    const bool all = matches_.size() == delivered_.tool_calls.size();
    if (all) return caught_up() ? Step{Fate::kNew, piece} : Step{Fate::kDiffers, {}};
    if (delivered_.tool_calls[matches_.size()].name != name) return {Fate::kDiffers, {}};
    match = matches_.insert(match, {index, matches_.size(), 0});
  }
  const Step step = compare(delivered_.tool_calls[match->call].arguments, match->size, piece);
  if (step.fate == Fate::kNew && !caught_up()) return {Fate::kDiffers, {}};
  return step;
}

std::string_view Splice::known_id(std::uint32_t index, std::string_view id) const {
  for (const auto& match : matches_)
    if (match.index == index) return delivered_.tool_calls[match.call].id;
  return id;
}

std::uint32_t Splice::known_index(std::uint32_t index) const {
  for (const auto& match : matches_)
    if (match.index == index) return delivered_.tool_calls[match.call].index;
  return index;
}

bool Splice::caught_up() const {
  if (text_size_ < delivered_.text.size()) return false;
  if (matches_.size() < delivered_.tool_calls.size()) return false;
  return std::all_of(matches_.begin(), matches_.end(), [this](const Match& match) {
    return match.size == delivered_.tool_calls[match.call].arguments.size();
  });
}

}  // namespace prx::reliability
