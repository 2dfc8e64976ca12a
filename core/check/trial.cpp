#include <utility>

#include "check/rule.hpp"

namespace prx::check {
namespace {

std::string cut(std::string_view text) { return std::string(text.substr(0, Trial::kLineMax)); }

}  // namespace

void Trial::at(std::string place) {
  at_ = std::move(place);
  if (witness_ != nullptr) witness_->at(at_);
}

bool Trial::expect(bool holds, std::string_view expected, std::string_view happened) {
  ++expectations_;
  if (holds) return true;
  ++failed_;
  if (findings_.size() == kFindingsMax) return false;
  findings_.push_back({cut(expected), cut(happened), cut(at_)});
  if (witness_ != nullptr) witness_->found(findings_.back());
  return false;
}

void Trial::not_applicable(std::string reason) { why_not_ = std::move(reason); }

}  // namespace prx::check
