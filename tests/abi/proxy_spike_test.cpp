// A proxy over a socket pair can carry the ABI: the same provider table, with the plugin in another
// process.
#include <gmock/gmock.h>
#include <signal.h>

#include <functional>

#include "abi/spike/proxy.hpp"

namespace prx::spike {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A host whose HTTP and timers are driven by the test.
class FakeHost {
 public:
  FakeHost() : host_{sizeof host_, PRX_ABI_MINOR, this, str("test"), str("1"), service} {}
  [[nodiscard]] const prx_host* get() const { return &host_; }

  prx_http_sink sink{};
  std::vector<std::string> requests, log;
  bool key_named = false, refuse = false;
  int http_cancels = 0, timer_cancels = 0;
  std::function<void()> timer;

 private:
  static FakeHost& self(const prx_host* host) { return *static_cast<FakeHost*>(host->ctx); }
  static std::int32_t send(const prx_host* host, const prx_http_req* r, const prx_http_sink* sink,
                           const prx_fail* fail, std::uint64_t* id) noexcept {
    if (self(host).refuse) {
      prx_error error = {};
      error.code = PRX_E_PERMISSION;
      error.message = str("host not allowed");
      fail->set(fail->ctx, &error);
      return error.code;
    }
    self(host).requests.push_back(text(r->method) + " " + text(r->url) + " " +
                                  text(r->headers[0].key) + "=" + text(r->headers[0].value) +
                                  " op " + std::to_string(r->op_id) + " " + text(r->body));
    self(host).key_named =
        text(r->key_header) == "authorization" && text(r->key_prefix) == "Bearer ";
    self(host).sink = *sink;
    *id = 7;
    return PRX_OK;
  }
  static void cancel(const prx_host* host, std::uint64_t id) noexcept {
    self(host).http_cancels += id == 7;
  }
  static std::uint64_t start_timer(const prx_host* host, std::uint64_t, std::int64_t, prx_task task,
                                   void* ctx) noexcept {
    self(host).timer = [=] { task(ctx); };
    return 9;
  }
  static void cancel_timer(const prx_host* host, std::uint64_t id) noexcept {
    self(host).timer_cancels += id == 9;
  }
  static std::int32_t enabled(const prx_host*, std::int32_t) noexcept { return 1; }
  static void write(const prx_host* host, std::int32_t, prx_str line) noexcept {
    self(host).log.push_back(text(line));
  }
  static const void* service(const prx_host*, prx_str id) noexcept {
    static const prx_http http{sizeof http, 0, send, cancel};
    static const prx_exec exec{sizeof exec, 0,           nullptr,     nullptr,
                               nullptr,     start_timer, cancel_timer};
    static const prx_log log{sizeof log, 0, enabled, write};
    if (text(id) == PRX_HTTP_ID) return &http;
    if (text(id) == PRX_EXEC_ID) return &exec;
    return text(id) == PRX_LOG_ID ? &log : nullptr;
  }
  prx_host host_;
};

class ProxySpike : public ::testing::Test {
 protected:
  void load(const std::string& name) {
    proxy_ = std::make_unique<Proxy>(host_.get(), (PRX_ABI_PLUGIN_DIR "/" + name + ".so").c_str());
  }
  void start(const std::string& model, const std::string& body = "hello") {
    prx_request r = {};
    r.size = sizeof r;
    r.op = PRX_OP_CHAT;
    r.op_id = 42;
    r.model = str(model);
    body_ = body;
    r.body = str(body_);
    const prx_sink sink{sizeof sink, 0, this, event};
    const prx_fail fail{sizeof fail, 0, nullptr, nullptr};
    ASSERT_EQ(Proxy::table().start(proxy_.get(), &r, &sink, &fail, &op_), PRX_OK);
    EXPECT_THAT(seen_, IsEmpty()) << "no event from inside start";
  }
  void pump_until(const std::function<bool()>& done) {
    while (!done() && proxy_->pump()) {
    }
    EXPECT_TRUE(done());
  }
  void pump_to_the_end() {
    pump_until([&] { return ends_ > 0; });
  }
  void release() { Proxy::table().release(op_); }

  static std::int32_t event(void* ctx, const prx_event* e) noexcept {
    auto& test = *static_cast<ProxySpike*>(ctx);
    std::string line = std::to_string(e->type) + ":" + text(e->text) + text(e->name);
    if (e->usage != nullptr)
      line += std::to_string(e->usage->total_tokens) + "/" + std::to_string(e->usage->cost);
    if (e->error != nullptr) line += std::to_string(e->error->code) + " " + text(e->error->message);
    test.seen_.push_back(line);
    test.ends_ += e->type >= PRX_EV_DONE;
    return 0;
  }

  FakeHost host_;
  std::unique_ptr<Proxy> proxy_;
  std::vector<std::string> seen_;
  std::string body_;  // the host keeps a body until release
  int ends_ = 0;
  void* op_ = nullptr;
};

TEST_F(ProxySpike, CarriesAnInProcessPluginWithTimerLogAndUsage) {
  load("echo");
  EXPECT_EQ(proxy_->description(), R"({"echo":true})");
  const std::string body(300'000, 'x');
  start("any", body);
  pump_until([&] { return host_.timer != nullptr; });
  EXPECT_THAT(host_.log, ElementsAre("started"));
  host_.timer();
  pump_to_the_end();
  EXPECT_THAT(seen_, ElementsAre("1:echo-1", "2:" + body, "6:stop", "5:7/0.250000", "100:"));
  release();
}

TEST_F(ProxySpike, TurnsAFailureOfStartIntoAnErrorEvent) {
  load("echo");
  start("refuse");
  pump_to_the_end();
  EXPECT_THAT(seen_, ElementsAre("101:12 no such model"));
  release();
}

TEST_F(ProxySpike, CancelsAndStopsTheTimer) {
  load("echo");
  start("hang");
  pump_until([&] { return host_.timer != nullptr; });
  Proxy::table().cancel(op_);
  Proxy::table().cancel(op_);
  pump_to_the_end();
  EXPECT_THAT(seen_, ElementsAre("101:1 cancelled"));
  EXPECT_EQ(host_.timer_cancels, 1);
  release();
}

TEST_F(ProxySpike, CarriesHttpBothWays) {
  load("relay");
  start("https://a.example/chat");
  pump_until([&] { return !host_.requests.empty(); });
  EXPECT_THAT(host_.requests, ElementsAre("POST https://a.example/chat x-title=relay op 42 hello"));
  EXPECT_TRUE(host_.key_named) << "the key itself never leaves the host";
  const prx_kv header{str("content-type"), str("text/plain")};
  const prx_http_head head{sizeof head, 200, 11, 0, &header, 1};
  host_.sink.head(host_.sink.ctx, &head);
  for (std::string piece : {"one ", "two"})
    host_.sink.data(host_.sink.ctx, piece.data(), piece.size());
  const prx_http_end end{sizeof end, PRX_OK, PRX_PHASE_BODY, 0, 7, {}};
  host_.sink.end(host_.sink.ctx, &end);
  pump_to_the_end();
  EXPECT_THAT(seen_, ElementsAre("9:text/plain", "2:ONE ", "2:TWO", "100:"));
  release();
}

TEST_F(ProxySpike, TurnsARefusedRequestIntoItsEnd) {
  load("relay");
  host_.refuse = true;
  start("https://b.example/chat");
  pump_to_the_end();
  EXPECT_THAT(seen_, ElementsAre("101:4 host not allowed"));
  release();
}

TEST_F(ProxySpike, EndsOnceWhenTheChildIsKilledInTheMiddle) {
  load("relay");
  start("https://a.example/chat");
  pump_until([&] { return !host_.requests.empty(); });
  std::string piece = "one";
  host_.sink.data(host_.sink.ctx, piece.data(), piece.size());
  pump_until([&] { return !seen_.empty(); });
  ASSERT_EQ(::kill(proxy_->child(), SIGKILL), 0);
  while (proxy_->pump()) {
  }
  proxy_->pump();
  Proxy::table().cancel(op_);
  EXPECT_THAT(seen_, ElementsAre("2:ONE", "101:15 the plugin's process is gone"));
  EXPECT_EQ(host_.http_cancels, 1) << "the exchange of a dead child is ended";
  release();
}

TEST_F(ProxySpike, EndsAnOperationThatStartsAfterTheChildDied) {
  load("echo");
  ASSERT_EQ(::kill(proxy_->child(), SIGKILL), 0);
  start("any");
  while (proxy_->pump()) {
  }
  EXPECT_THAT(seen_, ElementsAre("101:15 the plugin's process is gone"));
  release();
}

}  // namespace
}  // namespace prx::spike
