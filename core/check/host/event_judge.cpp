#include "check/host/event_judge.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "check/host/event_copy.hpp"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {

using sdk::view;

namespace {

constexpr std::size_t kRawMax = 64u << 10;

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_object(std::string_view text) {
  return text.starts_with('{') && json::validate(text).has_value();
}

/// Types of a choice: nothing of them comes after its FINISH.
bool is_of_choice(std::uint32_t type) {
  return type == PRX_EV_TEXT || type == PRX_EV_REASONING || type == PRX_EV_TOOL_CALL ||
         type == PRX_EV_FINISH;
}

}  // namespace

std::string quoted_part(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 60)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else
      out += '?';
  }
  return out + (text.size() > 60 ? "...\"" : "\"");
}

void judge_error(const prx_error& error, Breaches& breaches, const std::string& where) {
  const auto wrong = [&](const std::string& what) {
    breaches.add(Breach::kError, where + ": " + what);
  };
  if (!sdk::is_whole(&error)) return wrong("size is " + std::to_string(error.size));
  if (error.code < PRX_E_CANCELLED || error.code > PRX_E_INTERNAL)
    wrong("code is " + std::to_string(error.code));
  if (error.http_status != 0 && (error.http_status < 100 || error.http_status > 599))
    wrong("http_status is " + std::to_string(error.http_status));
  if (error.flags != 0) wrong("flags are " + std::to_string(error.flags));
  if (error.retryable < -1 || error.retryable > 1)
    wrong("retryable is " + std::to_string(error.retryable));
  if (error.phase < PRX_PHASE_NONE || error.phase > PRX_PHASE_BODY)
    wrong("phase is " + std::to_string(error.phase));
  if (error.retry_after_ms < -1) wrong("retry_after_ms is " + std::to_string(error.retry_after_ms));
  if (error.message.len == 0) wrong("the message is empty");
  if (!is_one_line(view(error.message)))
    wrong("the message has more than one line: " + quoted_part(view(error.message)));
  if (error.raw.len > kRawMax) wrong("raw has " + std::to_string(error.raw.len) + " bytes");
  for (const prx_str text : {error.message, error.provider_code, error.request_id, error.raw})
    if (!json::is_utf8(view(text))) wrong("a text is not UTF-8: " + quoted_part(view(text)));
}

void EventJudge::breach(Breach breach, const prx_event& event, const std::string& what) {
  breaches_.add(breach,
                name_of_event(event.type) + ", event " + std::to_string(seen_) + ": " + what);
}

void EventJudge::see(const prx_event& event) {
  ++seen_;
  if (!sdk::is_whole(&event))
    return breach(Breach::kEventField, event, "size is " + std::to_string(event.size));
  see_order(event);
  see_fields(event);
  see_texts(event);
  see_frame(event);
  if (event.type == PRX_EV_TOOL_CALL) see_tool_call(event);
  if (event.type == PRX_EV_FINISH) see_finish(event);
  if (event.type == PRX_EV_USAGE) see_usage(event);
  if (event.type >= PRX_EV_DONE) see_terminal(event);
}

void EventJudge::see_order(const prx_event& event) {
  if (event.type == PRX_EV_META && seen_ != 1)
    breach(Breach::kGrammar, event, "META is not the first event");
  if (!is_of_choice(event.type)) return;
  const bool over = choices_[event.choice].finished;
  if (over)
    breach(Breach::kGrammar, event,
           "it comes after the FINISH of choice " + std::to_string(event.choice));
}

void EventJudge::see_fields(const prx_event& event) {
  const bool known = (event.type >= PRX_EV_META && event.type <= PRX_EV_PROGRESS) ||
                     event.type == PRX_EV_DONE || event.type == PRX_EV_ERROR;
  if (!known && (!newer_ || event.type >= PRX_EV_DONE || event.type == 0))
    breach(Breach::kEventField, event, "no such type in this ABI");
  if ((event.flags & ~PRX_EVF_SAME_FRAME) != 0 && !newer_)
    breach(Breach::kEventField, event, "flags are " + std::to_string(event.flags));
  const bool json_is_object = event.type == PRX_EV_META || event.type == PRX_EV_TOOL_CALL;
  const std::string_view json = view(event.json);
  if (json_is_object && !json.empty() && !is_object(json))
    breach(Breach::kEventField, event, "json is no object: " + quoted_part(json));
  if (!json_is_object && !json.empty() && !json::validate(json))
    breach(Breach::kEventField, event, "json is no JSON: " + quoted_part(json));
  if (event.type == PRX_EV_ITEM && (event.name.len == 0 || json.empty()))
    breach(Breach::kEventField, event, "an ITEM has a name and json");
  if ((event.type == PRX_EV_USAGE) != (event.usage != nullptr))
    breach(Breach::kEventField, event, event.usage == nullptr ? "no usage" : "it has a usage");
  if ((event.type == PRX_EV_ERROR) != (event.error != nullptr))
    breach(Breach::kEventField, event, event.error == nullptr ? "no error" : "it has an error");
}

void EventJudge::see_texts(const prx_event& event) {
  for (const prx_str text : {event.text, event.id, event.name, event.json}) {
    if (text.ptr == nullptr && text.len != 0)
      return breach(Breach::kText, event, "a text of NULL has a length");
    if (!json::is_utf8(view(text)))
      breach(Breach::kText, event, "it is not UTF-8: " + quoted_part(view(text)));
  }
  const bool needs_text = event.type == PRX_EV_TEXT || event.type == PRX_EV_REASONING;
  if (needs_text && event.text.len == 0) breach(Breach::kText, event, "the text is empty");
}

/// A call that has no name yet may be told after later ones: its index is dense at the FINISH.
void EventJudge::see_tool_call(const prx_event& event) {
  Choice& choice = choices_[event.choice];
  if (!choice.calls.insert(event.index).second) {
    if (event.id.len != 0 || event.name.len != 0)
      breach(Breach::kToolCall, event, "id or name again, after the first event of the call");
    return;
  }
  if (event.id.len == 0) breach(Breach::kToolCall, event, "no id on the first event of a call");
  if (event.name.len == 0) choice.nameless_call = true;
}

void EventJudge::see_finish(const prx_event& event) {
  Choice& choice = choices_[event.choice];
  choice.finished = true;
  if (event.finish > PRX_FINISH_CONTENT_FILTER && !newer_)
    breach(Breach::kEventField, event, "finish is " + std::to_string(event.finish));
  const bool was_cut =
      event.finish == PRX_FINISH_LENGTH || event.finish == PRX_FINISH_CONTENT_FILTER;
  if (choice.nameless_call && !was_cut)
    breach(Breach::kToolCall, event, "a call has no name, and the finish reason did not cut it");
  if (!choice.calls.empty() && *choice.calls.rbegin() + 1 != choice.calls.size())
    breach(Breach::kToolCall, event,
           "there are " + std::to_string(choice.calls.size()) + " calls, the last one with index " +
               std::to_string(*choice.calls.rbegin()));
}

void EventJudge::see_usage(const prx_event& event) {
  if (event.usage == nullptr) return;
  const prx_usage& usage = *event.usage;
  const auto wrong = [&](const std::string& what) { breach(Breach::kUsage, event, what); };
  if (!sdk::is_whole(&usage)) return wrong("size is " + std::to_string(usage.size));
  if (usage.flags != 0) wrong("flags are " + std::to_string(usage.flags));
  for (const std::int64_t count :
       {usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.reasoning_tokens,
        usage.cached_tokens, usage.cache_write_tokens})
    if (count < -1) wrong("a count is " + std::to_string(count));
  if (!std::isfinite(usage.cost)) wrong("cost is no number");
}

void EventJudge::see_terminal(const prx_event& event) {
  if (event.error != nullptr)
    judge_error(*event.error, breaches_, "ERROR, event " + std::to_string(seen_));
  if (event.type != PRX_EV_DONE || op_ != PRX_OP_CHAT) return;
  const bool has_finish = std::any_of(choices_.begin(), choices_.end(),
                                      [](const auto& choice) { return choice.second.finished; });
  if (!has_finish) breach(Breach::kGrammar, event, "DONE of a chat without a FINISH");
}

void EventJudge::see_frame(const prx_event& event) {
  const bool wanted = (flags_ & PRX_RF_WANT_FRAME) != 0;
  if (event.frame.len == 0) return;
  if (!wanted) breach(Breach::kFrame, event, "a frame, and none was asked for");
  if ((event.flags & PRX_EVF_SAME_FRAME) != 0)
    breach(Breach::kFrame, event, "a frame on an event that is not the first of one");
}

}  // namespace prx::check
