#include "prx/sdk/chat_messages.hpp"

#include "json_scan.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {
namespace {

using json::ObjectEdit;
using json::ObjectIndex;

constexpr char kObjectBegin = '{';
constexpr char kArrayBegin = '[';

bool begins_with(std::string_view value, char c) { return !value.empty() && value.front() == c; }

/// A text that is copied with some of its parts replaced, in their order.
class Splice {
 public:
  explicit Splice(std::string_view text) : text_(text) {}

  void replace(std::string_view part, std::string_view with) {
    const auto at = static_cast<std::size_t>(part.data() - text_.data());
    if (!out_) out_.emplace();
    out_->append(text_.substr(copied_, at - copied_)).append(with);
    copied_ = at + part.size();
  }
  [[nodiscard]] std::optional<std::string> take() {
    if (out_) out_->append(text_.substr(copied_));
    return std::move(out_);
  }

 private:
  std::string_view text_;
  std::size_t copied_ = 0;
  std::optional<std::string> out_;
};

bool is_text(std::string_view token, std::string_view text) {
  if (token.size() == text.size() + 2 && token.substr(1, text.size()) == text) return true;
  return token.find('\\') != std::string_view::npos && json::unquoted(token) == text;
}

bool is_key(std::string_view key, std::string_view name) {
  return ObjectIndex::Member{key, {}}.has_key(name);
}
bool is_one_of(std::string_view key, std::span<const std::string_view> names) {
  for (const std::string_view name : names)
    if (is_key(key, name)) return true;
  return false;
}

/// The elements of an array, each changed by `edit` (element -> optional<string>).
template <class Edit>
std::optional<std::string> edit_elements(std::string_view array, Edit&& edit) {
  Splice splice(array);
  json::scan::for_each_element(array, [&](std::string_view element) {
    if (!begins_with(element, kObjectBegin)) return true;
    if (const std::optional<std::string> changed = edit(element)) splice.replace(element, *changed);
    return true;
  });
  return splice.take();
}

std::optional<std::string> without(std::string_view object,
                                   std::span<const std::string_view> names) {
  bool has_one = false;
  json::scan::for_each_member(object, [&](std::string_view key, std::string_view) {
    has_one = has_one || is_one_of(key, names);
  });
  if (!has_one) return std::nullopt;
  const auto index = ObjectIndex::parse(object);
  if (!index) return std::nullopt;
  ObjectEdit edit(*index);
  for (const std::string_view name : names) edit.remove(name);
  return edit.str();
}

/// A message of the assistant, with the members and by the names that the server takes back.
std::optional<std::string> edit_assistant(std::string_view message, const MessageEdit& wanted) {
  constexpr std::string_view kReasoning = "reasoning";
  bool has_one = false;
  json::scan::for_each_member(message, [&](std::string_view key, std::string_view) {
    has_one = has_one || is_one_of(key, wanted.assistant_dropped) ||
              (!wanted.reasoning_as.empty() && is_key(key, kReasoning));
  });
  if (!has_one) return std::nullopt;
  const auto index = ObjectIndex::parse(message);
  if (!index) return std::nullopt;
  ObjectEdit edit(*index);
  if (!wanted.reasoning_as.empty() && !index->find(wanted.reasoning_as))
    edit.rename(kReasoning, wanted.reasoning_as);
  for (const std::string_view name : wanted.assistant_dropped) edit.remove(name);
  return edit.str();
}

std::optional<std::string> edit_message(std::string_view message, const MessageEdit& wanted) {
  Splice splice(message);
  bool is_assistant = false;
  json::scan::for_each_member(message, [&](std::string_view key, std::string_view value) {
    if (is_key(key, "role")) {
      is_assistant = is_text(value, "assistant");
      if (!wanted.role_from.empty() && is_text(value, wanted.role_from))
        splice.replace(value, json::quoted(wanted.role_to));
    } else if (begins_with(value, kArrayBegin)) {
      const auto names = is_key(key, "content")      ? wanted.part_dropped
                         : is_key(key, "tool_calls") ? wanted.call_dropped
                                                     : std::span<const std::string_view>();
      const auto drop = [&](std::string_view element) { return without(element, names); };
      if (names.empty()) return;
      if (const auto changed = edit_elements(value, drop)) splice.replace(value, *changed);
    }
  });
  std::optional<std::string> changed = splice.take();
  if (!is_assistant) return changed;
  auto fitting = edit_assistant(changed ? *changed : message, wanted);
  return fitting ? fitting : changed;
}

}  // namespace

std::optional<std::string> edit_messages(std::string_view messages, const MessageEdit& edit) {
  if (!begins_with(messages, kArrayBegin)) return std::nullopt;
  return edit_elements(messages,
                       [&](std::string_view message) { return edit_message(message, edit); });
}

std::string role_of(std::string_view messages, std::size_t number) {
  std::string role;
  if (!begins_with(messages, kArrayBegin)) return role;
  json::scan::for_each_element(messages, [&](std::string_view message) {
    if (number-- != 0) return true;
    if (begins_with(message, kObjectBegin))
      json::scan::for_each_member(message, [&](std::string_view key, std::string_view value) {
        if (is_key(key, "role")) role = json::unquoted(value).value_or("");
      });
    return false;
  });
  return role;
}

}  // namespace prx::sdk
