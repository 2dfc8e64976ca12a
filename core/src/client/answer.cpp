#include "client/answer.hpp"

#include <algorithm>
#include <cmath>

#include "client/abi_convert.hpp"
#include "client/json_reading.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::driver {

namespace {

/// Joins JSON arrays as they come, element bytes untouched.
void append_array(std::string& list, std::string_view json) {
  const bool array = json.size() >= 2 && json.front() == '[' && json.back() == ']';
  const std::string_view inner = array ? json.substr(1, json.size() - 2) : json;
  if (inner.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  if (list.empty()) {
    list = "[" + std::string(inner) + "]";
    return;
  }
  list.back() = ',';
  list += inner;
  list += ']';
}

std::optional<std::int64_t> count_of(std::optional<std::string_view> value) {
  const auto count = number_of<std::int64_t>(value);
  return count && *count >= 0 ? count : std::nullopt;
}

Unexpected<Error> breach(std::string_view what) {
  return fail(ErrorClass::kInternal, "the plugin broke its contract: " + std::string(what));
}

using json::ObjectIndex;

/// It has a place in ToolCall.
bool is_known_member(const ObjectIndex::Member& member, bool of_function) {
  if (of_function) return member.has_key("name") || member.has_key("arguments");
  return member.has_key("id") || member.has_key("index") || member.has_key("type") ||
         member.has_key("function");
}

/// The last of a name counts, in the place of the first.
void put_members(std::vector<CallMember>& list, const ObjectIndex& from, bool of_function) {
  for (const ObjectIndex::Member& member : from.members()) {
    if (is_known_member(member, of_function)) continue;
    const std::string key(member.key);  // a name has several spellings
    const std::string name = json::unquoted('"' + key + '"').value_or(key);
    const auto there = std::find_if(list.begin(), list.end(), [&](const CallMember& one) {
      return one.of_function == of_function && ObjectIndex::Member{one.key, {}}.has_key(name);
    });
    if (there != list.end())
      there->value = member.value;
    else
      list.push_back({of_function, key, std::string(member.value)});
  }
}

}  // namespace

Result<void> Answer::take(const prx_event& event) {
  const bool of_choice =
      event.type >= PRX_EV_TEXT && event.type <= PRX_EV_FINISH && event.type != PRX_EV_USAGE;
  if (of_choice && !finished_choices_.empty() && has_finished(event.choice))
    return breach("an event of a choice after its finish reason");
  first_began_ |= of_choice && event.choice == 0;
  if (of_choice && event.choice != 0 && !note_begun(event.choice))
    return fail(ErrorClass::kBadResponse, "the answer has more than 128 choices");
  switch (event.type) {
    case PRX_EV_META:
      response_.id = view(event.id);
      response_.model = view(event.name);
      response_.served_by = view(event.text);
      return {};
    case PRX_EV_TEXT:
      if (event.choice == 0)
        take_text(view(event.text));
      else
        said_something_ = true;
      return {};
    case PRX_EV_REASONING:
      said_something_ = true;
      if (event.choice == 0) response_.reasoning += view(event.text);
      return {};
    case PRX_EV_TOOL_CALL:
      said_something_ = true;
      return take_tool_call(event);
    case PRX_EV_ITEM:
      if (is_item_) return take_whole(view(event.json)), Result<void>();
      said_something_ |= view(event.name) != "logprobs";
      if (event.choice == 0) take_item(event);
      return {};
    case PRX_EV_USAGE:
      response_.usage = to_usage(event.usage, view(event.json));
      return {};
    case PRX_EV_FINISH:
      finished_choices_.push_back({event.choice, event.finish});
      if (event.choice != 0) return {};
      response_.finish_reason = finish_of(event.finish);
      response_.native_finish_reason = view(event.name);
      return {};
    default:
      return {};
  }
}

bool Answer::note_begun(std::uint32_t choice) {
  const auto end = begun_choices_.end();
  if (std::find(begun_choices_.begin(), end, choice) != end) return true;
  begun_choices_.push_back(choice);
  return begun_choices_.size() < kChoicesMax;
}

bool Answer::all_finished() const {
  if (finished_choices_.empty() || (first_began_ && !has_finished(0))) return false;
  return std::all_of(begun_choices_.begin(), begun_choices_.end(),
                     [this](std::uint32_t choice) { return has_finished(choice); });
}

bool Answer::has_finished(std::uint32_t choice) const {
  return std::any_of(finished_choices_.begin(), finished_choices_.end(),
                     [choice](const Finish& finish) { return finish.choice == choice; });
}

bool Answer::was_cut(std::uint32_t choice) const {
  return std::any_of(
      finished_choices_.begin(), finished_choices_.end(), [choice](const Finish& finish) {
        return finish.choice == choice &&
               (finish.reason == PRX_FINISH_LENGTH || finish.reason == PRX_FINISH_CONTENT_FILTER);
      });
}

bool Answer::is_empty() const {
  const auto filtered = [](const Finish& finish) {
    return finish.reason == PRX_FINISH_CONTENT_FILTER;
  };
  return !said_something_ && response_.text.empty() &&
         response_.usage.completion_tokens.value_or(0) <= 0 &&
         std::none_of(finished_choices_.begin(), finished_choices_.end(), filtered);
}

Result<void> Answer::take_tool_call(const prx_event& event) {
  const auto found = std::find_if(calls_.begin(), calls_.end(), [&](const Call& call) {
    return call.choice == event.choice && call.index == event.index;
  });
  if (found != calls_.end()) {
    found->call.arguments += view(event.text);
    return take_members(*found, view(event.json));
  }
  if (calls_.size() >= kToolCallsMax)
    return fail(ErrorClass::kBadResponse, "the answer has more than 256 tool calls");
  if (event.id.len == 0) return breach("the first event of a tool call has no id");
  calls_.push_back({event.choice,
                    event.index,
                    {std::string(view(event.id)), std::string(view(event.name)),
                     std::string(view(event.text))}});
  return take_members(calls_.back(), view(event.json));
}

Result<void> Answer::take_members(Call& call, std::string_view json) {
  if (json.empty()) return {};
  const auto object = ObjectIndex::parse(json);
  if (!object || !json::validate(json)) return breach("the json of a tool call is not an object");
  const auto function = ObjectIndex::parse(object->find("function").value_or("{}"));
  if (!function) return breach("the function in a tool call's json is not an object");
  put_members(call.members, *object, false);
  put_members(call.members, *function, true);
  std::size_t size = 0;
  for (const CallMember& member : call.members) size += member.key.size() + member.value.size();
  if (call.members.size() > kCallMembersMax || size > kCallMembersSizeMax)
    return fail(ErrorClass::kBadResponse, "a tool call has more than 64 other members, or 1 MiB");
  return {};
}

void Answer::rename_tool_call(std::uint32_t index, std::string_view id) {
  for (auto& call : calls_)
    if (call.choice == 0 && call.index == index) set_id(call.call, std::string(id));
}

void Answer::take_item(const prx_event& event) {
  const std::string_view name = view(event.name);
  if (name == "reasoning_details") append_array(response_.reasoning_details, view(event.json));
  if (name == "annotations") append_array(response_.annotations, view(event.json));
  if (name == "refusal") response_.refusal += json::unquoted(view(event.json)).value_or("");
}

/// What an answer that is no chat says of itself. It is passed on as it is: what cannot be read is
/// not known.
void Answer::take_whole(std::string_view json) {
  ++items_;
  const auto answer = ObjectIndex::parse(json);
  if (!answer) return;
  const auto text_of = [&](std::string_view name) {
    const auto value = answer->find(name);
    return value ? json::unquoted(*value).value_or("") : std::string();
  };
  response_.id = text_of("id");
  response_.model = text_of("model");
  const auto usage = ObjectIndex::parse(answer->find("usage").value_or(""));
  if (!usage) return;
  Usage& out = response_.usage;
  out.json = *answer->find("usage");
  out.prompt_tokens = count_of(usage->find("prompt_tokens"));
  out.completion_tokens = count_of(usage->find("completion_tokens"));
  out.total_tokens = count_of(usage->find("total_tokens"));
  const auto cost = number_of<double>(usage->find("cost"));
  if (cost && *cost >= 0 && std::isfinite(*cost)) out.cost = cost;
}

Result<void> Answer::complete_item() {
  if (items_ == 1) return {};
  return breach("done with " + std::to_string(items_) + " items in place of one");
}

FinishReason finish_of(std::uint32_t finish) {
  static_assert(static_cast<int>(FinishReason::kContentFilter) == PRX_FINISH_CONTENT_FILTER);
  return finish <= PRX_FINISH_CONTENT_FILTER ? static_cast<FinishReason>(finish)
                                             : FinishReason::kOther;
}

Result<void> Answer::complete(ToolArguments arguments) {
  if (finished_choices_.empty()) return breach("done without a finish reason");
  if (!has_finished(0))
    return fail(ErrorClass::kBadResponse, "the answer has other choices, and not the first");
  if (!all_finished())
    return fail(ErrorClass::kBadResponse, "a choice of the answer has no finish reason");
  if (is_empty())
    return fail(ErrorClass::kBadResponse, "empty answer: no content, no tool call, no tokens used");
  std::vector<Call> whole;
  for (auto& each : calls_) {
    ToolCall& call = each.call;
    const bool cut = was_cut(each.choice);
    if (call.arguments.empty() && !cut) call.arguments = "{}";
    const bool any_will_do = arguments == ToolArguments::kAny && !cut;
    const bool is_whole = !call.name.empty() && (any_will_do || json::validate(call.arguments));
    if (is_whole && !each.members.empty()) call.json = tool_call_json(call, each.members);
    if (is_whole)
      whole.push_back(std::move(each));
    else if (cut)
      response_.tool_calls_cut += each.choice == 0 ? 1 : 0;
    else
      return fail(ErrorClass::kBadResponse,
                  call.name.empty()
                      ? "a tool call of the model has no name"
                      : "the model's arguments for tool '" + call.name + "' are not valid JSON");
  }
  calls_ = std::move(whole);
  for (const auto& call : calls_)
    if (call.choice == 0) response_.tool_calls.push_back(call.call);
  return {};
}

Result<void> Answer::check_json() const {
  const bool said_other = !response_.tool_calls.empty() || !response_.refusal.empty() ||
                          response_.finish_reason == FinishReason::kContentFilter;
  if (response_.text.empty() && said_other) return {};
  const auto valid = json::validate(response_.text);
  if (valid) return {};
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  error.phase = Phase::kBody;
  if (response_.finish_reason == FinishReason::kLength) {
    error.retryable = false;
    error.message = "the length limit cut the JSON that response_format asks for; raise max_tokens";
  } else {
    error.message =
        "the answer is not the JSON that response_format asks for (" + valid.error().message + ")";
  }
  return Unexpected(std::move(error));
}

}  // namespace prx::driver
