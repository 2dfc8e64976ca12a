/// \file reply.hpp
/// One reply as the connection plays it, and how the faults of the HTTP level shape it.
#pragma once

#include <memory>
#include <string>

#include "sim/body.hpp"
#include "sim/dialect.hpp"
#include "sim/fault.hpp"

namespace prx::sim {

struct Reply {
  std::chrono::milliseconds head_delay{0};
  Ending before_head =
      Ending::kNone;  ///< reset, cut (hang up) or stall (silence) instead of a head
  int status = 0;
  std::string head;            ///< with its final empty line
  std::unique_ptr<Body> body;  ///< absent only when before_head is set
  bool keep_alive = true;
  std::string generation_id;  ///< of a chat answer, else ""
};

/// A reply whose body is known.
struct PlainReply {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
};

/// A reset, hang-up or silence before any head, if the faults ask for one.
[[nodiscard]] std::optional<Reply> no_reply(const Faults& faults);

/// The error that the faults ask for instead of an answer, in the vendor's shape, or nullopt.
[[nodiscard]] std::optional<PlainReply> refusal(const Dialect& dialect, const Faults& faults,
                                                const CatalogModel& model);

[[nodiscard]] PlainReply error_reply(const Dialect& dialect, const VendorError& error);

/// Head and body; of the faults: late-head, late-token (as the body's wait), slow, trickle (from
/// the first byte on), split, cut,
/// stall, reset after the head (each in the middle of the body), truncated-json, malformed,
/// wrong-type, oversized, oversized-head.
[[nodiscard]] Reply make_reply(PlainReply plain, const Faults& faults, bool keep_alive);

/// Head of a streamed body, to be set on the reply.
[[nodiscard]] Reply make_stream(Headers headers, std::unique_ptr<Body> body, const Faults& faults,
                                bool keep_alive);

}  // namespace prx::sim
