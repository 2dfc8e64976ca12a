/// \file bench.hpp
/// What the dynamic rules share: cases that a plugin answers, and expectations about them.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "check/host/session.hpp"
#include "check/rule.hpp"

namespace prx::check {

/// One operation that works: what is started, what the server says, and what came of it.
struct Case {
  std::string name;  ///< "chat 'stream'", "models"
  CallSpec spec;
  const Sample* sample = nullptr;  ///< of the subject; null when it sends no HTTP
  CallOutcome outcome;             ///< when its answer comes at once

  [[nodiscard]] bool http() const { return sample != nullptr; }
  [[nodiscard]] Script script() const { return sample != nullptr ? whole(*sample) : Script(); }
};

/// Whether there is an instance to work with; a finding when not.
[[nodiscard]] bool ready(Session& session, Trial& trial);

/// What came of a sample is what it says.
[[nodiscard]] bool fits(const Sample& sample, const CallOutcome& outcome);
/// "" when it fits; else what does not.
[[nodiscard]] std::string misfit(const Sample& sample, const CallOutcome& outcome);

/// Whether the operation asks a server, whatever that says.
[[nodiscard]] bool asks_server(Session& session, const std::string& operation);

/// Each operation of the note with each sample that fits, and those that send no HTTP as they are.
[[nodiscard]] std::vector<Case> cases(Session& session);
/// The same; when there is none, the rule is not applicable.
[[nodiscard]] std::vector<Case> all_cases(Session& session, Trial& trial);
/// Those that send HTTP and end well; when there is none, the rule is not applicable.
[[nodiscard]] std::vector<Case> good_http_cases(Session& session, Trial& trial);
/// Bytes of the heap, those of large blocks included.
[[nodiscard]] std::size_t heap_in_use();
/// Last: a trial that expected nothing, since no operation started, is not applicable.
void expect_a_start(Trial& trial);
/// The chats of these cases, of all if there is none.
[[nodiscard]] std::vector<Case> chats(const std::vector<Case>& cases);

/// No breach of these kinds was seen so far; the others are forgotten.
void expect_none(Trial& trial, World& world, std::initializer_list<Breach> kinds);
/// It says the same as the case, or, where the words are the plugin's own and declared to be
/// random, ends alike.
[[nodiscard]] bool same(const Subject& subject, const Case& one, const CallOutcome& other);
/// The first line in which two digests differ, for findings.
[[nodiscard]] std::string difference(const CallOutcome& expected, const CallOutcome& happened);

}  // namespace prx::check
