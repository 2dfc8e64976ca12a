/// \file request_record.hpp
/// What became of a request, for who watches a server: its access log.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace prx::gateway {

/// How an answer ended, as the server saw it.
enum class RequestOutcome {
  kComplete,    ///< all of it was written, whatever its status
  kClientLeft,  ///< its client went away, or took no byte any more
  kCut,         ///< it broke off, and the connection was reset
};

/// What an endpoint finds out about its request, filled as it becomes known. Of texts of the client
/// it has names alone.
struct RequestNotes {
  std::string key;             ///< the name of the client's key; "": nobody was asked for one
  std::string model;           ///< asked for, "chain:NAME" too
  std::string chain;           ///< chosen beside the model
  std::string target;          ///< whose attempt ended last: "provider/model"
  std::uint32_t attempts = 0;  ///< that have ended
  std::optional<std::int64_t> prompt_tokens, completion_tokens;  ///< of the last that told them
  double cost = 0.0;       ///< US dollars, of the attempts that have ended
  bool cost_known = true;  ///< of all of them
};

/// A value.
struct RequestRecord {
  std::chrono::system_clock::time_point began;  ///< when the request was whole
  std::string client;        ///< address, without port; "": it has none (a Unix socket)
  std::string method, path;  ///< without the query; "": they never came
  int status = 0;            ///< 0: nothing was answered
  std::uint64_t bytes = 0;   ///< of the answer, head and framing too, that went to the system
  std::chrono::nanoseconds duration{0};                ///< from `began` to the end of the answer
  std::optional<std::chrono::nanoseconds> first_byte;  ///< to its head
  RequestOutcome outcome = RequestOutcome::kComplete;
  RequestNotes notes;
};

/// Told of each answer once it has ended. On the loop; must not block, nor change the server.
using RequestObserver = std::function<void(RequestRecord&& record)>;

}  // namespace prx::gateway
