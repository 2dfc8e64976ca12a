/// \file c_rig.hpp
/// A client of the C interface over the real plugins and a simulator.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

#include "e2e/rig.hpp"
#include "prx/prx.h"

namespace prx::test {

struct CFree {
  void operator()(prx_client* it) const { prx_client_free(it); }
  void operator()(prx_response* it) const { prx_response_free(it); }
  void operator()(prx_failure* it) const { prx_failure_free(it); }
  void operator()(prx_stream* it) const { prx_stream_free(it); }
  void operator()(prx_call* it) const { prx_call_free(it); }
  void operator()(prx_canceller* it) const { prx_canceller_free(it); }
  void operator()(prx_models* it) const { prx_models_free(it); }
};
template <class T>
using COwned = std::unique_ptr<T, CFree>;

inline std::string text_of(prx_str text) {
  return text.ptr == nullptr ? std::string() : std::string(text.ptr, text.len);
}

/// What prx_client_chat() gave out.
struct CAnswer {
  std::int32_t code = -1;
  COwned<prx_response> response;
  COwned<prx_failure> failure;
  [[nodiscard]] std::string text() const { return prx_response_text(response.get(), nullptr); }
  [[nodiscard]] std::string message() const { return prx_failure_message(failure.get(), nullptr); }
};

class CRig {
 public:
  explicit CRig(sim::SimulatorOptions simulator = {}) : rig(Wire::kPlain, std::move(simulator)) {
    options = prx_client_options_init();
    options.flags = PRX_CLIENT_NO_WARM_UP;
    options.ctx = this;
    options.environment = [](void* ctx, const char* name) noexcept -> const char* {
      const auto& all = static_cast<CRig*>(ctx)->rig.environment;
      const auto found = all.find(name);
      return found == all.end() ? nullptr : found->second.c_str();
    };
    options.log = [](void* ctx, std::int32_t level, prx_str line) noexcept {
      static_cast<CRig*>(ctx)->sink(static_cast<LogLevel>(level), {line.ptr, line.len});
    };
  }

  /// With the TOML text of the rig.
  COwned<prx_client> open() {
    options.config_text = rig.toml.c_str();
    prx_client* client = nullptr;
    prx_failure* failure = nullptr;
    EXPECT_EQ(prx_client_open(&options, &client, &failure), PRX_OK)
        << prx_failure_message(failure, nullptr);
    prx_failure_free(failure);
    return COwned<prx_client>(client);
  }

  Rig rig;
  prx_client_options options;
  LogSink sink = rig.log.sink();
};

inline prx_chat_request prompt(const char* words, const char* model = nullptr) {
  prx_chat_request request = prx_chat_request_init();
  request.prompt = words;
  request.model = model;
  return request;
}

inline CAnswer c_chat(const COwned<prx_client>& client, const prx_chat_request& request,
                      const prx_call_options* how = nullptr) {
  prx_response* response = nullptr;
  prx_failure* failure = nullptr;
  CAnswer answer;
  answer.code = prx_client_chat(client.get(), &request, how, &response, &failure);
  answer.response.reset(response);
  answer.failure.reset(failure);
  return answer;
}

}  // namespace prx::test
