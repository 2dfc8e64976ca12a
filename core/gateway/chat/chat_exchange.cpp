#include "gateway/chat/chat_exchange.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "gateway/chat/chunk_writer.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

std::int64_t now_in_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// As short as it is exact, whatever the locale.
std::string number_text(double number) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  return {text, end};
}

/// Who served, how many were asked, and what it cost, for headers and the last comment.
std::vector<std::pair<std::string_view, std::string>> trail_headers(const ChatResponse& response) {
  std::vector<std::pair<std::string_view, std::string>> out;
  const auto& all = response.attempts;
  const auto asked =
      std::count_if(all.begin(), all.end(), [](const Attempt& a) { return a.asked(); });
  const Attempt* const last = all.empty() ? nullptr : &all.back();  // the one that served
  if (!response.id.empty()) out.emplace_back("X-Generation-Id", response.id);
  if (last != nullptr) out.emplace_back("x-prx-target", last->provider + "/" + last->model);
  out.emplace_back("x-prx-attempts", std::to_string(asked));
  const CallCost cost = cost_of(response.attempts);
  if (!cost.lower_bound) out.emplace_back("x-prx-cost", number_text(cost.dollars));
  return out;
}

class ChatExchange final : public Exchange, private Sink {
 public:
  ChatExchange(Dialect dialect, const AskedChat& asked, Responder& responder)
      : dialect_(dialect),
        stream_(asked.stream),
        trail_(asked.trail),
        responder_(responder),
        chunks_({asked.include_usage, asked.request.model, now_in_seconds()}) {}

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
    responder_.write(out_);
  }

  void begin() {
    if (std::exchange(began_, true)) return;
    ResponseHead head{200, "text/event-stream; charset=utf-8", {{"Cache-Control", "no-cache"}}};
    if (!chunks_.id().empty()) head.headers.emplace_back("X-Generation-Id", chunks_.id());
    responder_.begin(head);
  }

  void on_end(ChatResult result) override {
    if (!result) return fail_with(result.error());
    if (!stream_) {
      // A server that streams although it was not asked to sends many.
      const std::string body =
          frames_ == 1 ? std::move(whole_) : whole_answer(*result, now_in_seconds());
      return responder_.send({200, "application/json", trail_headers(*result)}, body);
    }
    begin();
    out_.clear();
    if (trail_) write_trail(*result);
    out_ += "data: [DONE]\n\n";
    responder_.write(out_);
    responder_.end();
  }

  /// A comment: clients that do not know it do not see it.
  void write_trail(const ChatResponse& response) {
    out_ += ": prx {";
    for (const auto& [name, value] : trail_headers(response)) {
      if (out_.back() != '{') out_ += ',';
      json::append_quoted(out_, name);
      out_ += ':';
      json::append_quoted(out_, value);
    }
    out_ += "}\n\n";
  }

  /// After the first byte an error is a chunk, and the body has no end.
  void fail_with(const CallError& error) {
    if (!began_) return send_error(error, dialect_, responder_, error.attempts);
    out_.clear();
    append_event(out_, error_envelope(error, dialect_, error.attempts));
    responder_.write(out_);
    responder_.reset();
  }

  const Dialect dialect_;
  const bool stream_, trail_;
  bool began_ = false;
  std::size_t frames_ = 0;
  Responder& responder_;
  ChunkWriter chunks_;
  std::string out_, whole_;
  std::unique_ptr<Call> call_;  // last: it ends before what it tells
};

}  // namespace

std::unique_ptr<Exchange> begin_chat(Client& client, HttpRequest&& request, Dialect dialect,
                                     Responder& responder) {
  const auto asked = read_chat(std::move(request), dialect);
  if (!asked) {
    send_error(asked.error(), dialect, responder);
    return nullptr;
  }
  auto exchange = std::make_unique<ChatExchange>(dialect, *asked, responder);
  exchange->start(client, *asked);
  return exchange;
}

}  // namespace prx::gateway
