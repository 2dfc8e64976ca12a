/// \file plugin_driver.hpp
/// Loads a built plugin and drives it through the C interface, as a host does; records what it
/// says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/plugin.h"
#include "prx/sdk/error.hpp"
#include "support/fake_host.hpp"

namespace prx::test {

/// A mapped plugin; never unmapped.
struct Module {
  const prx_plugin* plugin = nullptr;
  const prx_provider* provider = nullptr;
  void* handle = nullptr;
};
/// \param file  absolute. Throws std::runtime_error with the loader's words.
Module load(const std::string& file);

/// A copy of an event.
struct Event {
  std::uint32_t type = 0, choice = 0, index = 0, finish = 0;
  std::string text, id, name, json;
  std::optional<prx_usage> usage;
  std::optional<Error> error;
};

/// One instance on a fake host, as `create` made it.
class TestInstance {
 public:
  TestInstance(const Module& module, std::string_view config_json, std::string_view kind = {});
  ~TestInstance();
  TestInstance(const TestInstance&) = delete;
  TestInstance& operator=(const TestInstance&) = delete;

  FakeHost host;
  std::optional<Error> refused;  ///< why create failed
  [[nodiscard]] std::string describe() const;
  [[nodiscard]] const prx_provider& provider() const { return *module_.provider; }
  [[nodiscard]] void* instance() const { return instance_; }

 private:
  const Module module_;
  void* module_state_ = nullptr;
  void* instance_ = nullptr;
};

/// What to start; see prx_request.
struct Start {
  std::uint32_t op = PRX_OP_CHAT;
  std::uint32_t flags = 0;
  std::string model = "m", body{}, idempotency_key{}, traceparent{};
};

/// One operation. The destructor cancels what has no end, and releases.
class TestOp {
 public:
  TestOp(TestInstance& instance, Start start);
  ~TestOp();
  TestOp(const TestOp&) = delete;
  TestOp& operator=(const TestOp&) = delete;

  std::optional<Error> refused;                      ///< why start failed
  int cancel_at = 0;                                 ///< n: cancel from inside the n-th event
  int stop_at = 0;                                   ///< n: answer "stop" from the n-th event on
  std::function<void(const prx_event&)> event_hook;  ///< called inside each event
  [[nodiscard]] std::vector<Event> events() const;
  [[nodiscard]] bool ended() const;
  /// The terminal error; nullopt when it is done, or has not ended.
  [[nodiscard]] std::optional<Error> error() const;
  /// Texts of all TEXT events, joined.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] int ends() const;          ///< terminal events; must never be above 1
  [[nodiscard]] int inside_start() const;  ///< events from inside start; must stay 0
  [[nodiscard]] int nested() const;        ///< events from inside another event; must stay 0
  void cancel();
  [[nodiscard]] const std::string& body() const { return start_.body; }

 private:
  static std::int32_t on_event(void* self, const prx_event* event) noexcept;

  TestInstance& instance_;
  const Start start_;
  std::uint64_t op_id_;
  void* op_ = nullptr;
  bool starting_ = true;
  mutable std::mutex mutex_;  ///< guards what is below
  std::vector<Event> events_;
  int ends_ = 0;
  int inside_start_ = 0;
  int depth_ = 0;  ///< events under way
  int nested_ = 0;
};

/// The note of a loaded plugin, read from its mapped PT_NOTE segments; "" when it has none.
std::string note_of(const Module& module);

}  // namespace prx::test
