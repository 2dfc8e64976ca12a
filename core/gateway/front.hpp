/// \file front.hpp
/// Front: which endpoint answers a request. The table of endpoints is in front.cpp.
#pragma once

#include <chrono>
#include <memory>

#include "gateway/access/gate.hpp"
#include "gateway/asked/asked_exchange.hpp"
#include "gateway/error_body.hpp"
#include "gateway/http/http_request.hpp"
#include "gateway/http/response.hpp"
#include "gateway/watch/reporters.hpp"
#include "gateway/watch/watch.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// Who answers what the library answers in its own time, for all loops: so one cache serves them.
struct Asked {
  Client& client;
  Asker& asker;
  const Reporters& reporters;
};

/// Of one client, on its loop; borrows client, gate, watch and who is asked.
class Front {
 public:
  Front(Client& client, Asked asked, const Gate& gate, Watch& watch)
      : client_(client), asked_(asked), gate_(gate), watch_(watch) {}

  /// As a Handler of a Server: answers now, or later through what it gives.
  [[nodiscard]] std::unique_ptr<Exchange> answer(HttpRequest&& request, Responder& responder);

  /// From now on /readyz says no.
  void drain() { draining_ = true; }

 private:
  struct Endpoint;
  /// A request that may be answered.
  [[nodiscard]] std::unique_ptr<Exchange> let_in(HttpRequest&& request, Responder& responder);
  [[nodiscard]] static const Endpoint* find(std::string_view path);
  [[nodiscard]] std::unique_ptr<Exchange> ask(Find find, const HttpRequest& request,
                                              Responder& responder);
  Client& client_;
  const Asked asked_;
  [[nodiscard]] std::unique_ptr<Exchange> metrics(Responder& responder);
  [[nodiscard]] std::unique_ptr<Exchange> status(Responder& responder);
  const Gate& gate_;
  Watch& watch_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  bool draining_ = false;
};

/// The dialect that a path is answered in: OpenRouter's below /api/, else OpenAI's.
[[nodiscard]] Dialect dialect_of(std::string_view path);

/// As a FaultBody of a Server.
[[nodiscard]] std::string fault_body(int status, std::string_view message, std::string_view path);

}  // namespace prx::gateway
