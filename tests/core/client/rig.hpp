/// \file rig.hpp
/// A driver in virtual time: a provider whose every move is scripted by the test, and a transport
/// that records.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/abi_convert.hpp"
#include "client/chat_call.hpp"
#include "client/provider_instance.hpp"
#include "support/virtual_loop.hpp"

namespace prx::test {

/// Records what is sent; the test plays the answer.
class FakeTransport final : public http::Transport {
 public:
  struct Sent {
    http::Request request;
    http::Handler* handler = nullptr;
    bool cancelled = false, paused = false;
    std::optional<std::chrono::milliseconds> idle;
  };
  http::ExchangeId send(http::Request request, http::Handler& handler) override {
    Sent& one = sent.emplace_back();
    one.request = std::move(request);
    one.handler = &handler;
    return sent.size();
  }
  void cancel(http::ExchangeId id) override { sent[id - 1].cancelled = true; }
  void pause(http::ExchangeId id) override { sent[id - 1].paused = true; }
  void resume(http::ExchangeId id) override { sent[id - 1].paused = false; }

  void set_idle(http::ExchangeId id, std::optional<std::chrono::milliseconds> limit) override {
    sent[id - 1].idle = limit;
  }

  std::vector<Sent> sent;
};

/// A plugin whose functions the test writes. One instance at a time per test, reached through the
/// module pointer.
struct ScriptedPlugin {
  const prx_host* host = nullptr;
  prx_sink sink{};
  prx_request request{};
  std::string model, body;
  int starts = 0, cancels = 0, releases = 0, destroys = 0;
  std::int32_t start_code = PRX_OK;
  std::string start_message = "start said no";
  bool gives_operation = true;
  std::function<void()> on_start, on_cancel;

  std::int32_t emit(prx_event event) {
    event.size = sizeof event;
    return sink.event(sink.ctx, &event);
  }
  std::int32_t text(std::string_view piece) {
    prx_event event{};
    event.type = PRX_EV_TEXT;
    event.text = driver::to_c(piece);
    return emit(event);
  }
  std::int32_t finish() {
    prx_event event{};
    event.type = PRX_EV_FINISH;
    event.finish = PRX_FINISH_STOP;
    return emit(event);
  }
  std::int32_t done() {
    prx_event event{};
    event.type = PRX_EV_DONE;
    return emit(event);
  }
  std::int32_t error(std::int32_t code, std::string_view message) {
    prx_error error{};
    error.size = sizeof error;
    error.code = code;
    error.retryable = -1;
    error.retry_after_ms = -1;
    error.message = driver::to_c(message);
    prx_event event{};
    event.type = PRX_EV_ERROR;
    event.error = &error;
    return emit(event);
  }
  const prx_http& http() const {
    return *static_cast<const prx_http*>(host->service(host, driver::to_c(PRX_HTTP_ID)));
  }
  const prx_exec& exec() const {
    return *static_cast<const prx_exec*>(host->service(host, driver::to_c(PRX_EXEC_ID)));
  }

  static const prx_provider* table() {
    static constexpr prx_provider kTable{
        sizeof(prx_provider), 0, &create, &destroy, &describe, &start, &cancel, &release};
    return &kTable;
  }
  static std::int32_t create(void* module, const prx_host* host, prx_str, prx_str, const prx_fail*,
                             void** instance) noexcept {
    static_cast<ScriptedPlugin*>(module)->host = host;
    *instance = module;
    return PRX_OK;
  }
  static void destroy(void* instance) noexcept {
    ++static_cast<ScriptedPlugin*>(instance)->destroys;
  }
  static void describe(void*, const prx_text_out*) noexcept {}
  static std::int32_t start(void* instance, const prx_request* request, const prx_sink* sink,
                            const prx_fail* fail, void** op) noexcept {
    auto& self = *static_cast<ScriptedPlugin*>(instance);
    ++self.starts;
    self.request = *request;
    self.model = driver::view(request->model);
    self.body = driver::view(request->body);
    self.sink = *sink;
    *op = self.gives_operation ? instance : nullptr;
    if (self.on_start) self.on_start();
    if (self.start_code != PRX_OK)
      return driver::report(fail, error_class_from(self.start_code), self.start_message);
    return PRX_OK;
  }
  static void cancel(void* op) noexcept {
    auto& self = *static_cast<ScriptedPlugin*>(op);
    ++self.cancels;
    if (self.on_cancel) self.on_cancel();
  }
  static void release(void* op) noexcept { ++static_cast<ScriptedPlugin*>(op)->releases; }
};

/// The plugin of the module that init() makes: set by the rig while it opens one.
inline thread_local ScriptedPlugin* opening_plugin = nullptr;

inline const prx_plugin* scripted_plugin_table() {
  static constexpr prx_plugin kPlugin{
      sizeof(prx_plugin),
      1,
      0,
      0,
      {"scripted", 8},
      {"1.0.0", 5},
      [](const prx_host*, const prx_fail*, void** module) noexcept -> std::int32_t {
        *module = opening_plugin;
        return PRX_OK;
      },
      [](void*) noexcept {},
      [](prx_str) noexcept -> const void* { return ScriptedPlugin::table(); }};
  return &kPlugin;
}

/// What a caller saw.
class RecordingSink final : public Sink {
 public:
  void on_event(const StreamEvent& event) override {
    types.push_back(event.type);
    if (event.type == StreamEvent::Type::kText && event.choice == 0) text += event.text;
    if (on_each) on_each(event);
  }
  void on_end(ChatResult result) override {
    ++ends;
    outcome.emplace(std::move(result));
    if (on_last) on_last();
  }
  std::vector<StreamEvent::Type> types;
  std::string text;  ///< of choice 0
  int ends = 0;
  std::optional<ChatResult> outcome;
  std::function<void(const StreamEvent&)> on_each;
  std::function<void()> on_last;
};

/// One more provider, with a plugin of its own.
struct ScriptedProvider {
  ScriptedProvider(driver::Runtime& runtime, http::Transport& transport, const std::string& name,
                   std::vector<std::string> operations = {}) {
    opening_plugin = &plugin;
    LoadedPlugin loaded;
    loaded.note.id = loaded.note.title = name;
    loaded.note.hosts = {"https://own.example"};
    loaded.note.operations = std::move(operations);
    loaded.path = "/plugins/" + name + ".so";
    loaded.plugin = scripted_plugin_table();
    loaded.provider = ScriptedPlugin::table();
    module = std::move(driver::PluginModule::open(runtime, loaded)).value();
    ProviderConfig config;
    config.name = name;
    config.plugin = name;
    instance =
        std::move(driver::ProviderInstance::create(runtime, *module, config, transport)).value();
    plugin.on_cancel = [this] { plugin.error(PRX_E_CANCELLED, "stopped"); };
  }
  ScriptedPlugin plugin;
  std::unique_ptr<driver::PluginModule> module;
  std::unique_ptr<driver::ProviderInstance> instance;
};

/// A ChatPlan that a test still changes.
struct PlanDraft : driver::ChatPlan {
  reliability::Plan plan;
  std::vector<driver::CallTarget> targets;

  [[nodiscard]] driver::ChatPlan made() const {
    driver::ChatPlan out = *this;
    out.terms = plan.terms();
    out.chain =
        std::make_shared<const driver::PreparedChain>(driver::PreparedChain{plan, targets, true});
    return out;
  }
};

/// Everything that a call runs on. The test's thread is the loop.
class DriverRig {
 public:
  DriverRig() {
    driver::thread_context().table = &operations;
    opening_plugin = &plugin;
    LoadedPlugin loaded;
    loaded.note.id = "scripted";
    loaded.note.title = "Scripted";
    loaded.note.hosts = {"https://own.example"};
    loaded.note.key_env = "SCRIPTED_KEY";
    loaded.path = "/plugins/scripted.so";
    loaded.plugin = scripted_plugin_table();
    loaded.provider = ScriptedPlugin::table();
    module = std::move(driver::PluginModule::open(runtime, loaded)).value();
    ProviderConfig config;
    config.name = "main";
    config.plugin = "scripted";
    config.keys = {{Secret("sk-first-secret"), "A", "env A"},
                   {Secret("sk-second-secret"), "B", "env B"}};
    config.headers = {{"X-Extra", "yes"}};
    instance =
        std::move(driver::ProviderInstance::create(runtime, *module, config, transport)).value();
  }
  ~DriverRig() {
    loop.run_ready();
    instance.reset();
    module.reset();
    driver::thread_context() = {};
  }

  PlanDraft plan() {
    PlanDraft plan;
    reliability::PlanTarget target;
    target.name = target.lane = target.key_pool = "main";
    target.keys = instance->config().keys.size();
    plan.plan.targets = {target};
    plan.plan.policy.attempts_max = 1;
    plan.plan.policy.recovery = Recovery::kError;
    plan.targets = {{instance.get(), "model-a", {}}};
    plan.body = std::make_shared<const std::string>(R"({"messages":[]})");
    plan.request_id = "prx-test";
    return plan;
  }
  std::shared_ptr<driver::ChatCall> start(const PlanDraft& plan) {
    auto call =
        std::make_shared<driver::ChatCall>(runtime, health, plan.made(), sink, [this] { ++ended; });
    call->start(std::nullopt);
    loop.run_ready();
    return call;
  }
  std::shared_ptr<driver::ChatCall> start() { return start(plan()); }

  reliability::Health health;  ///< outlives calls that the loop's timers hold
  VirtualLoop loop;
  Workers workers;
  std::vector<std::string> log_lines;
  std::unique_ptr<Log> log = open_log();
  driver::OpTable operations;
  driver::Runtime runtime{loop, workers, *log, operations, "test", "1"};
  FakeTransport transport;
  ScriptedPlugin plugin;
  std::unique_ptr<driver::PluginModule> module;
  std::unique_ptr<driver::ProviderInstance> instance;
  RecordingSink sink;
  int ended = 0;

 private:
  std::unique_ptr<Log> open_log() {
    LogConfig config;
    config.level = "trace";
    Redactor redactor;
    redactor.add("sk-first-secret");
    auto keep = [this](LogLevel, std::string_view line) { log_lines.emplace_back(line); };
    return std::move(Log::open(config, keep, redactor)).value();
  }
};

}  // namespace prx::test
