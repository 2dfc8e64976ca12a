#include "gateway/chat/asked_chat.hpp"

#include <utility>

#include "client/trace_context.hpp"
#include "config/duration.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

Result<void> set_deadline(CallOptions& options, std::string_view text, std::string_view where) {
  const auto deadline = config::parse_duration(text);
  if (!deadline || deadline->count() < 1)
    return fail(ErrorClass::kInvalidRequest,
                std::string(where) + ": '" + std::string(text) +
                    "' is no duration above zero; write it like \"30s\" or \"2m\"");
  options.deadline = *deadline;
  return {};
}

Result<void> take_member(AskedChat& asked, const json::ObjectIndex::Member& member) {
  if (member.has_key("trail")) {
    if (member.value != "true" && member.value != "false")
      return fail(ErrorClass::kInvalidRequest, "prx.trail is true or false");
    asked.trail = member.value == "true";
    return {};
  }
  const bool known =
      member.has_key("provider") || member.has_key("chain") || member.has_key("deadline");
  if (!known)
    return fail(ErrorClass::kInvalidRequest,
                "prx." + std::string(member.key) +
                    " is not known; there are provider, chain, deadline and trail");
  const auto text = json::unquoted(member.value);
  if (!text)
    return fail(ErrorClass::kInvalidRequest, "prx." + std::string(member.key) + " is a string");
  if (member.has_key("deadline")) return set_deadline(asked.options, *text, "prx.deadline");
  if (!std::exchange(asked.chose, true)) asked.options.provider = asked.options.chain = "";
  (member.has_key("provider") ? asked.options.provider : asked.options.chain) = *text;
  return {};
}

Result<void> take_headers(AskedChat& asked, const HttpRequest& http) {
  asked.options.provider = http.header("x-prx-provider");
  asked.options.chain = http.header("x-prx-chain");
  const std::string_view deadline = http.header("x-prx-deadline");
  if (!deadline.empty()) PRX_TRY(set_deadline(asked.options, deadline, "x-prx-deadline"));
  const std::string_view traceparent = http.header("traceparent");
  if (driver::check_traceparent(traceparent)) asked.options.traceparent = traceparent;
  return {};
}

/// OpenAI sends usage to who asks for it; OpenRouter to everybody.
bool wants_usage(const json::ObjectIndex& body) {
  const auto options = body.find("stream_options");
  if (!options) return false;
  const auto index = json::ObjectIndex::parse(*options);
  return index && index->find("include_usage") == std::optional<std::string_view>("true");
}

}  // namespace

Result<AskedChat> read_chat(HttpRequest&& http, Dialect dialect) {
  AskedChat asked;
  PRX_TRY(take_headers(asked, http));
  std::string body = std::move(http.body);
  {
    PRX_TRY_SET(const auto index, json::ObjectIndex::parse(body));
    asked.stream = index.find("stream") == std::optional<std::string_view>("true");
    asked.include_usage = dialect == Dialect::kOpenRouter || !asked.stream || wants_usage(index);
    if (const auto own = index.find("prx")) {
      PRX_TRY_SET(const auto members, json::ObjectIndex::parse(*own));
      for (const auto& member : members.members()) PRX_TRY(take_member(asked, member));
      body = json::ObjectEdit(index).remove("prx").str();
    }
  }
  PRX_TRY_SET(asked.request, ChatRequest::from_json(std::move(body)));
  asked.options.stream_upstream = asked.stream;
  asked.options.tool_call_deltas = asked.stream;
  asked.options.frames = true;
  return asked;
}

}  // namespace prx::gateway
