#include "cli/plan/plan_faults.hpp"

#include <algorithm>

#include "prx/sdk/chat_completions.hpp"
#include "sim/fault.hpp"

namespace prx::cli {
namespace {

using reliability::Act;
using reliability::Acts;
using reliability::Rehearsal;
using sim::Fault;
using sim::FaultKind;

/// "...; write a status (429:retry-after=2), a class of errors (auth), or ok, reset, ..."
std::string cannot() {
  const auto& words = fault_examples();
  std::string text = " cannot be rehearsed; write a status (" + words[0] +
                     "), a class of errors (" + words[1] + "), or " + words[2];
  for (std::size_t i = 3; i < words.size(); ++i) text += ", " + words[i];
  return text;
}

Unexpected<Error> refuse_part(std::string_view part, const std::string& why) {
  return fail(ErrorClass::kInvalidRequest, "--fail: '" + std::string(part) + "'" + why);
}

Act failure(ErrorClass error_class, int status, std::string message) {
  Act act;
  act.kind = Act::Kind::kError;
  act.error.error_class = error_class;
  act.error.http_status = status;
  act.error.message = std::move(message);
  return act;
}

Act answers(const Fault& fault) {
  Act act = failure(sdk::classify(fault.status, ""), fault.status,
                    "answers " + std::to_string(fault.status));
  if (fault.retry_after.count() >= 0) act.error.retry_after = fault.retry_after;
  return act;
}

/// `after` tokens; an answer that is shorter breaks before its end.
Act breaks(Act::Kind kind, int after) {
  Act act;
  act.kind = kind;
  act.tokens = std::clamp(after, 0, Rehearsal::kTokens);
  return act;
}

Act plain(Act::Kind kind) {
  Act act;
  act.kind = kind;
  return act;
}

/// nullopt: no act is like it.
std::optional<Act> act_of(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kOk:
    case FaultKind::kNoDone:  // the finish reason is enough
      return plain(Act::Kind::kAnswer);
    case FaultKind::kStatus:
    case FaultKind::kHtml:
    case FaultKind::kEmptyBody:
      if (fault.status < 400) return std::nullopt;
      return answers(fault);
    case FaultKind::kContextLength:
      return failure(ErrorClass::kContextLength, 400, "the prompt is too long");
    case FaultKind::kPolicy:
      return failure(ErrorClass::kContentPolicy, 403, "moderation refuses the prompt");
    case FaultKind::kQuota:
      return failure(ErrorClass::kCredit, 402, "the account is empty");
    case FaultKind::kReset:
      if (fault.after >= 0) return breaks(Act::Kind::kCut, fault.after);
      return plain(Act::Kind::kReset);
    case FaultKind::kHangUp:
      return plain(Act::Kind::kReset);
    case FaultKind::kSilence:
      return plain(Act::Kind::kSilence);
    case FaultKind::kLateToken: {
      Act act = plain(Act::Kind::kLateToken);
      act.late = fault.delay;
      return act;
    }
    case FaultKind::kCut:
      return breaks(Act::Kind::kCut, fault.after);
    case FaultKind::kStall:
      return breaks(Act::Kind::kStall, fault.after);
    case FaultKind::kMalformed:
      return breaks(Act::Kind::kMalformed, fault.after);
    case FaultKind::kNoFinish:
      return breaks(Act::Kind::kCut, Rehearsal::kTokens);
    case FaultKind::kNoEnd:
      return plain(Act::Kind::kNoEnd);
    default:
      return std::nullopt;
  }
}

constexpr std::string_view kLikeClass = "429";

/// The parameters of a word that the simulator does not know are those of a fault that it does.
Result<Fault> parse_like(std::string_view fault, std::string_view word, std::string_view part) {
  if (part.find('+') != std::string_view::npos)
    return refuse_part(part, " joins with '+'; write '/' for what comes then");
  auto faults = sim::parse_faults(std::string(fault).append(part.substr(word.size())),
                                  sim::FaultUse::kOneCall);
  if (faults) return std::move(faults->front());
  if (fault == word) return refuse_part(part, ": " + faults.error().message);
  return refuse_part(part, " has another parameter or value than it takes; write times=N" +
                               std::string(fault == kLikeClass ? " or retry-after=SECONDS" : ""));
}

Result<Act> read_act(std::string_view part) {
  const auto word = part.substr(0, part.find_first_of("?:@+"));
  const auto error_class = error_class_from(word);
  Act act;
  Fault fault;
  if (error_class && *error_class != ErrorClass::kCancelled) {
    PRX_TRY_SET(fault, parse_like(kLikeClass, word, part));
    act = failure(*error_class, 0, "as told");
    if (fault.retry_after.count() >= 0) act.error.retry_after = fault.retry_after;
  } else if (word == "differs") {
    PRX_TRY_SET(fault, parse_like("ok", word, part));
    act = plain(Act::Kind::kDiffers);
  } else {
    if (!sim::parse_faults(word)) return refuse_part(part, cannot());
    PRX_TRY_SET(fault, parse_like(word, word, part));
    const auto known = act_of(fault);
    if (!known) return refuse_part(part, cannot());
    act = *known;
  }
  act.times = fault.times;
  return act;
}

}  // namespace

const std::vector<std::string>& fault_examples() {
  static const std::vector<std::string> kWords{"429:retry-after=2",
                                               "auth",
                                               "ok",
                                               "reset",
                                               "hang-up",
                                               "silence",
                                               "late-token:ms=500",
                                               "cut@40",
                                               "stall@40",
                                               "malformed@40",
                                               "no-done",
                                               "no-end",
                                               "no-finish",
                                               "context-length",
                                               "policy",
                                               "quota",
                                               "html",
                                               "empty-body",
                                               "differs"};
  return kWords;
}

Result<Acts> parse_acts(std::string_view text) {
  Acts acts;
  while (true) {
    const auto end = text.find('/');
    PRX_TRY_SET(Act act, read_act(text.substr(0, end)));
    acts.push_back(std::move(act));
    if (end == std::string_view::npos) return acts;
    if (acts.back().times == 0) acts.back().times = 1;  // what comes next must come
    text.remove_prefix(end + 1);
  }
}

}  // namespace prx::cli
