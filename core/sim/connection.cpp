#include "sim/connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

namespace prx::sim {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kKeptOutput = 16u << 10;  ///< an output buffer above this is freed after use

std::string lower(boost::beast::string_view text) {
  std::string out(text.data(), text.size());
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Bytes that are not ASCII become '?': a target may be quoted in an answer.
std::string ascii(boost::beast::string_view text) {
  std::string out(text.data(), text.size());
  for (char& c : out)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return out;
}

/// The end of a wait, on a grid of 1 ms, so that thousands of streams wake together.
steady_clock::time_point due_after(milliseconds delay) {
  return std::chrono::ceil<milliseconds>(steady_clock::now() + delay);
}

}  // namespace

Connection::Connection(tcp::socket socket, Service& service)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      service_(service),
      number_(service.journal.connected()) {
  ++service_.connections_open;
  Code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
}

Connection::~Connection() {
  --service_.connections_open;
  service_.journal.disconnected();
}

void Connection::read_head() {
  buffer_.shrink_to_fit();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(service_.router.options().head_max));
  parser_->body_limit(service_.router.options().body_max);
  http::async_read_header(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](Code error, std::size_t) { self->on_head(error); });
}

void Connection::on_head(Code error) {
  if (error) return on_bad_request(error);
  const auto expect = parser_->get()[http::field::expect];
  if (lower(expect) != "100-continue") return read_body();
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::asio::async_write(socket_, boost::asio::buffer(out_),
                           [self = shared_from_this()](Code failed, std::size_t) {
                             self->out_.clear();
                             if (!failed) self->read_body();
                           });
}

void Connection::read_body() {
  http::async_read(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](Code error, std::size_t) { self->on_request(error); });
}

RequestRecord Connection::record() const {
  RequestRecord out;
  out.connection = number_;
  out.arrived = arrived_;
  const auto& request = parser_->get();
  out.method.assign(request.method_string().data(), request.method_string().size());
  out.target = ascii(request.target());
  const auto authorization = request[http::field::authorization];
  out.key_hash = hash_key(bearer_key({authorization.data(), authorization.size()}));
  if (service_.router.options().log_requests_max == 0) return out;
  for (const auto& field : request)
    if (field.name() != http::field::authorization)
      out.headers.emplace_back(lower(field.name_string()),
                               std::string(field.value().data(), field.value().size()));
  out.body_size = request.body().size();
  out.body = request.body().substr(0, service_.router.options().log_body_max);
  return out;
}

void Connection::on_request(Code error) {
  if (error) return on_bad_request(error);
  arrived_ = steady_clock::now();
  request_ = service_.journal.arrived(record());
  const auto& request = parser_->get();
  const auto method = request.method_string();
  const auto authorization = request[http::field::authorization];
  const std::string target = ascii(request.target());
  Incoming incoming;
  incoming.method = {method.data(), method.size()};
  incoming.target = target;
  incoming.authorization = {authorization.data(), authorization.size()};
  incoming.body = request.body();
  incoming.keep_alive = request.keep_alive();
  incoming.number = request_;
  incoming.now = arrived_;
  Reply reply = service_.router.reply(incoming);
  parser_.reset();
  play(std::move(reply));
}

void Connection::on_bad_request(Code error) {
  if (error == http::error::end_of_stream || error.category() == boost::system::system_category())
    return close(false);
  if (error == http::error::partial_message || error == boost::asio::error::eof)
    return close(false);
  const int status = error == http::error::body_limit     ? 413
                     : error == http::error::header_limit ? 431
                                                          : 400;
  arrived_ = steady_clock::now();
  request_ = service_.journal.arrived(record());
  const std::string target = ascii(parser_->get().target());
  parser_.reset();
  play(service_.router.unreadable(target, status));
}

void Connection::play(Reply reply) {
  reply_ = std::move(reply);
  ending_ = Ending::kNone;
  bytes_sent_ = 0;
  if (reply_.head_delay.count() > 0) return wait(reply_.head_delay, &Connection::begin);
  begin();
}

void Connection::begin() {
  if (reply_.before_head != Ending::kNone) return end(reply_.before_head);
  out_ = std::move(reply_.head);
  pump();
}

void Connection::pump() {
  const bool gather = service_.router.options().one_write;
  while (ending_ == Ending::kNone && out_.size() < kGatherMax) {
    if (!step_) {
      step_ = reply_.body->next();
      waited_ = false;
    }
    if (step_->wait.count() > 0 && !waited_) {
      if (!out_.empty()) break;
      waited_ = true;
      return wait(step_->wait, &Connection::pump);
    }
    out_ += step_->bytes;
    ending_ = step_->ending;
    const bool has_bytes = !step_->bytes.empty();
    step_.reset();
    if (has_bytes && !gather) break;
  }
  if (out_.empty()) return end(ending_);
  flush();
}

void Connection::flush() {
  boost::asio::async_write(
      socket_, boost::asio::buffer(out_),
      [self = shared_from_this()](Code error, std::size_t size) { self->on_written(error, size); });
}

void Connection::on_written(Code error, std::size_t size) {
  bytes_sent_ += size;
  out_.clear();
  if (out_.capacity() > kKeptOutput) out_.shrink_to_fit();
  if (request_ == 0) return;
  if (error) return client_gone();
  if (ending_ != Ending::kNone) return end(ending_);
  pump();
}

void Connection::end(Ending ending) {
  switch (ending) {
    case Ending::kNone:
      return;
    case Ending::kComplete:
      finish(Outcome::kComplete);
      if (reply_.keep_alive) return read_head();
      return drain();
    case Ending::kCut:
      finish(Outcome::kFault);
      return close(false);
    case Ending::kReset:
      finish(Outcome::kFault);
      return close(true);
    case Ending::kStall:
      return watch();
  }
}

void Connection::wait(milliseconds delay, void (Connection::*next)()) {
  timer_.expires_at(due_after(delay));
  timer_.async_wait([self = shared_from_this(), next](Code error) {
    if (!error && self->request_ != 0) ((*self).*next)();
  });
  watch();
}

void Connection::watch() {
  if (watching_) return;
  watching_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](Code error) {
    self->watching_ = false;
    self->on_readable(error);
  });
}

void Connection::on_readable(Code error) {
  if (request_ == 0 || error == boost::asio::error::operation_aborted) return;
  if (error || !read_ahead()) return client_gone();
  watch();
}

bool Connection::read_ahead() {
  std::array<char, 4096> bytes{};
  const auto got = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  if (got == 0 || buffer_.size() + static_cast<std::size_t>(got) > kPipelinedMax) return false;
  const auto space = buffer_.prepare(static_cast<std::size_t>(got));
  boost::asio::buffer_copy(space, boost::asio::buffer(bytes.data(), static_cast<std::size_t>(got)));
  buffer_.commit(static_cast<std::size_t>(got));
  return true;
}

void Connection::finish(Outcome outcome) {
  const auto duration = steady_clock::now() - arrived_;
  service_.journal.ended({std::exchange(request_, 0), reply_.status, outcome, bytes_sent_,
                          std::chrono::duration_cast<milliseconds>(duration)});
  if (outcome == Outcome::kClientGone && !reply_.generation_id.empty())
    service_.router.cancelled(reply_.generation_id);
  const bool keep_alive = reply_.keep_alive;
  reply_ = Reply{};
  reply_.keep_alive = keep_alive;
  step_.reset();
}

void Connection::client_gone() {
  finish(Outcome::kClientGone);
  timer_.cancel();
  close(false);
}

/// Sends FIN and reads on until the client's: a close with unread bytes would reset what was just
/// sent.
void Connection::drain() {
  Code ignored;
  if (drained_ == 0) {
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    timer_.expires_after(kDrainTime);
    timer_.async_wait([self = shared_from_this()](Code error) {
      if (!error) self->close(false);
    });
  }
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(kPipelinedMax),
                          [self = shared_from_this()](Code error, std::size_t size) {
                            self->drained_ += size;
                            if (!error && self->drained_ < kDrainMax) return self->drain();
                            self->timer_.cancel();
                            self->close(false);
                          });
}

void Connection::close(bool reset) {
  Code ignored;
  if (reset)
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  else
    socket_.shutdown(tcp::socket::shutdown_both, ignored);  // also when a child has a copy of it
  socket_.close(ignored);
}

}  // namespace prx::sim
