/// \file testing.hpp
/// A host in memory, for the unit tests of a plugin: loads the built file and drives it through the
/// C interface, as prx does, without network, clock and threads. What the contract forbids and was
/// done all the same is in TestHost::breaches. For test programs only.
///
///     int main(int, char** arguments) {
///       using namespace prx::sdk::testing;
///       Checks check;
///       TestInstance instance(arguments[1], R"({"base_url":"https://api.example.com"})");
///       TestCall chat(instance, {.body = R"({"messages":[]})"});
///       instance.host.answer({.body = "data: {\"text\":\"Hi\"}\n\n", .piece = 1});
///       check(chat.text() == "Hi", "an answer that comes byte by byte is read");
///       check(instance.host.breaches.empty(), "the contract is kept");
///       return check.exit_code();
///     }
///
/// What a plugin asks of its host waits until the test says so: TestHost::answer() plays the
/// server, run() and advance() fire timers, posted tasks and workers. A worker's task runs on the
/// test's thread too, so it must not wait for another. Link ${CMAKE_DL_LIBS}.
#pragma once

#include <dlfcn.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/plugin.h"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/error.hpp"
#include "prx/sdk/test_host.hpp"
#include "prx/sdk/text.hpp"

namespace prx::sdk::testing {

/// Counts claims; a false one is printed to stderr with its place.
class Checks {
 public:
  /// \param file, line  of the claim; not std::source_location, which clang 14 does not have.
  void operator()(bool holds, std::string_view claim, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
    ++made_;
    if (holds) return;
    ++failed_;
    std::fprintf(stderr, "%s:%d: not so: %.*s\n", file, line, static_cast<int>(claim.size()),
                 claim.data());
  }
  /// For main(): 0 when there were checks and all of them hold. Prints how many.
  [[nodiscard]] int exit_code() const {
    std::fprintf(stderr, "%d checks, %d failed\n", made_, failed_);
    return made_ > 0 && failed_ == 0 ? 0 : 1;
  }

 private:
  int made_ = 0, failed_ = 0;
};

/// The plugin of a file, and one instance of it. Never unmapped. Outlives its calls.
class TestInstance {
 public:
  /// \param file    the built plugin
  /// \param config  as prx_provider::create gets it: a JSON object
  /// \param kind    "": the plugin's id
  explicit TestInstance(const std::string& file, std::string_view config = "{}",
                        std::string_view kind = {}) {
    if (load(file)) begin(config, kind);
  }
  /// A plugin whose sources are part of the test program: `*prx_plugin_query_v1()`.
  explicit TestInstance(const prx_plugin& plugin, std::string_view config = "{}",
                        std::string_view kind = {}) {
    if (take(plugin)) begin(config, kind);
  }
  ~TestInstance() {
    host.run();
    if (instance_ != nullptr) provider_->destroy(instance_);
    if (initialised_) plugin_->deinit(module_);
  }
  TestInstance(const TestInstance&) = delete;
  TestInstance& operator=(const TestInstance&) = delete;

  TestHost host;
  std::optional<Error> refused;  ///< why the file was not loaded, or create() failed
  [[nodiscard]] std::string id() const { return plugin_ ? std::string(view(plugin_->id)) : ""; }
  /// What describe() says; "" when refused.
  [[nodiscard]] std::string describe() const {
    std::string text;
    const prx_text_out out{sizeof out, 0, &text, [](void* ctx, prx_str piece) noexcept {
                             *static_cast<std::string*>(ctx) += view(piece);
                           }};
    if (!refused) provider_->describe(instance_, &out);
    return text;
  }

 private:
  friend class TestCall;

  bool load(const std::string& file) {
    void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void* const symbol = handle == nullptr ? nullptr : dlsym(handle, PRX_QUERY_SYMBOL);
    if (symbol == nullptr) {
      const char* const why = dlerror();
      refused.emplace();
      refused->message = why == nullptr ? file + ": it cannot be loaded" : why;
      return false;
    }
    return take(*reinterpret_cast<const prx_plugin* (*)()>(symbol)());
  }
  bool take(const prx_plugin& plugin) {
    plugin_ = &plugin;
    provider_ = static_cast<const prx_provider*>(plugin.interface_(str(PRX_PROVIDER_ID)));
    if (provider_ != nullptr) return true;
    refused.emplace();
    refused->message = "the plugin " + id() + " has no " PRX_PROVIDER_ID;
    return false;
  }
  void begin(std::string_view config, std::string_view kind) {
    FailCatcher reason;
    std::int32_t status = plugin_->init(host.abi(), reason.abi(), &module_);
    initialised_ = status == PRX_OK;
    if (initialised_)
      status = provider_->create(module_, host.abi(), kind.empty() ? plugin_->id : str(kind),
                                 str(config), reason.abi(), &instance_);
    if (status != PRX_OK) refused = reason.take(status);
  }

  const prx_plugin* plugin_ = nullptr;
  const prx_provider* provider_ = nullptr;
  void* module_ = nullptr;
  void* instance_ = nullptr;
  bool initialised_ = false;
};

/// A copy of an event.
struct TestEvent {
  std::uint32_t type = 0, choice = 0, index = 0, finish = 0;
  std::string text, id, name, json;
  std::optional<prx_usage> usage;
  std::optional<Error> error;
};

/// What to ask; see prx_request.
struct TestAsk {
  std::uint32_t op = PRX_OP_CHAT;
  std::uint32_t flags = PRX_RF_STREAM;
  std::string model = "m", body = "{}";
  std::optional<std::chrono::milliseconds> deadline{};  ///< from now; nullopt: none
};

/// One operation, started. The destructor cancels what has no end, and releases it.
class TestCall {
 public:
  explicit TestCall(TestInstance& instance, TestAsk ask = {})
      : instance_(instance), ask_(std::move(ask)), op_id_(instance.host.open_call()) {
    refused = instance.refused;
    if (refused) return;
    prx_request request{};
    request.size = sizeof request;
    request.op = ask_.op;
    request.flags = ask_.flags;
    request.attempt = 1;
    request.op_id = op_id_;
    request.deadline_ns = ask_.deadline ? instance.host.time_after(*ask_.deadline) : INT64_MAX;
    request.model = str(ask_.model);
    request.body = str(ask_.body);
    const prx_sink sink{sizeof sink, 0, this, &on_event};
    FailCatcher reason;
    const std::int32_t status =
        instance.provider_->start(instance.instance_, &request, &sink, reason.abi(), &op_);
    starting_ = false;
    if (status != PRX_OK) refused = reason.take(status);
  }
  ~TestCall() {
    if (op_ != nullptr && !ended()) cancel();
    instance_.host.run();
    if (op_ != nullptr && !ended()) instance_.host.advance(std::chrono::seconds(1));
    if (op_ != nullptr && !ended()) breach("no end came within a second of cancel()");
    instance_.host.finish_workers(op_id_);
    if (op_ != nullptr) instance_.provider_->release(op_);
    instance_.host.close_call(op_id_);
  }
  TestCall(const TestCall&) = delete;
  TestCall& operator=(const TestCall&) = delete;

  std::optional<Error> refused;   ///< why it was not started
  std::vector<TestEvent> events;  ///< all so far
  void cancel() {
    if (op_ != nullptr) instance_.provider_->cancel(op_);
  }
  /// Has the terminal event come?
  [[nodiscard]] bool ended() const { return !events.empty() && events.back().type >= PRX_EV_DONE; }
  /// Complete, without an error.
  [[nodiscard]] bool done() const { return ended() && !events.back().error; }
  /// The terminal error; nullopt when there is none.
  [[nodiscard]] std::optional<Error> error() const {
    return ended() ? events.back().error : std::nullopt;
  }
  /// All TEXT events, joined.
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const TestEvent& event : events)
      if (event.type == PRX_EV_TEXT) text += event.text;
    return text;
  }
  /// The first event of that type; an empty one, of type 0, when there is none.
  [[nodiscard]] const TestEvent& first(std::uint32_t type) const {
    for (const TestEvent& event : events)
      if (event.type == type) return event;
    return no_event_;
  }

 private:
  void breach(const char* what) { instance_.host.breaches.emplace_back(what); }
  void judge(const prx_event& event) {
    const auto see = [this](prx_str text) {
      if (mended_utf8(view(text)) != view(text)) breach("a text of an event is no UTF-8");
    };
    for (const prx_str text : {event.text, event.id, event.name, event.json, event.frame})
      see(text);
    if (event.error == nullptr) return;
    const prx_error& error = *event.error;
    for (const prx_str text : {error.message, error.provider_code, error.request_id, error.raw})
      see(text);
  }
  static std::int32_t on_event(void* ctx, const prx_event* event) noexcept {
    auto& call = *static_cast<TestCall*>(ctx);
    if (call.starting_) call.breach("an event from inside start()");
    if (call.ended()) {
      call.breach("an event after the terminal one");
      return 1;
    }
    call.judge(*event);
    TestEvent copy{event->type, event->choice, event->index, event->finish, {}, {}, {}, {}, {}, {}};
    copy.text = view(event->text);
    copy.id = view(event->id);
    copy.name = view(event->name);
    copy.json = view(event->json);
    if (event->usage != nullptr) copy.usage = copy_of(*event->usage);
    if (event->error != nullptr) copy.error = from_abi(*event->error);
    call.events.push_back(std::move(copy));
    return 0;
  }

  TestInstance& instance_;
  const TestAsk ask_;
  const TestEvent no_event_{};
  const std::uint64_t op_id_;
  void* op_ = nullptr;
  bool starting_ = true;
};

}  // namespace prx::sdk::testing
