// The input plays both sides of a server's connections without real time: clients that send in
// pieces, read slowly, close a half or vanish, and answers that come now, later, in pieces, or
// break off. Whatever the order: each client reads the answers to its requests, in order and framed
// right, and none that broke off looks whole; every count returns to 0; a server that drains says
// so once.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/fuzz_check.hpp"
#include "gateway/http/connection.hpp"
#include "support/virtual_loop.hpp"

namespace {

using namespace std::chrono_literals;
using prx::gateway::ByteStream;
using prx::gateway::Connection;
using prx::gateway::Exchange;
using prx::gateway::HttpRequest;
using prx::gateway::RequestOutcome;
using prx::gateway::RequestRecord;
using prx::gateway::Responder;
using prx::gateway::ServerLimits;
using prx::gateway::ServerParts;
using prx::test::VirtualLoop;

constexpr std::size_t kOpsMax = 400, kConnectionsMax = 12;

ServerLimits small_limits() {
  ServerLimits out;
  out.request = {256, 8, 512};
  out.connections_max = 3;
  out.unsent_max = 200;
  out.ahead_max = 100;
  out.head_timeout = 1s;
  out.body_timeout = 3s;
  out.body_rate = 64;
  out.idle_timeout = 1h;
  out.write_timeout = 1500ms;
  return out;
}

/// What a handler has said to one request.
struct Answer {
  bool head_only = false, begun = false, ended = false, broken_off = false, empty = false;
  std::string body;
};

/// A connection between a client that the input plays and the server: both ends of it.
class Wire final : public ByteStream, public std::enable_shared_from_this<Wire> {
 public:
  explicit Wire(VirtualLoop& loop) : loop_(loop) {}

  // The client
  std::string to_send, received;
  std::deque<Answer> answers;  // to its requests, each where it is
  const Connection* connection = nullptr;
  bool acknowledges = true;

  void send(std::size_t size) {
    size = std::min(size, to_send.size());
    if (!ended_by_client_) incoming_ += to_send.substr(0, size);
    to_send.erase(0, size);
    wake();
  }
  void end() {
    ended_by_client_ = true;
    wake();
  }
  void vanish() {
    broken_ = ended_by_client_ = true;
    wake();
  }
  void take(std::size_t size) {
    room_out_ += size;
    wake();
  }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool was_reset() const { return reset_; }
  [[nodiscard]] bool broken() const { return broken_; }
  /// Nothing can happen on it any more but what a clock brings.
  [[nodiscard]] bool is_deaf() const {
    return !closed_ && !read_ && !written_ && !end_was_read_ &&
           (answers.empty() || !answers.back().broken_off);
  }

  // The server's
  void read(std::span<char> room, Read handler) override {
    PRX_FUZZ_CHECK(!closed_ && !read_ && !room.empty());
    room_in_ = room;
    read_ = std::move(handler);
    wake();
  }
  std::size_t read_now(std::span<char> room) override {
    PRX_FUZZ_CHECK(!closed_ && !read_);
    if (broken_) return 0;
    const std::size_t size = std::min(room.size(), incoming_.size());
    std::copy_n(incoming_.begin(), size, room.begin());
    incoming_.erase(0, size);
    return size;
  }
  bool write(std::string& bytes, Written handler) override {
    PRX_FUZZ_CHECK(!closed_ && !ended_by_server_ && !written_ && !bytes.empty());
    out_ = &bytes;
    at_ = 0;
    if (!broken_ && push()) return true;
    written_ = std::move(handler);
    wake();
    return false;
  }
  [[nodiscard]] std::uint64_t written() const override { return received.size(); }
  [[nodiscard]] bool delivered() const override { return acknowledges || broken_; }
  void end_writing() override {
    PRX_FUZZ_CHECK(!closed_ && !written_);
    ended_by_server_ = true;
  }
  void close(bool reset) override {
    PRX_FUZZ_CHECK(!closed_);
    closed_ = true;
    reset_ = reset;
    read_ = nullptr;
    written_ = nullptr;
  }

 private:
  /// True: all of it has gone.
  bool push() {
    const std::size_t size = std::min(room_out_, out_->size() - at_);
    received.append(*out_, at_, size);
    at_ += size;
    room_out_ -= size;
    if (at_ < out_->size()) return false;
    out_->clear();
    return true;
  }
  void wake() {
    if (std::exchange(woken_, true)) return;
    loop_.post([self = shared_from_this()] { self->turn(); });
  }
  void turn() {
    woken_ = false;
    if (written_ && (broken_ || (room_out_ > 0 && push())))
      std::exchange(written_, nullptr)(!broken_);
    if (!read_) return;  // or closed
    if (broken_ || (incoming_.empty() && ended_by_client_)) {
      end_was_read_ = true;
      std::exchange(read_, nullptr)(0);
    } else if (!incoming_.empty()) {
      const std::size_t size = std::min(room_in_.size(), incoming_.size());
      std::copy_n(incoming_.begin(), size, room_in_.begin());
      incoming_.erase(0, size);
      std::exchange(read_, nullptr)(size);
    }
  }

  VirtualLoop& loop_;
  std::string incoming_;
  std::string* out_ = nullptr;
  std::size_t at_ = 0, room_out_ = 0;
  std::span<char> room_in_;
  Read read_;
  Written written_;
  bool woken_ = false, broken_ = false, closed_ = false, reset_ = false, end_was_read_ = false;
  bool ended_by_client_ = false, ended_by_server_ = false;
};

class Played;

/// The server, its clients and what answers them.
class World {
 public:
  World() : parts_(make_parts()) {
    parts_->observer = [this](RequestRecord&& record) {
      ++records_;
      complete_ += record.outcome == RequestOutcome::kComplete ? 1 : 0;
    };
  }
  ~World() { finish(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void play(const std::uint8_t* data, std::size_t size);

  std::vector<Played*> playing;

 private:
  std::shared_ptr<ServerParts> make_parts() {
    return std::make_shared<ServerParts>(
        loop_, small_limits(),
        [this](HttpRequest&& request, Responder& responder) {
          return answer(std::move(request), responder);
        },
        [](int, std::string_view, std::string_view) { return "fault"; },
        std::make_shared<prx::gateway::InFlight>());
  }
  void connect();
  void step(unsigned op, unsigned with, unsigned which);
  void play_answer(unsigned op, unsigned which);
  std::unique_ptr<Exchange> answer(HttpRequest&& request, Responder& responder);
  void check() const;
  void drain();
  void finish();

  VirtualLoop loop_;
  std::vector<std::shared_ptr<Wire>> wires_;
  const std::shared_ptr<ServerParts> parts_;
  std::uint64_t records_ = 0, complete_ = 0;
  int drained_ = 0;
  bool draining_ = false;
};

/// An answer under way.
class Played final : public Exchange {
 public:
  /// `freed`: what it does when it may go on: 'h' writes, 'H' ends, 'X' breaks off.
  Played(World& world, Answer& answer, Responder& responder, const Connection& connection,
         char freed)
      : world_(world),
        answer_(answer),
        responder_(responder),
        connection_(connection),
        freed_(freed) {
    world_.playing.push_back(this);
  }
  ~Played() override { std::erase(world_.playing, this); }
  Played(const Played&) = delete;
  Played& operator=(const Played&) = delete;

  void hold_back(bool on) override {
    PRX_FUZZ_CHECK(!done_ && on != held_);
    held_ = on;
    if (on) return;
    if (freed_ == 'h') write(90);
    if (freed_ == 'H') write(30);
    if (freed_ == 'H') end();
    if (freed_ == 'X') reset();
  }
  void begin() {
    if (done_ || std::exchange(answer_.begun, true)) return;
    responder_.header("X-One", "1");
    responder_.begin({200, "text/plain"});
  }
  void write(std::size_t size) {
    begin();
    if (done_ || size == 0) return;
    const std::string piece(size, static_cast<char>('a' + answer_.body.size() % 26));
    if (!answer_.head_only) answer_.body += piece;
    responder_.write(piece);
  }
  void end() {
    begin();
    if (std::exchange(done_, true)) return;
    answer_.ended = true;
    responder_.end();
  }
  void send(std::size_t size) {
    if (answer_.begun || std::exchange(done_, true)) return;
    const std::string body(size, 's');
    if (!answer_.head_only) answer_.body = body;
    answer_.begun = answer_.ended = true;
    responder_.send({200, "text/plain", {{"X-Bad", "a\r\nb: c"}}}, body);
  }
  void reset() {
    if (std::exchange(done_, true)) return;
    answer_.broken_off = true;
    responder_.reset();
  }
  [[nodiscard]] bool done() const { return done_; }
  /// Held back when too much waits, and not when little does.
  void check_held() const {
    if (done_) return;
    const std::size_t most = small_limits().unsent_max;
    if (connection_.unsent() > most) PRX_FUZZ_CHECK(held_);
    if (connection_.unsent() <= most / 2) PRX_FUZZ_CHECK(!held_);
  }

 private:
  World& world_;
  Answer& answer_;
  Responder& responder_;
  const Connection& connection_;
  const char freed_;
  bool done_ = false, held_ = false;
};

std::unique_ptr<Exchange> World::answer(HttpRequest&& request, Responder& responder) {
  const auto of = std::find_if(wires_.begin(), wires_.end(), [&](const auto& wire) {
    return !wire->closed() && static_cast<const Responder*>(wire->connection) == &responder;
  });
  PRX_FUZZ_CHECK(of != wires_.end());
  Answer& answer = (*of)->answers.emplace_back();
  answer.head_only = request.method == "HEAD";
  const char kind = request.path.size() > 1 ? request.path[1] : ' ';
  if (kind == 'z') {
    answer.begun = answer.ended = answer.empty = true;
    responder.send({204, ""}, "");
    return nullptr;
  }
  auto played = std::make_unique<Played>(*this, answer, responder, *(*of)->connection, kind);
  if (kind == 'n') played->send(20);
  if (kind == 'l') played->send(600);
  if (std::string_view("erbhHX").find(kind) != std::string_view::npos) played->write(150);
  if (std::string_view("bhHX").find(kind) != std::string_view::npos) played->write(150);
  if (kind == 'e') played->end();
  if (kind == 'r' || kind == 'R') played->reset();
  if (played->done() && request.body.empty()) return nullptr;  // or one that has no more to say
  return played;
}

// --- what a client reads

/// Looks at all that came, one answer behind the other.
class Reading {
 public:
  explicit Reading(const Wire& wire) : wire_(wire), text_(wire.received) {}

  void check() {
    for (const Answer& answer : wire_.answers) {
      if (!answer.ended) PRX_FUZZ_CHECK(wire_.was_reset());
      if (!one(answer)) {
        PRX_FUZZ_CHECK(wire_.was_reset());
        return;
      }
      PRX_FUZZ_CHECK(answer.ended);
    }
    fault();
  }

 private:
  std::optional<std::string_view> head() {
    for (;;) {
      const std::size_t end = text_.find("\r\n\r\n", at_);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view out = text_.substr(at_, end + 2 - at_);
      at_ = end + 4;
      PRX_FUZZ_CHECK(out.substr(0, 9) == "HTTP/1.1 ");
      if (out != "HTTP/1.1 100 Continue\r\n") return out;
      PRX_FUZZ_CHECK(!last_);
    }
  }
  static bool has(std::string_view head, std::string_view line) {
    return head.find("\r\n" + std::string(line) + "\r\n") != std::string_view::npos;
  }

  /// False: it is not all there.
  bool one(const Answer& answer) {
    PRX_FUZZ_CHECK(!last_ || at_ == text_.size());
    const auto lines = head();
    if (!lines) return false;
    PRX_FUZZ_CHECK(answer.begun);
    PRX_FUZZ_CHECK(lines->find("X-Bad") == std::string_view::npos);
    last_ = has(*lines, "Connection: close");
    const bool chunked = has(*lines, "Transfer-Encoding: chunked");
    const bool sized = lines->find("\r\nContent-Length: ") != std::string_view::npos;
    PRX_FUZZ_CHECK(!chunked || !sized);
    PRX_FUZZ_CHECK(lines->substr(9, 4) == (answer.empty ? "204 " : "200 "));
    if (answer.empty) {
      PRX_FUZZ_CHECK(!chunked && !sized);
      return true;
    }
    if (answer.head_only) return answer.ended;
    if (chunked) return chunks(answer);
    if (!sized) return rest(answer);
    PRX_FUZZ_CHECK(has(*lines, "Content-Length: " + std::to_string(answer.body.size())));
    return same(answer.body.size(), answer.body);
  }
  bool same(std::size_t size, std::string_view as) {
    const std::string_view here = text_.substr(at_, size);
    PRX_FUZZ_CHECK(here == as.substr(0, here.size()));
    at_ += here.size();
    return here.size() == size;
  }
  bool chunks(const Answer& answer) {
    std::size_t read = 0;
    for (;;) {
      const std::size_t end = text_.find("\r\n", at_);
      if (end == std::string_view::npos) return false;
      const std::size_t size = std::stoul(std::string(text_.substr(at_, end - at_)), nullptr, 16);
      at_ = end + 2;
      PRX_FUZZ_CHECK(read + size <= answer.body.size());
      if (!same(size, std::string_view(answer.body).substr(read, size)) || !same(2, "\r\n"))
        return false;
      read += size;
      if (size > 0) continue;
      PRX_FUZZ_CHECK(answer.ended && read == answer.body.size());
      return true;
    }
  }
  /// To the end of the connection, which must be a clean one if this is all.
  bool rest(const Answer& answer) {
    PRX_FUZZ_CHECK(last_);
    return same(answer.body.size(), answer.body) && answer.ended;
  }

  /// The last that a client is told, if at all: that it sent no request.
  void fault() {
    const auto lines = head();
    if (!lines) {
      PRX_FUZZ_CHECK(at_ == text_.size() || wire_.was_reset());
      return;
    }
    PRX_FUZZ_CHECK(!last_ && has(*lines, "Connection: close"));
    PRX_FUZZ_CHECK((*lines)[9] == '4' || lines->substr(9, 3) == "503" ||
                   lines->substr(9, 3) == "505" || lines->substr(9, 3) == "501");
    PRX_FUZZ_CHECK(text_.substr(at_).size() <= 5 && same(text_.size() - at_, "fault"));
  }

  const Wire& wire_;
  const std::string_view text_;
  std::size_t at_ = 0;
  bool last_ = false;  ///< the answer before said so
};

// --- the play

std::string request_text(unsigned which) {
  const auto get = [](const std::string& path, const std::string& more = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
  };
  static const std::string texts[] = {
      get("/n"),
      get("/p"),
      get("/l"),
      get("/e"),
      get("/r"),
      get("/R"),
      get("/b"),
      get("/h"),
      get("/H"),
      get("/X"),
      get("/z"),
      "HEAD /n HTTP/1.1\r\nHost: x\r\n\r\n",
      "HEAD /b HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /b HTTP/1.0\r\n\r\n",
      "GET /p HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "GET /n HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      get("/n", "Connection: close\r\n"),
      "POST /n HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
      "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n",
      "POST /n HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
      get("/n", "X-Long: " + std::string(190, 'x') + "\r\n"),
      get("/n", "X-Long: " + std::string(300, 'x') + "\r\n"),
      "POST /n HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n" + std::string(400, 'y'),
      "\r\n",
      "\r",
      "?",
      "HEAD /p HTTP/1.1\r\n\r\n",
      "GET /H HTTP/1.0\r\n\r\n",
  };
  return texts[which % std::size(texts)];
}

void World::connect() {
  if (draining_ || wires_.size() == kConnectionsMax) return;
  const auto wire = std::make_shared<Wire>(loop_);
  const std::size_t before = parts_->open.size();
  parts_->take(wire, "client");
  PRX_FUZZ_CHECK(parts_->open.size() == before + 1);
  wire->connection = parts_->open.back().get();
  wires_.push_back(wire);
}

void World::drain() {
  if (std::exchange(draining_, true)) return;
  parts_->drain();
  parts_->when_empty([this] { ++drained_; });
}

void World::play_answer(unsigned op, unsigned which) {
  if (playing.empty()) return;
  Played& one = *playing[which % playing.size()];
  switch (op) {
    case 0:
      return one.write(which / 2u + 1u);
    case 1:
      return one.end();
    case 2:
      return one.reset();
    case 3:
      return one.send(which);
    default:
      return one.begin();
  }
}

void World::step(unsigned op, unsigned with, unsigned which) {
  if (op == 0) return connect();
  if (op == 1) return loop_.advance(std::chrono::milliseconds(with * 8u));
  if (op == 2) return loop_.run_ready();
  if (op >= 11) return play_answer(op - 11u, with);
  if (wires_.empty()) return;
  Wire& wire = *wires_[which % wires_.size()];
  switch (op) {
    case 3:
      wire.to_send += request_text(with);
      return wire.send(wire.to_send.size());
    case 4:
      wire.to_send += request_text(with);
      return;
    case 5:
      return wire.send(with);
    case 6:
      return wire.take(with * 4u);
    case 7:
      return wire.take(1u << 20);
    case 8:
      return with % 4 == 0 ? wire.vanish() : wire.end();
    case 9:
      wire.acknowledges = with % 2 == 0;
      return;
    default:
      if (with % 8 == 7) return drain();
      if (with % 8 == 6) loop_.advance(1h);
  }
}

/// Between two turns.
void World::check() const {
  PRX_FUZZ_CHECK(parts_->counts.connections + parts_->counts.refusing == parts_->open.size());
  PRX_FUZZ_CHECK(static_cast<std::size_t>(parts_->places->count()) == parts_->counts.connections);
  PRX_FUZZ_CHECK(parts_->counts.connections <= 3);
  PRX_FUZZ_CHECK(parts_->counts.exchanges == playing.size());
  for (const Played* one : playing) one->check_held();
  const auto clients = static_cast<std::size_t>(std::count_if(
      wires_.begin(), wires_.end(), [](const auto& wire) { return wire->is_deaf(); }));
  PRX_FUZZ_CHECK(clients <= playing.size());  // only who is being answered is not listened to
  PRX_FUZZ_CHECK(drained_ <= 1 && (drained_ == 0 || parts_->open.empty()));
}

void World::play(const std::uint8_t* data, std::size_t size) {
  connect();
  for (std::size_t at = 0; at + 2 < size && at / 3 < kOpsMax; at += 3) {
    step(data[at] % 16u, data[at + 1], data[at + 2]);
    if (data[at] >= 128) continue;  // more comes in the same turn
    loop_.run_ready();
    check();
  }
}

/// All read on, what is open is answered, and time passes.
void World::finish() {
  loop_.run_ready();
  check();
  for (const auto& wire : wires_) wire->take(1u << 24);
  drain();
  for (std::size_t i = 0; !playing.empty() && i < kOpsMax; ++i) {
    i % 2 == 0 ? playing.front()->end() : playing.front()->reset();
    loop_.run_ready();
    check();
  }
  loop_.advance(60s);  // less than an idle connection may stay: drain() knows those
  PRX_FUZZ_CHECK(playing.empty() && parts_->open.empty() && loop_.idle());
  PRX_FUZZ_CHECK(parts_->counts.exchanges == 0 && parts_->places->count() == 0);
  PRX_FUZZ_CHECK(drained_ == 1);
  PRX_FUZZ_CHECK(records_ == parts_->counts.requests + parts_->counts.faults);
  std::uint64_t ended = parts_->counts.faults;
  for (const auto& wire : wires_) {
    PRX_FUZZ_CHECK(wire->closed());
    Reading(*wire).check();
    for (const Answer& answer : wire->answers) ended += answer.ended ? 1 : 0;
  }
  PRX_FUZZ_CHECK(complete_ <= ended);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World().play(data, size);
  return 0;
}
