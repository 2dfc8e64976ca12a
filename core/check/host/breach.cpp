#include "check/host/breach.hpp"

#include <utility>

namespace prx::check {

std::string_view expected_of(Breach breach) {
  switch (breach) {
    case Breach::kEventInsideStart:
      return "no event before start returned";
    case Breach::kEventAfterEnd:
      return "exactly one terminal event, and nothing after it";
    case Breach::kEventAfterRelease:
      return "no event after release";
    case Breach::kEventOverlap:
      return "events of one operation never overlap";
    case Breach::kEventThread:
      return "events come on the operation's loop, or on the worker that spawn gave it";
    case Breach::kGrammar:
      return "META? (TEXT|REASONING|TOOL_CALL|ITEM|RAW|PROGRESS|USAGE|FINISH)* (DONE|ERROR), "
             "nothing of a choice after its FINISH, and no DONE of a chat without a FINISH";
    case Breach::kText:
      return "texts are UTF-8, and not empty in TEXT and REASONING";
    case Breach::kToolCall:
      return "tool calls are numbered densely from 0, id and name complete on the first event";
    case Breach::kEventField:
      return "the fields of an event are in their ranges, json is \"\" or JSON";
    case Breach::kUsage:
      return "the numbers of a USAGE are -1 or counts, and its cost is a number";
    case Breach::kError:
      return "an error has a known code, status, phase, a wait of -1 or more, and a one-line "
             "message";
    case Breach::kFrame:
      return "frame is filled only when asked for, on the first event of a source frame";
    case Breach::kFail:
      return "fail is set once when the result is not PRX_OK, with that code, and else never";
    case Breach::kOutParameter:
      return "what is made comes back through its out parameter when the result is PRX_OK";
    case Breach::kNullOperation:
      return "the operation is not NULL when start returns PRX_OK";
    case Breach::kServiceOp:
      return "each service call names the op_id of a running operation of its own instance";
    case Breach::kServiceThread:
      return "services with the tag [loop] are called on the operation's loop";
    case Breach::kServiceArguments:
      return "service calls have all their arguments";
    case Breach::kCreateAsks:
      return "init and create send nothing and ask for no timer, post or worker";
    case Breach::kHttpRequest:
      return "an HTTP request has a method, an absolute http(s) URL, at most 64 sound headers, "
             "zero flags and clocks of -1 or more";
    case Breach::kHttpHost:
      return "only hosts of the note and of base_url are asked";
    case Breach::kHttpKey:
      return "the host adds the key to the header that key_header names";
    case Breach::kSecret:
      return "the key is never in the plugin's hands";
    case Breach::kExchangeLeft:
      return "after release no exchange of the operation runs";
    case Breach::kWorkerStuck:
      return "a worker's task returns after its operation ended";
    case Breach::kLog:
      return "a line of the log is UTF-8 and has a level";
    case Breach::kPrivate:
      return "no line of the log has words of a prompt or of a body";
  }
  return "";
}

void Breaches::add(Breach breach, std::string what) {
  const std::lock_guard lock(mutex_);
  std::size_t& count = counts_[breach];
  if (count == kKeptMax) return;
  ++count;
  kept_.push_back({breach, std::move(what)});
}

std::vector<Observed> Breaches::take() {
  const std::lock_guard lock(mutex_);
  counts_.clear();
  return std::exchange(kept_, {});
}

}  // namespace prx::check
