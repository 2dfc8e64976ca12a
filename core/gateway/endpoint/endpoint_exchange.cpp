#include "gateway/endpoint/endpoint_exchange.hpp"

#include <utility>

#include "gateway/access/charge.hpp"
#include "gateway/chat/chunk_writer.hpp"
#include "gateway/endpoint/asked_endpoint.hpp"
#include "gateway/trail.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

class EndpointExchange final : public Exchange, private Sink {
 public:
  EndpointExchange(Dialect dialect, const AskedEndpoint& asked, Responder& responder)
      : dialect_(dialect),
        stream_(asked.stream),
        include_usage_(asked.include_usage),
        trail_(asked.trail),
        responder_(responder) {}

  void start(Client& client, const AskedEndpoint& asked) {
    call_ = client.start(asked.request, asked.options, *this);
  }

  void hold_back(bool) override {}  // its answer is in one piece

 private:
  void on_event(const StreamEvent& event) override { answer_ = event.json; }

  void on_end(ChatResult result) override {
    if (!result) return send_error(result.error(), dialect_, responder_, result.error().attempts);
    if (!stream_)
      return responder_.send({200, "application/json", trail_headers(*result)}, answer_);
    ResponseHead head{200, "text/event-stream; charset=utf-8", {{"Cache-Control", "no-cache"}}};
    if (!result->id.empty()) head.headers.emplace_back("X-Generation-Id", result->id);
    responder_.begin(head);
    std::string out;
    append_event(out, include_usage_ ? answer_ : without_usage());
    if (trail_) append_trail(out, *result);
    out += "data: [DONE]\n\n";
    responder_.write(out);
    responder_.end();
  }

  [[nodiscard]] std::string without_usage() const {
    const auto index = json::ObjectIndex::parse(answer_);
    return index ? json::ObjectEdit(*index).remove("usage").str() : answer_;
  }

  const Dialect dialect_;
  const bool stream_, include_usage_, trail_;
  Responder& responder_;
  std::string answer_;
  std::unique_ptr<Call> call_;  // last: it ends before what it tells
};

}  // namespace

std::unique_ptr<Exchange> begin_endpoint(Client& client, std::string path, HttpRequest&& request,
                                         Dialect dialect, Responder& responder) {
  auto asked = read_endpoint(std::move(path), request, dialect);
  if (!asked) {
    send_error(asked.error(), dialect, responder);
    return nullptr;
  }
  if (request.notes) {
    request.notes->model = asked->model;
    request.notes->chain = asked->options.chain;
  }
  charge(asked->options, request.key, request.notes);
  auto exchange = std::make_unique<EndpointExchange>(dialect, *asked, responder);
  exchange->start(client, *asked);
  return exchange;
}

}  // namespace prx::gateway
