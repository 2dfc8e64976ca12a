// HTTP/2 through nghttpx with its default limits, in front of a plain HTTP/1.1 server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "core/http/http_client.hpp"
#include "support/nghttpx.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

using prx::test::always;
using prx::test::Certificates;
using prx::test::Nghttpx;
using prx::test::plain_response;
using prx::test::WireConnection;
using prx::test::WireServer;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kScale = 10;
#else
constexpr int kScale = 1;
#endif

constexpr int kManyRequests = 10'000 / kScale;
constexpr int kInFlight = 64;
constexpr int kInARow = 5'000 / kScale;

// "/plain": one piece. "/stream": chunks, written one by one.
void serve_both(WireConnection& connection) {
  const std::string plain = plain_response(std::string(1'136, 'p'));
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = "40\r\n" + std::string(64, 's') + "\r\n";
  for (std::string request = connection.read_request(); !request.empty();
       request = connection.read_request()) {
    bool good = true;
    if (request.find(" /stream") == std::string::npos) {
      good = connection.write(plain);
    } else {
      good = connection.write(head);
      for (int i = 0; good && i < 8; ++i) good = connection.write(chunk);
      good = good && connection.write("0\r\n\r\n");
    }
    if (!good) return;
  }
}

/// A server behind nghttpx, with a client that trusts it.
class Http2 : public testing::Test {
 protected:
  void serve(WireServer::Script script) {
    server_ = std::make_unique<WireServer>(std::move(script));
    front_ = std::make_unique<Nghttpx>(Nghttpx::Options{
        certificates_.issue("DNS:localhost,IP:127.0.0.1"), server_->port(), "h2,http/1.1"});
    TransportOptions options;
    options.ca_file = certificates_.ca_file();
    client_ = std::make_unique<HttpClient>(options);
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "https://127.0.0.1:" + std::to_string(front_->port()) + path;
  }

  Certificates certificates_;
  std::unique_ptr<WireServer> server_;
  std::unique_ptr<Nghttpx> front_;
  std::unique_ptr<HttpClient> client_;
};

/// Keeps `in_flight` exchanges going until `total` ended. All on the loop.
class Load {
 public:
  Load(HttpClient& client, int total, int in_flight, std::function<Request(int)> make)
      : client_(client), total_(total), in_flight_(in_flight), make_(std::move(make)) {}

  bool run() {
    auto future = done_.get_future();
    client_.run([this] {
      for (int i = 0; i < in_flight_; ++i) start();
    });
    return future.wait_for(std::chrono::seconds(100)) == std::future_status::ready;
  }

  std::vector<std::string> failures;
  int ended = 0;
  int h2 = 0;

 private:
  struct One final : Handler {
    explicit One(Load& load) : load_(load) {}
    void on_head(const Head& head) override {
      status_ = head.status;
      if (head.version == 20) ++load_.h2;
    }
    void on_data(char*, std::size_t size) override { bytes_ += size; }
    void on_end(const End& end) override {
      if (end.error) load_.failures.push_back(end.error->message);
      if (!end.error && (status_ != 200 || bytes_ < 512))
        load_.failures.push_back("status " + std::to_string(status_));
      load_.end(*this);
    }
    Load& load_;
    int status_ = 0;
    std::size_t bytes_ = 0;
  };

  void start() {
    if (started_ == total_) return;
    running_.push_back(std::make_unique<One>(*this));
    (void)client_.transport().send(make_(started_++), *running_.back());
  }
  void end(One&) {
    if (++ended == total_) return done_.set_value();
    start();
  }

  HttpClient& client_;
  const int total_;
  const int in_flight_;
  const std::function<Request(int)> make_;
  int started_ = 0;
  std::vector<std::unique_ptr<One>> running_;
  std::promise<void> done_;
};

TEST_F(Http2, IsNegotiatedAndPooled) {
  serve(&serve_both);
  const Answer first = client_->fetch(get(url("/plain")));
  const Answer second = client_->fetch(get(url("/plain")));
  EXPECT_TRUE(first.ok()) << first.message();
  EXPECT_EQ(first.version, 20);
  EXPECT_FALSE(first.reused);
  EXPECT_GT(first.end->connect_time.count(), 0);
  EXPECT_TRUE(second.ok()) << second.message();
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(second.end->connect_time.count(), 0);
  EXPECT_EQ(client_->stats().connections, 1u);
}

TEST_F(Http2, ManyInFlightNeitherFailNorStall) {
  serve(&serve_both);
  Load load(*client_, kManyRequests, kInFlight, [this](int i) {
    return i % 2 == 0 ? post(url("/plain"), std::string(328, 'q')) : get(url("/stream"));
  });
  EXPECT_TRUE(load.run()) << "stalled after " << load.ended;
  EXPECT_THAT(load.failures, testing::IsEmpty());
  EXPECT_EQ(load.h2, kManyRequests);
  EXPECT_LE(client_->stats().connections, 2u * kInFlight);
}

TEST_F(Http2, ManyInARowOutliveTheServersResetLimit) {
  serve(&serve_both);
  Load load(*client_, kInARow, 1, [this](int i) {
    return i % 2 == 0 ? post(url("/plain"), std::string(328, 'q')) : get(url("/stream"));
  });
  EXPECT_TRUE(load.run()) << "stalled after " << load.ended;
  EXPECT_THAT(load.failures, testing::IsEmpty());
  EXPECT_EQ(load.h2, kInARow);
  EXPECT_LE(client_->stats().connections, static_cast<std::size_t>(kInARow / 500 + 1));
}

TEST_F(Http2, ACutStreamIsAnError) {
  std::promise<void> seen;
  serve([&](WireConnection& connection) {
    (void)connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    seen.get_future().wait();
  });
  Recorder recorder;
  client_->send(get(url("/")), recorder);
  EXPECT_TRUE(recorder.wait_until([](const Answer& answer) { return answer.body == "abc"; }));
  seen.set_value();
  const Answer answer = recorder.wait();
  EXPECT_EQ(answer.version, 20);
  EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse);
  EXPECT_EQ(answer.phase(), Phase::kBody);
}

TEST_F(Http2, PauseAndResumeDeliverEveryByteInOrder) {
  std::string body;
  for (int i = 0; i < 200'000; ++i) body += std::to_string(i);
  serve(always(plain_response(body)));
  Recorder recorder;
  recorder.data_hook = [&] {
    client_->transport().pause(recorder.id);
    client_->loop.post([&, id = recorder.id] { client_->transport().resume(id); });
  };
  client_->send(get(url("/")), recorder);
  const Answer answer = recorder.wait();
  EXPECT_TRUE(answer.ok()) << answer.message();
  EXPECT_EQ(answer.version, 20);
  EXPECT_EQ(answer.body, body);
}

TEST_F(Http2, CancelReachesTheServer) {
  std::promise<void> closed;
  serve([&](WireConnection& connection) {
    if (connection.read_request().find(" /stay") == std::string::npos) {
      connection.write(plain_response(std::string(512, 'x')));
      return;
    }
    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    connection.wait_closed();
    closed.set_value();
  });
  Recorder recorder;
  recorder.data_hook = [&] { client_->transport().cancel(recorder.id); };
  client_->send(get(url("/stay")), recorder);
  EXPECT_EQ(closed.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(recorder.now().end);
  EXPECT_TRUE(client_->fetch(get(url("/plain"))).ok());
}

TEST(HttpPolicy, SharesConnectionsOnlyWhereThatIsKnownToWork) {
  EXPECT_FALSE(http_policy(0x075801).multiplex);
  EXPECT_GT(http_policy(0x075801).streams_max, 0u);
  EXPECT_FALSE(http_policy(0x081100).multiplex);
  EXPECT_TRUE(http_policy(0x081200).multiplex);
}

}  // namespace
}  // namespace prx::http::test
