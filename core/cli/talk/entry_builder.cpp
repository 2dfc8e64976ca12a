// Lines -> entry.
#include "cli/talk/line_editor.hpp"

namespace prx::cli {
namespace {

constexpr std::string_view kFence = "\"\"\"";

}  // namespace

bool EntryBuilder::add(std::string_view line, bool more_waits) {
  if (!any_ && !more_waits && line == kFence) {
    any_ = block_ = true;
    return true;
  }
  if (block_ && line == kFence) {
    if (!text_.empty()) text_.pop_back();
    return false;
  }
  any_ = true;
  const bool goes_on = !block_ && line.ends_with('\\') && !line.ends_with("\\\\");
  if (goes_on) line.remove_suffix(1);
  text_ += line;
  pasted_ = pasted_ || more_waits;
  const bool full = text_.size() >= LineEditor::kLineMax;
  if (full) text_.resize(LineEditor::kLineMax);
  const bool more = (block_ || goes_on || more_waits) && !full;
  if (more || block_) text_ += '\n';
  return more;
}

std::string EntryBuilder::take() {
  std::string text = std::move(text_);
  *this = EntryBuilder();
  return text;
}

}  // namespace prx::cli
