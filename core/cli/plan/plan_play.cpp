#include "cli/plan/plan_play.hpp"

#include <algorithm>

#include "cli/json_writer.hpp"
#include "cli/plan/plan_faults.hpp"
#include "cli/visible.hpp"
#include "config/did_you_mean.hpp"

namespace prx::cli {
namespace {

using reliability::Acts;
using reliability::Moment;

Unexpected<Error> wrong(std::string text) {
  return fail(ErrorClass::kInvalidRequest, "--fail: " + std::move(text));
}

bool is_called(const driver::PlannedTarget& target, std::string_view name) {
  return target.plan.name == name || target.plan.shown() == name ||
         std::to_string(target.place + 1) == name;
}

/// A fault of a target that is not asked would be a false all-clear.
Unexpected<Error> no_target(const driver::PlannedChain& chain, const PlayedChain& played,
                            std::string_view name) {
  for (const auto& target : chain.targets) {
    if (!is_called(target, name)) continue;
    const bool key = target.left_out == target.provider->key_missing;
    return wrong("'" + std::string(name) + "' is left out of the chain: " + target.left_out +
                 (key ? ", or play as if every target had its key with --no-keys" : ""));
  }
  std::vector<std::string_view> names;
  for (const auto* target : played.targets) names.push_back(target->plan.shown());
  return wrong("the chain asks no target '" + std::string(name) + "'" +
               config::suggestion(name, names));
}

Result<void> read_fault(const driver::PlannedChain& chain, const PlayedChain& played,
                        std::string_view fault, std::vector<Acts>& acts) {
  const auto equals = fault.find('=');
  if (equals == std::string_view::npos)
    return wrong("'" + std::string(fault) + "' is not TARGET=FAULT; write " +
                 played.targets.front()->plan.name + "=429");
  const auto name = fault.substr(0, equals);
  bool found = false;
  for (std::size_t i = 0; i < played.targets.size(); ++i) {
    const driver::PlannedTarget& target = *played.targets[i];
    if (!is_called(target, name)) continue;
    found = true;
    if (!acts[i].empty())
      return wrong("target " + std::to_string(target.place + 1) + " ('" + target.plan.shown() +
                   "') is named twice; write A/B for what comes one after the other");
    PRX_TRY_SET(acts[i], parse_acts(fault.substr(equals + 1)));
  }
  if (!found) return no_target(chain, played, name);
  return {};
}

std::string_view event_name(Moment::Kind kind) {
  switch (kind) {
    case Moment::Kind::kStart:
      return "start";
    case Moment::Kind::kFirstToken:
      return "first_token";
    case Moment::Kind::kDeliver:
      return "deliver";
    case Moment::Kind::kDiffers:
      return "differs";
    case Moment::Kind::kGoOn:
      return "go_on";
    case Moment::Kind::kComplete:
      return "complete";
    case Moment::Kind::kFail:
      return "fail";
    case Moment::Kind::kCancel:
      return "cancel";
    case Moment::Kind::kAnswer:
      return "answer";
    case Moment::Kind::kGiveUp:
      return "give_up";
  }
  return "";
}

std::string_view mode_name(reliability::Mode mode) {
  switch (mode) {
    case reliability::Mode::kWhole:
      return "whole";
    case reliability::Mode::kSplice:
      return "splice";
    case reliability::Mode::kContinue:
      return "continue";
  }
  return "";
}

/// The number, or null where the moment has none.
std::optional<std::int64_t> number_if(bool applies, std::int64_t number) {
  return applies ? std::optional(number) : std::nullopt;
}

void add_target(JsonWriter& json, const driver::PlannedTarget* target) {
  json.key("place").integer_or_null(number_if(
      target != nullptr, target == nullptr ? 0 : static_cast<std::int64_t>(target->place) + 1));
  json.key("provider").string_or_null(target == nullptr ? "" : target->plan.name);
  json.key("model").string_or_null(target == nullptr ? "" : target->model);
}

void add_error(JsonWriter& json, const std::optional<Error>& error) {
  const bool waits = error && error->retry_after;
  json.key("class").string_or_null(error ? to_string(error->error_class) : "");
  json.key("http_status");
  error && error->http_status != 0 ? json.integer(error->http_status) : json.null();
  json.key("retry_after_ms");
  waits ? json.integer(error->retry_after->count()) : json.null();
}

void add_moment(JsonWriter& json, const PlayedChain& played, const Moment& moment) {
  const bool start = moment.kind == Moment::Kind::kStart;
  json.begin_object();
  json.key("at_ms").integer(moment.at.count());
  json.key("event").string(event_name(moment.kind));
  json.key("attempt").integer_or_null(number_if(moment.attempt != 0, moment.attempt));
  add_target(json, moment.target ? played.targets[*moment.target] : nullptr);
  json.key("reason").string_or_null(moment.reason);
  json.key("mode").string_or_null(start ? mode_name(moment.mode) : "");
  json.key("key").integer_or_null(number_if(start, static_cast<std::int64_t>(moment.key) + 1));
  json.key("wait_ms").integer_or_null(number_if(start, moment.wait.count()));
  add_error(json, moment.error);
  json.key("what").string(moment.what);
  json.end_object();
}

}  // namespace

PlayedChain played_chain(const driver::PlannedChain& chain) {
  PlayedChain played;
  played.plan.policy = *chain.policy;
  for (const auto& target : chain.targets) {
    if (!target.left_out.empty()) continue;
    played.plan.targets.push_back(target.plan);
    played.targets.push_back(&target);
  }
  return played;
}

bool assume_keys(driver::PlannedChain& chain) {
  bool any = false;
  for (auto& target : chain.targets) {
    const bool misses_key = target.left_out == target.provider->key_missing;
    if (target.left_out.empty() || !misses_key || target.model.empty()) continue;
    any = true;
    target.left_out.clear();
    target.plan.keys = 1;
  }
  return any;
}

Result<std::vector<Acts>> read_faults(const driver::PlannedChain& chain, const PlayedChain& played,
                                      const std::vector<std::string>& faults) {
  std::vector<Acts> acts(played.targets.size());
  for (const std::string& list : faults) {
    std::string_view rest = list;
    for (bool more = true; more;) {
      const auto comma = rest.find(',');
      PRX_TRY(read_fault(chain, played, rest.substr(0, comma), acts));
      more = comma != std::string_view::npos;
      if (more) rest.remove_prefix(comma + 1);
    }
  }
  return acts;
}

std::string timeline_text(const reliability::Rehearsal& rehearsal) {
  std::string text;
  for (const auto& moment : rehearsal.moments) {
    const std::string at = reliability::seconds(moment.at);
    text += std::string(std::max<std::size_t>(10, at.size()) - at.size(), ' ') + at + "  " +
            visible_line(moment.what) + '\n';
  }
  return text + std::to_string(rehearsal.attempts) +
         (rehearsal.attempts == 1 ? " attempt in " : " attempts in ") +
         reliability::seconds(rehearsal.took) + '\n';
}

std::string timeline_json(const PlayedChain& played, const reliability::Rehearsal& rehearsal) {
  const driver::PlannedTarget& served = *played.targets[rehearsal.served_by];
  JsonWriter json;
  json.begin_object();
  json.key("answered").boolean(rehearsal.answered);
  json.key("served_by").string_or_null(rehearsal.answered ? served.plan.name : "");
  json.key("model").string_or_null(rehearsal.answered ? served.model : "");
  json.key("error").string_or_null(rehearsal.answered ? ""
                                                      : to_string(rehearsal.error.error_class));
  json.key("attempts").integer(rehearsal.attempts);
  json.key("took_ms").integer(rehearsal.took.count());
  json.key("moments").begin_array();
  for (const auto& moment : rehearsal.moments) add_moment(json, played, moment);
  json.end_array();
  json.end_object();
  return json.text() + "\n";
}

}  // namespace prx::cli
