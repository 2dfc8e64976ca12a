#include "gateway/chat/chat_exchange.hpp"

#include <chrono>
#include <utility>

#include "gateway/access/charge.hpp"
#include "gateway/chat/chunk_writer.hpp"
#include "gateway/trail.hpp"
#include "monotonic_time.hpp"

namespace prx::gateway {

namespace {

std::int64_t now_in_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class ChatExchange final : public Exchange, private Sink {
 public:
  ChatExchange(Dialect dialect, const AskedChat& asked, Watch& watch, Responder& responder)
      : dialect_(dialect),
        stream_(asked.stream),
        trail_(asked.trail),
        watch_(watch),
        responder_(responder),
        chunks_({asked.include_usage, asked.model, now_in_seconds()}) {}

  void start(Client& client, const AskedChat& asked) {
    call_ = client.start(asked.request, asked.options, *this);
  }

  void hold_back(bool on) override { on ? call_->pause() : call_->resume(); }

 private:
  void on_event(const StreamEvent& event) override {
    if (!stream_) {
      if (!event.frame.empty() && frames_++ == 0) whole_ = event.frame;
      return;
    }
    out_.clear();
    chunks_.write(event, out_);
    if (out_.empty()) return;
    begin();
    note_chunk();
    responder_.write(out_);
  }

  /// One write of an answer, of those behind the first.
  void note_chunk() {
    const MonotonicTime now = std::chrono::steady_clock::now();
    if (last_chunk_ != MonotonicTime{})
      between_chunks_.add(std::chrono::duration<double>(now - last_chunk_).count());
    last_chunk_ = now;
  }

  void begin() {
    if (std::exchange(began_, true)) return;
    ResponseHead head{200, "text/event-stream; charset=utf-8", {{"Cache-Control", "no-cache"}}};
    if (!chunks_.id().empty()) head.headers.emplace_back("X-Generation-Id", chunks_.id());
    responder_.begin(head);
  }

  void on_end(ChatResult result) override {
    if (stream_) watch_.take_chunks(between_chunks_);  // the call was measured just before this
    if (!result) return fail_with(result.error());
    if (!stream_) {
      // A server that streams although it was not asked to sends many.
      const std::string body =
          frames_ == 1 ? std::move(whole_) : whole_answer(*result, now_in_seconds());
      return responder_.send({200, "application/json", trail_headers(*result)}, body);
    }
    begin();
    out_.clear();
    if (trail_) append_trail(out_, *result);
    out_ += "data: [DONE]\n\n";
    responder_.write(out_);
    responder_.end();
  }

  /// After the first byte an error is a chunk, and the body has no end.
  void fail_with(const CallError& error) {
    if (!began_) return send_error(error, dialect_, responder_, error.attempts);
    out_.clear();
    const std::string envelope = error_envelope(error, dialect_, error.attempts);
    if (dialect_ == Dialect::kOpenRouter)
      chunks_.write_error(envelope, out_);
    else
      append_event(out_, envelope);
    responder_.write(out_);
    responder_.reset();
  }

  const Dialect dialect_;
  const bool stream_, trail_;
  bool began_ = false;
  std::size_t frames_ = 0;
  Watch& watch_;
  Histogram between_chunks_{between_chunks_bounds()};  ///< seconds
  MonotonicTime last_chunk_{};
  Responder& responder_;
  ChunkWriter chunks_;
  std::string out_, whole_;
  std::unique_ptr<Call> call_;  // last: it ends before what it tells
};

}  // namespace

std::unique_ptr<Exchange> begin_chat(Client& client, Watch& watch, HttpRequest&& request,
                                     Dialect dialect, Responder& responder) {
  const auto key = request.key;
  const auto notes = request.notes;
  auto asked = read_chat(std::move(request), dialect);
  if (!asked) {
    send_error(asked.error(), dialect, responder);
    return nullptr;
  }
  if (notes) {
    notes->model = asked->model;
    notes->chain = asked->options.chain;
  }
  charge(asked->options, key, notes);
  auto exchange = std::make_unique<ChatExchange>(dialect, *asked, watch, responder);
  exchange->start(client, *asked);
  return exchange;
}

}  // namespace prx::gateway
