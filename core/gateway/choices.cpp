#include "gateway/choices.hpp"

#include <utility>

#include "client/trace_context.hpp"
#include "config/duration.hpp"

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

/// \param chose  an earlier member named provider or chain, so the headers count for none.
Result<void> take_member(Choices& choices, const json::ObjectIndex::Member& member, bool& chose) {
  if (member.has_key("trail")) {
    if (member.value != "true" && member.value != "false")
      return fail(ErrorClass::kInvalidRequest, "prx.trail is true or false");
    choices.trail = member.value == "true";
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
  CallOptions& options = choices.options;
  if (member.has_key("deadline")) return set_deadline(options, *text, "prx.deadline");
  if (!std::exchange(chose, true)) options.provider = options.chain = "";
  (member.has_key("provider") ? options.provider : options.chain) = *text;
  return {};
}

Result<void> take_headers(CallOptions& options, const HttpRequest& http) {
  options.provider = http.header("x-prx-provider");
  options.chain = http.header("x-prx-chain");
  const std::string_view deadline = http.header("x-prx-deadline");
  if (!deadline.empty()) PRX_TRY(set_deadline(options, deadline, "x-prx-deadline"));
  const std::string_view traceparent = http.header("traceparent");
  if (driver::check_traceparent(traceparent)) options.traceparent = traceparent;
  return {};
}

}  // namespace

Result<Choices> read_choices(const HttpRequest& http, const json::ObjectIndex& body) {
  Choices out;
  PRX_TRY(take_headers(out.options, http));
  const auto own = body.find("prx");
  if (!own) return out;
  PRX_TRY_SET(const auto members, json::ObjectIndex::parse(*own));
  bool chose = false;
  for (const auto& member : members.members()) PRX_TRY(take_member(out, member, chose));
  return out;
}

}  // namespace prx::gateway
