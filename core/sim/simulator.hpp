/// \file simulator.hpp
/// A server that looks like OpenRouter and OpenAI, on loopback, with faults on demand. For tests,
/// benchmarks, `prx sim`, and users who try their own failover. Start here; fault.hpp has the
/// faults.
///
///     auto simulator = prx::sim::Simulator::start({}).value();
///     // POST {simulator->base_url()}/chat/completions with any Bearer key, model
///     "anthropic/claude-sonnet-4"
///     // or model "sim/429?retry_after=2&times=1"
///
/// What it answers is a function of the request: the same words each time, saying that they are
/// simulated. HTTP/1.1 without TLS; put a proxy in front for TLS and HTTP/2.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/sdk/error.hpp"
#include "sim/fault.hpp"

namespace prx::sim {

enum class KeyState { kValid, kInvalid, kNoCredit, kRateLimited };

/// What OpenRouter's /key and /credits say about a key; amounts in US dollars.
struct SimulatorAccount {
  std::string label = "sk-or-v1-sim...000";
  std::optional<double> limit;  ///< of the key; nullopt: none
  double usage = 0.25;          ///< of the key; what is left of the limit goes by it
  std::string limit_reset;      ///< "monthly"; "" is null
  bool free_tier = false;
  bool management = false;  ///< may read /credits, which others may not
  std::string expires;      ///< "2030-01-31T00:00:00Z"; "" is null
  double credits = 10.0;    ///< bought so far
  double credits_used = 2.5;
};

/// What happens to who sends this key. 401, 402 (OpenAI: 429 insufficient_quota), 429.
struct SimulatorKey {
  std::string key;
  KeyState state = KeyState::kValid;
  SimulatorAccount account = {};
};

/// Which path answers about the key; the real one has /key.
enum class KeyEndpoint { kKey, kAuthKey, kNeither };

struct RequestRecord;

struct SimulatorOptions {
  std::string address = "127.0.0.1";  ///< a numeric IPv4 or IPv6 address
  std::uint16_t port = 0;             ///< 0: any free one
  std::chrono::milliseconds first_token_delay{0};
  std::chrono::milliseconds token_delay{0};  ///< between tokens; waits end on a grid of 1 ms
  std::string answer;              ///< said to every prompt; "": an answer that echoes the prompt
  std::size_t answer_tokens = 0;   ///< more than 0 and no `answer`: filler of so many tokens
  bool one_write = false;          ///< gather what is ready into one write, not one per event
  std::vector<SimulatorKey> keys;  ///< none: any key will do; else keys that are not listed get 401
  SimulatorAccount account;        ///< of every key that is not listed in `keys`
  KeyEndpoint key_endpoint = KeyEndpoint::kKey;
  bool any_model = false;  ///< serve unknown model names too
  int generation_misses =
      0;  ///< /generation answers 404 so often for each id, as a late record does
  FaultScript script;
  std::size_t body_max = 32u << 20;       ///< bytes of a request's body; more is 413
  std::size_t head_max = 64u << 10;       ///< bytes of a request's head; more is 431
  std::size_t connections_max = 20'000;   ///< more are closed at once
  std::size_t log_requests_max = 10'000;  ///< kept by requests(), the oldest leave; 0: no log
  std::size_t log_body_max = 1u << 20;    ///< bytes of each body that are kept
  /// Told of each request of the log when it has ended, on the simulator's thread, which waits.
  std::function<void(const RequestRecord&)> on_ended;
};

/// How an exchange ended.
enum class Outcome { kOpen, kComplete, kFault, kClientGone };

/// One request as it came. A value type.
struct RequestRecord {
  std::uint64_t number = 0;      ///< from 1, in order of arrival
  std::uint64_t connection = 0;  ///< from 1, in order of acceptance
  std::string method, target;
  std::vector<std::pair<std::string, std::string>>
      headers;       ///< names in lower case; no authorization
  std::string body;  ///< its first log_body_max bytes
  std::size_t body_size = 0;
  int status = 0;  ///< 0: none was sent
  Outcome outcome = Outcome::kOpen;
  std::uint64_t bytes_sent = 0;
  std::chrono::steady_clock::time_point arrived{};
  std::chrono::milliseconds duration{0};  ///< from the request's arrival to its end
  std::uint64_t key_hash = 0;             ///< 0: no key came

  /// True when the request carried exactly this key.
  [[nodiscard]] bool key_is(std::string_view key) const;
  /// The value of that header, or "".
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Counts since the start. A value type.
struct Stats {
  std::uint64_t connections = 0;  ///< accepted
  std::uint64_t connections_open = 0;
  std::uint64_t connections_refused = 0;  ///< above connections_max
  std::uint64_t requests = 0;
  std::uint64_t requests_open = 0;
  std::uint64_t complete = 0;      ///< answered to the end
  std::uint64_t faults = 0;        ///< ended by a fault: cut, reset
  std::uint64_t clients_gone = 0;  ///< the client left before the end
  std::uint64_t bytes_sent = 0;
  friend bool operator==(const Stats&, const Stats&) = default;
};

/// One thread of its own, started by start() and joined by the destructor. Every member function
/// may be called from any other thread.
class Simulator {
 public:
  /// Listens when it returns. Errors: kInvalidRequest for an address that is none; kNetwork when it
  /// cannot listen there.
  [[nodiscard]] static Result<std::unique_ptr<Simulator>> start(SimulatorOptions options);
  /// Drops every connection.
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string base_url() const;  ///< "http://127.0.0.1:PORT/api/v1", as OpenRouter
  [[nodiscard]] std::string openai_base_url() const;  ///< "http://127.0.0.1:PORT/v1", as OpenAI
  [[nodiscard]] Stats stats() const;
  [[nodiscard]] std::vector<RequestRecord> requests() const;

  /// Waits until `done(stats)` holds, at most `timeout`; the value of done() at the end. `done`
  /// runs under the simulator's lock: it must not call the simulator.
  [[nodiscard]] bool wait_for(const std::function<bool(const Stats&)>& done,
                              std::chrono::milliseconds timeout) const;

 private:
  class Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace prx::sim
