#include "gateway/http/connection.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

namespace prx::gateway {

using namespace std::chrono_literals;

namespace {

constexpr auto kLeaveMax = 2'000ms;          // for a client to read the last answer
constexpr auto kBreakMax = 1'000ms;          // for what was written before a reset to arrive
constexpr auto kBreakEvery = 2ms;            // between looks at that
constexpr int kReadsMax = 64;                // of 64 KiB, until others have their turn
constexpr std::size_t kKeptMax = 16u << 10;  // capacity that an idle connection keeps

bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

void append_number(std::string& out, std::size_t number, int base = 10) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number, base);
  out.append(digits, end);
}

/// As RFC 9110, 5.6.7 has it, in English whatever the locale.
const std::string& date_of(ServerParts& parts) {
  const std::time_t now = std::time(nullptr);
  if (now == parts.date_at && !parts.date.empty()) return parts.date;
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm tm{};
  ::gmtime_r(&now, &tm);
  char text[40];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[tm.tm_wday],
                tm.tm_mday, kMonths[tm.tm_mon], (tm.tm_year + 1900) % 10'000, tm.tm_hour, tm.tm_min,
                tm.tm_sec);
  parts.date_at = now;
  return parts.date = text;
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerParts> parts, std::shared_ptr<ByteStream> stream,
                       std::string client)
    : parts_(std::move(parts)),
      stream_(std::move(stream)),
      parser_(parts_->limits.request),
      client_(std::move(client)) {}

void Connection::enter() {
  place_ = parts_->open.size();
  parts_->open.push_back(shared_from_this());
  ++(is_refused_ ? parts_->counts.refusing : parts_->counts.connections);
}

void Connection::start() {
  enter();
  set_phase(Phase::kIdle);
  read();
}

void Connection::refuse() {
  is_refused_ = true;
  enter();
  fault(503, "this server has as many connections as it may; try again soon");
}

/// Answers that, and reads no further request.
void Connection::fault(int status, const char* message) {
  keep_alive_ = false;
  chunked_ = false;
  headers_.clear();
  const HttpRequest* const request = parser_.head();
  const std::string_view path = request != nullptr ? std::string_view(request->path) : "";
  const std::string body =
      parts_->fault_body ? parts_->fault_body(status, message, path) : std::string(message) + "\n";
  ResponseHead head{status, parts_->fault_body ? "application/json" : "text/plain; charset=utf-8"};
  if (status == 503) head.headers.emplace_back("Retry-After", "1");
  const std::size_t size = body.size();
  if (!is_refused_) watch(request);
  write_head(head, &size);
  if (request == nullptr || request->method != "HEAD") out_ += body;
  set_phase(Phase::kSending);
  want_flush();
  read();
}

// --- reading

void Connection::read() {
  if (reading_ || phase_ == Phase::kClosed) return;
  // Between answers what waits is of the request under way, which the parser limits.
  if (is_answering() && ahead_.size() > parts_->limits.ahead_max) return;
  reading_ = true;
  stream_->read(room_, [self = shared_from_this()](std::size_t size) { self->on_read(size); });
}

void Connection::on_read(std::size_t size) {
  reading_ = false;
  if (size == 0) return read_end();
  on_bytes({room_.data(), size});
  // A large request: the rest of what is there, without waiting for it piece by piece.
  for (int i = 0; i < kReadsMax && size == room_.size() && phase_ == Phase::kReading; ++i) {
    std::string& scratch = parts_->scratch;
    scratch.resize(64u << 10);
    const std::size_t more = stream_->read_now(scratch);
    if (more == 0) break;
    on_bytes({scratch.data(), more});
  }
  read();
}

void Connection::on_bytes(std::string_view bytes) {
  if (phase_ == Phase::kLeaving || phase_ == Phase::kBreaking || phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kSending && !keep_alive_) return;
  if (is_answering()) {
    ahead_ += bytes;
    return;
  }
  std::size_t taken = 0;
  if (ahead_.empty()) {
    taken = parser_.feed(bytes);
    ahead_.assign(bytes.substr(taken));
  } else {
    ahead_ += bytes;
    taken = parser_.feed(ahead_);
    ahead_.erase(0, taken);
  }
  on_parsed();
}

void Connection::on_parsed() {
  switch (parser_.state()) {
    case RequestParser::State::kIdle:
      if (parts_->draining) leave();  // an empty line is no request
      return;
    case RequestParser::State::kHead:
      if (phase_ == Phase::kIdle) set_phase(Phase::kReading);
      return;
    case RequestParser::State::kBody: {
      const auto& limits = parts_->limits;
      if (!in_body_) {
        in_body_ = true;
        set_phase(Phase::kReading);
        body_began_ = parts_->loop.now();
      }
      // Anchored where the body began: a byte now and then wins little.
      const auto more = parser_.head()->body.size() / std::max<std::size_t>(limits.body_rate, 1);
      set_deadline_at(body_began_ + limits.body_timeout + std::chrono::seconds(more));
      if (!continued_ && parser_.wants_continue()) {
        continued_ = true;
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        want_flush();
      }
      return;
    }
    case RequestParser::State::kDone:
      return dispatch();
    case RequestParser::State::kFault: {
      ++parts_->counts.faults;
      return fault(parser_.fault().status, parser_.fault().message);
    }
  }
}

// --- one request

void Connection::dispatch() {
  HttpRequest request = parser_.take();
  ++parts_->counts.requests;
  ++parts_->counts.exchanges;
  set_phase(Phase::kAnswering);
  in_body_ = continued_ = is_done_ = false;
  chunked_ = false;
  headers_.clear();
  head_only_ = request.method == "HEAD";
  old_version_ = request.version == 10;
  keep_alive_ = request.keep_alive && !parts_->draining;
  watch(&request);
  if (watched_) request.notes = watched_->notes = std::make_shared<RequestNotes>();
  in_handler_ = true;
  auto exchange = parts_->handler(std::move(request), *this);
  in_handler_ = false;
  if (phase_ != Phase::kAnswering || is_done_) {
    exchange.reset();
    if (is_done_ && phase_ == Phase::kAnswering) answered();
    return;
  }
  exchange_ = std::move(exchange);
  check_backlog();
}

/// The answer is complete: what made it goes.
void Connection::answered() {
  if (in_handler_) {
    is_done_ = true;
    return;
  }
  drop_exchange();
  set_phase(Phase::kSending);
}

/// And all of it is written: what the client sent ahead comes next.
void Connection::sent() {
  tell(RequestOutcome::kComplete);
  if (!keep_alive_ || parts_->draining) return leave();
  set_phase(Phase::kIdle);
  if (!ahead_.empty()) parts_->loop.post([self = shared_from_this()] { self->next(); });
}

void Connection::next() {
  if (phase_ != Phase::kIdle || ahead_.empty()) return;
  std::string bytes;
  bytes.swap(ahead_);
  on_bytes(bytes);
  read();  // it may have stopped where too much was sent ahead
}

void Connection::drop_exchange() {
  if (phase_ == Phase::kAnswering) --parts_->counts.exchanges;
  held_back_ = false;
  // It may be on the call stack: it goes when this turn's work is done.
  if (exchange_)
    parts_->loop.post(
        [gone = std::shared_ptr<Exchange>(std::move(exchange_))]() mutable { gone.reset(); });
}

/// The client sends no more. What was answered still goes out; what is not is taken as unwanted,
/// since a client that has gone cannot be told from one that listens.
void Connection::read_end() {
  if (phase_ == Phase::kBreaking) return;  // what was written goes out yet, and then the reset
  if (phase_ != Phase::kSending) return left();
  keep_alive_ = false;
}

/// The client is gone: nobody reads the answer, so what makes it is cancelled.
void Connection::left() {
  const bool cut = is_answering();
  if (cut && !is_refused_) ++parts_->counts.clients_left;
  if (cut) tell(RequestOutcome::kClientLeft);
  close(cut || phase_ == Phase::kBreaking);  // in a reset: nobody takes a part for the whole
}

// --- being watched

/// From now on; `request`: what is known of it, or null.
void Connection::watch(const HttpRequest* request) {
  if (!parts_->observer) return;
  watched_ = std::make_unique<Watched>();
  RequestRecord& record = watched_->record;
  record.began = std::chrono::system_clock::now();
  record.client = client_;
  if (request != nullptr) {
    record.method = request->method;
    record.path = request->path;
  }
  watched_->began = parts_->loop.now();
  watched_->written = stream_->written();
}

/// The answer under way has ended. What makes it may go on noting until it is gone.
void Connection::tell(RequestOutcome outcome) {
  if (!watched_) return;
  const auto ended = std::move(watched_);
  RequestRecord& record = ended->record;
  record.outcome = outcome;
  record.duration = parts_->loop.now() - ended->began;
  record.bytes = stream_->written() - ended->written;
  if (ended->notes) record.notes = *ended->notes;
  parts_->observer(std::move(record));
}

// --- answering

void Connection::write_head(const ResponseHead& head, const std::size_t* body_size) {
  if (watched_) {
    watched_->record.status = head.status;
    watched_->record.first_byte = parts_->loop.now() - watched_->began;
  }
  out_ += "HTTP/1.1 ";
  append_number(out_, static_cast<std::size_t>(head.status));
  out_ += ' ';
  out_ += reason_phrase(head.status);
  out_ += "\r\nDate: ";
  out_ += date_of(*parts_);
  out_ += "\r\n";
  if (!head.content_type.empty()) {
    out_ += "Content-Type: ";
    out_ += head.content_type;
    out_ += "\r\n";
  }
  for (const auto& [name, value] : head.headers) {
    if (!is_clean(value)) continue;
    out_ += name;
    out_ += ": ";
    out_ += value;
    out_ += "\r\n";
  }
  out_ += headers_;
  if (body_size != nullptr) {
    out_ += "Content-Length: ";
    append_number(out_, *body_size);
    out_ += "\r\n";
  }
  if (chunked_) out_ += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive_)
    out_ += "Connection: close\r\n";
  else if (old_version_)
    out_ += "Connection: keep-alive\r\n";
  out_ += "\r\n";
}

void Connection::header(std::string_view name, std::string_view value) {
  if (!is_clean(value)) return;
  headers_ += name;
  headers_ += ": ";
  headers_ += value;
  headers_ += "\r\n";
}

void Connection::send(const ResponseHead& head, std::string_view body) {
  if (phase_ != Phase::kAnswering) return;
  if (parts_->draining) keep_alive_ = false;
  const std::size_t size = body.size();
  const bool has_body = head.status != 204 && head.status != 304;
  write_head(head, has_body ? &size : nullptr);
  if (has_body && !head_only_) out_ += body;
  want_flush();
  answered();
}

void Connection::begin(const ResponseHead& head) {
  if (phase_ != Phase::kAnswering) return;
  if (parts_->draining || old_version_) keep_alive_ = false;
  chunked_ = !old_version_;
  write_head(head, nullptr);
  want_flush();
}

void Connection::write(std::string_view piece) {
  if (phase_ != Phase::kAnswering || piece.empty() || head_only_) return;
  if (chunked_) {
    append_number(out_, piece.size(), 16);
    out_ += "\r\n";
  }
  out_ += piece;
  if (chunked_) out_ += "\r\n";
  want_flush();
  check_backlog();
}

void Connection::end() {
  if (phase_ != Phase::kAnswering) return;
  if (chunked_ && !head_only_) out_ += "0\r\n\r\n";
  want_flush();
  answered();
}

void Connection::reset() {
  if (phase_ != Phase::kAnswering) return;
  keep_alive_ = false;
  drop_exchange();
  set_phase(Phase::kBreaking);
  flush();
  if (phase_ == Phase::kBreaking) break_off();
}

// --- writing

void Connection::want_flush() {
  if (std::exchange(to_flush_, true)) return;
  parts_->to_flush.push_back(shared_from_this());
  if (std::exchange(parts_->flushing, true)) return;
  parts_->loop.post([parts = parts_] {
    parts->flushing = false;
    std::vector<std::shared_ptr<Connection>> now;
    now.swap(parts->to_flush);
    for (const auto& one : now) one->flush();
  });
}

void Connection::flush() {
  to_flush_ = false;
  if (phase_ == Phase::kClosed) return;
  if (writing_) return watch_write();
  while (!out_.empty()) {
    sending_.swap(out_);
    writing_ = true;
    if (!stream_->write(sending_, [self = shared_from_this()](bool ok) { self->on_written(ok); })) {
      written_seen_ = stream_->written();
      watch_write();
      return check_backlog();
    }
    writing_ = false;
  }
  if (sending_.capacity() > kKeptMax) sending_ = {};
  if (out_.capacity() > kKeptMax) out_ = {};
  check_backlog();
  if (phase_ == Phase::kSending && out_.empty()) sent();  // else it was let go on, and ended
}

/// Something waits for the client to read.
void Connection::watch_write() {
  if (is_answering() && deadline_ == MonotonicTime::max())
    set_deadline(parts_->limits.write_timeout);
}

void Connection::on_written(bool ok) {
  writing_ = false;
  if (!ok) return left();
  if (is_answering()) set_deadline(0ms);
  flush();
}

void Connection::check_backlog() {
  if (!exchange_) return;
  const std::size_t limit = parts_->limits.unsent_max;
  if (!held_back_ && unsent() > limit) {
    held_back_ = true;
    exchange_->hold_back(true);
  } else if (held_back_ && unsent() <= limit / 2) {
    held_back_ = false;
    exchange_->hold_back(false);
  }
}

// --- ends

/// The last answer is written: the client is to read all of it before the socket goes, also when it
/// still sends (a reset would take what it has not read).
void Connection::leave() {
  if (phase_ == Phase::kClosed) return;
  set_phase(Phase::kLeaving);
  ahead_ = {};
  stream_->end_writing();
  read();
}

void Connection::break_off() {
  if (phase_ != Phase::kBreaking) return;
  if (!writing_ && out_.empty() && stream_->delivered()) return close(true);
  arm(parts_->loop.now() + kBreakEvery);
}

void Connection::drain() {
  keep_alive_ = false;
  if (phase_ != Phase::kIdle) return;
  if (ahead_.empty()) return leave();
  parts_->loop.post([self = shared_from_this()] { self->next(); });
}

void Connection::close(bool reset) {
  if (phase_ == Phase::kClosed) return;
  const auto self = shared_from_this();  // it may be the server's alone
  if (phase_ == Phase::kAnswering) --parts_->counts.exchanges;
  tell(RequestOutcome::kCut);
  phase_ = Phase::kClosed;
  parts_->loop.cancel_timer(std::exchange(timer_, 0));
  exchange_.reset();
  stream_->close(reset);
  parts_->open.back()->place_ = place_;
  std::swap(parts_->open[place_], parts_->open.back());
  parts_->open.pop_back();
  --(is_refused_ ? parts_->counts.refusing : parts_->counts.connections);
  if (!is_refused_) parts_->places->leave();
  if (parts_->open.empty() && parts_->on_empty)
    std::exchange(parts_->on_empty, nullptr)();  // it may destroy the server
}

// --- clocks

void Connection::set_phase(Phase phase) {
  phase_ = phase;
  const ServerLimits& limits = parts_->limits;
  switch (phase) {
    case Phase::kIdle:
      return set_deadline(limits.idle_timeout);
    case Phase::kReading:
      return set_deadline(limits.head_timeout);
    case Phase::kLeaving:
      return set_deadline(kLeaveMax);
    case Phase::kBreaking:
      return set_deadline(kBreakMax);
    default:
      return set_deadline(0ms);
  }
}

/// 0: none. The timer runs to the earliest deadline there was, and then looks again.
void Connection::set_deadline(std::chrono::milliseconds after) {
  if (after <= 0ms)
    deadline_ = MonotonicTime::max();
  else
    set_deadline_at(parts_->loop.now() + after);
}

void Connection::set_deadline_at(MonotonicTime deadline) {
  deadline_ = deadline;
  arm(deadline_);
}

void Connection::arm(MonotonicTime due) {
  if (timer_ != 0 && timer_due_ <= due) return;
  parts_->loop.cancel_timer(timer_);
  timer_due_ = due;
  timer_ = parts_->loop.start_timer(due - parts_->loop.now(), [self = weak_from_this()] {
    if (const auto alive = self.lock()) alive->on_timer();
  });
}

void Connection::on_timer() {
  timer_ = 0;
  const MonotonicTime now = parts_->loop.now();
  if (now < deadline_) {
    if (phase_ == Phase::kBreaking) return break_off();
    if (deadline_ != MonotonicTime::max()) arm(deadline_);
    return;
  }
  switch (phase_) {
    case Phase::kReading:
      ++parts_->counts.faults;
      return fault(408, "the request took too long to arrive");
    case Phase::kAnswering:
    case Phase::kSending:
      if (const std::uint64_t written = stream_->written(); written != written_seen_) {
        written_seen_ = written;  // slow, but it reads
        return set_deadline(parts_->limits.write_timeout);
      }
      return left();
    case Phase::kBreaking:
      return close(true);
    default:
      return close(false);
  }
}

}  // namespace prx::gateway
