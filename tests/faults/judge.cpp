// Compares what came of a call with what the table says.
#include <algorithm>
#include <array>

#include "faults/observed.hpp"

namespace prx::faults {

namespace {

/// Of the program, as its help says.
int exit_code_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kAuth:
    case ErrorClass::kCredit:
      return 4;
    case ErrorClass::kRateLimit:
    case ErrorClass::kOverloaded:
      return 5;
    case ErrorClass::kTimeout:
    case ErrorClass::kNetwork:
      return 6;
    case ErrorClass::kBadResponse:
    case ErrorClass::kInternal:
      return 8;
    default:
      return 7;
  }
}

/// As OpenRouter's clients read it.
std::string_view error_type_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kInvalidRequest:
      return "invalid_request";
    case ErrorClass::kRateLimit:
      return "rate_limit_exceeded";
    case ErrorClass::kOverloaded:
      return "provider_overloaded";
    case ErrorClass::kTimeout:
      return "timeout";
    case ErrorClass::kNetwork:
    case ErrorClass::kBadResponse:
      return "provider_unavailable";
    case ErrorClass::kContextLength:
      return "context_length_exceeded";
    case ErrorClass::kContentPolicy:
      return "content_policy_violation";
    default:
      return "in no table here";
  }
}

std::string ms(milliseconds time) { return std::to_string(time.count()) + " ms"; }

std::string range(const Count& count) {
  return count.least == count.most
             ? std::to_string(count.least)
             : std::to_string(count.least) + " to " + std::to_string(count.most);
}

bool holds(const Count& count, std::size_t value) {
  return static_cast<int>(value) >= count.least && static_cast<int>(value) <= count.most;
}

Count sum(const std::vector<Count>& counts) {
  Count all(0);
  for (const Count& one : counts) {
    all.least += one.least;
    all.most += one.most;
  }
  return all;
}

class Judge {
 public:
  Judge(const Stage& stage, const Cell& cell, const Observed& seen, const Expect& expected)
      : stage_(stage),
        scenario_(stage.scenario()),
        cell_(cell),
        expected_(expected),
        seen_(seen),
        out_(seen.odd) {}

  Differences run() {
    outcome();
    for (std::size_t i = 0; i < scenario_.targets.size(); ++i) attempts(i);
    asked();
    spacing();
    if (seen_.took < expected_.least)
      say("ended after " + ms(seen_.took) + ", before " + ms(expected_.least));
    if (seen_.took > expected_.most)
      say("ended after " + ms(seen_.took) + ", later than " + ms(expected_.most));
    if (seen_.trail && seen_.trail->size() > kAttemptsMax) say("more than six attempts");
    if (expected_.estimate && seen_.cost && seen_.cost->lower_bound != *expected_.estimate)
      say(seen_.cost->lower_bound ? "the cost is a lower bound" : "the cost is no lower bound");
    if (out_.empty()) return {};
    out_.push_back(trail_text());
    for (std::size_t i = 0; i < scenario_.targets.size(); ++i) out_.push_back(server_text(i));
    return std::move(out_);
  }

 private:
  void say(std::string what) { out_.push_back(std::move(what)); }

  void outcome() {
    if (expected_.served == kNobody) return failure();
    if (!seen_.answered)
      return say("failed: " + seen_.error_class + seen_.error_type + " " + seen_.message);
    const auto target = static_cast<std::size_t>(expected_.served);
    if (seen_.text != scenario_.targets[target].text) say("text is \"" + seen_.text + "\"");
    const std::string calls = calls_text(scenario_.targets[target]);
    if (seen_.calls != calls) say("tool calls are \"" + seen_.calls + "\"");
    if (!seen_.pieces.empty() && seen_.pieces != calls)
      say("the pieces of tool calls are \"" + seen_.pieces + "\"");
    if (seen_.restarts && *seen_.restarts != expected_.restarts)
      say(std::to_string(*seen_.restarts) + " restarts, not " + std::to_string(expected_.restarts));
    if (seen_.provider && *seen_.provider != provider_name(target))
      say("served by " + *seen_.provider);
    if (seen_.model && !seen_.model->starts_with(model_name(target))) say("model " + *seen_.model);
    if (seen_.provider && seen_.tokens.value_or(kUnknown) != expected_.tokens)
      say("usage of " + std::to_string(seen_.tokens.value_or(-1)) + " tokens");
  }

  void failure() {
    if (seen_.answered) return say("answered: \"" + seen_.text + "\"");
    const auto& classes = expected_.classes;
    const bool right = std::any_of(classes.begin(), classes.end(), [&](ErrorClass one) {
      if (!seen_.error_type.empty()) return error_type_of(one) == seen_.error_type;
      if (seen_.error_class.empty()) return exit_code_of(one) == seen_.exit_code;
      return to_string(one) == seen_.error_class;
    });
    if (!right)
      say("error is " + seen_.error_class + seen_.error_type + " (exit code " +
          std::to_string(seen_.exit_code) + "): " + seen_.message);
    const bool known =
        std::any_of(scenario_.targets.begin(), scenario_.targets.end(),
                    [&](const Target& target) { return target.text.starts_with(seen_.text); });
    if (!known) say("delivered \"" + seen_.text + "\", which no target says");
    if (!seen_.calls.empty()) say("failed, and delivered the tool calls \"" + seen_.calls + "\"");
  }

  void attempts(std::size_t target) {
    const Count& count = expected_.attempts.at(target);
    const std::string name(provider_name(target));
    const bool reached = scenario_.targets[target].reach == Reach::kServer;
    const std::size_t requests = stage_.requests(cell_, target).size();
    if (reached && !holds(count, requests))
      say(name + " got " + std::to_string(requests) + " requests, not " + range(count));
    if (!reached && requests > 0) say(name + " was reached");
    if (!seen_.trail) return;
    std::size_t tried = 0, exchanges = 0;
    for (const Tried& one : *seen_.trail) {
      if (one.provider != name) continue;
      ++tried;
      exchanges += one.exchanges;
    }
    if (!holds(count, tried))
      say(name + " has " + std::to_string(tried) + " attempts in the trail, not " + range(count));
    if (reached && exchanges != requests)
      say(name + ": " + std::to_string(exchanges) + " exchanges in the trail, " +
          std::to_string(requests) + " at the server");
  }

  void asked() {
    if (!seen_.asked) return;
    const Count count = sum(expected_.attempts);
    if (!holds(count, *seen_.asked))
      say(std::to_string(*seen_.asked) + " attempts are told, not " + range(count));
  }

  void spacing() {
    if (expected_.spacing.count() == 0) return;
    const auto requests = stage_.requests(cell_, 0);
    for (std::size_t i = 1; i < requests.size(); ++i) {
      const auto gap =
          std::chrono::duration_cast<milliseconds>(requests[i].arrived - requests[i - 1].arrived);
      if (gap < expected_.spacing)
        say("request " + std::to_string(i + 1) + " came after " + ms(gap) + ", not " +
            ms(expected_.spacing));
    }
  }

  std::string trail_text() const {
    if (!seen_.trail) return seen_.message;
    std::string text = "trail:";
    for (const Tried& one : *seen_.trail)
      text += " [" + one.provider + ", " + one.reason + ": " +
              (one.error.empty() ? "served" : one.error + ": " + one.message) + "]";
    return text;
  }

  /// How the server saw it.
  std::string server_text(std::size_t target) const {
    constexpr std::array<const char*, 4> kOutcomes{"open", "complete", "fault", "client gone"};
    std::string text = "at " + std::string(provider_name(target)) + ":";
    for (const auto& request : stage_.requests(cell_, target))
      text += " [" + std::to_string(request.status) + " " +
              kOutcomes.at(static_cast<std::size_t>(request.outcome)) + " after " +
              ms(request.duration) + ", " + std::to_string(request.bytes_sent) + " bytes]";
    return text;
  }

  const Stage& stage_;
  const Scenario& scenario_;
  const Cell& cell_;
  const Expect& expected_;
  const Observed& seen_;
  Differences out_;
};

}  // namespace

bool streams_upstream(Host host) { return host != Host::kCliPlain && host != Host::kServePlain; }

const Expect& expectation(const Scenario& scenario, Host host) {
  return streams_upstream(host) || !scenario.expected_plain ? scenario.expected
                                                            : *scenario.expected_plain;
}

Expect served_by(int target, std::vector<Count> attempts) {
  Expect out;
  out.served = target;
  out.attempts = std::move(attempts);
  return out;
}

Expect refused(std::vector<ErrorClass> classes, std::vector<Count> attempts) {
  Expect out;
  out.classes = std::move(classes);
  out.attempts = std::move(attempts);
  return out;
}

Scenario& Scenario::each(int from, int to) {
  variants.clear();
  for (int i = from; i <= to; ++i) variants.push_back(std::to_string(i));
  return *this;
}

/// When a proxy dropped what came before a break: as often as either says, with either end.
Expect either(const Expect& broken, const Expect& unseen) {
  Expect out = unseen;
  for (std::size_t i = 0; i < out.attempts.size(); ++i) {
    out.attempts[i].least = std::min(broken.attempts[i].least, unseen.attempts[i].least);
    out.attempts[i].most = std::max(broken.attempts[i].most, unseen.attempts[i].most);
  }
  return out;
}

Differences judge(const Stage& stage, const Cell& cell, const Observed& seen) {
  const Scenario& scenario = stage.scenario();
  auto out = Judge(stage, cell, seen, expectation(scenario, cell.host)).run();
  if (out.empty() || !scenario.lossy || stage.wire() == Wire::kPlain) return out;
  const Expect unseen = either(scenario.expected, *scenario.expected_plain);
  Expect broken = unseen;
  broken.served = scenario.expected.served;
  broken.classes = scenario.expected.classes;
  broken.tokens = scenario.expected.tokens;
  const bool good = Judge(stage, cell, seen, broken).run().empty() ||
                    Judge(stage, cell, seen, unseen).run().empty();
  return good ? Differences{} : out;
}

Differences judge(const Stage& stage, const Rehearsed& seen) {
  const Expect& expected = stage.scenario().expected;
  if (!seen.problem.empty()) return {seen.problem};
  Differences out;
  if (seen.answered != (expected.served != kNobody))
    out.push_back(seen.answered ? "the rehearsal answers" : "the rehearsal fails");
  const bool named = seen.answered && expected.served != kNobody;
  if (named && seen.served_by != provider_name(static_cast<std::size_t>(expected.served)))
    out.push_back("in the rehearsal " + seen.served_by + " serves");
  const auto& classes = expected.classes;
  if (!seen.answered && std::none_of(classes.begin(), classes.end(), [&](ErrorClass one) {
        return to_string(one) == seen.error_class;
      }))
    out.push_back("the rehearsal ends with " + seen.error_class);
  const Count all = sum(expected.attempts);
  if (!holds(all, static_cast<std::size_t>(seen.attempts)))
    out.push_back("the rehearsal makes " + std::to_string(seen.attempts) + " attempts, not " +
                  range(all));
  return out;
}

}  // namespace prx::faults
