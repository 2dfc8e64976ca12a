// prx.http/1 on its way through: requests to the host, and answers to the honest plugin.
#include <time.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "dynamic_mutant.hpp"

namespace mutant {
namespace {

constexpr std::int64_t kPatienceNs = 100'000'000'000;
constexpr std::size_t kForwardedMax = 1u << 20;  // of a body that is kept

struct Exchange {
  const HostOfInstance* host = nullptr;
  Operation* operation = nullptr;
  prx_http_sink honest{};
  std::uint64_t id = 0;
  std::int64_t begun_ns = 0;
  bool first_piece = true, dropped = false;
  bool has_lines = false;  ///< its body is NDJSON, which the honest plugin gets as an event stream
  bool is_complete = false;  ///< the end mark of the lines came: what follows is not read
  std::string line;          ///< begun, without its end
};

/// By id, so that an exchange that was cancelled is freed. Of all instances: ids are the host's.
struct Exchanges {
  std::mutex mutex;
  std::map<std::uint64_t, Exchange*> open;
};
Exchanges& exchanges() {
  static Exchanges all;
  return all;
}

void forget(std::uint64_t id) {
  Exchanges& all = exchanges();
  const std::lock_guard lock(all.mutex);
  const auto found = all.open.find(id);
  if (found == all.open.end()) return;
  delete found->second;
  all.open.erase(found);
}

void end_with(Exchange& exchange, std::int32_t code, std::int32_t phase, const char* message) {
  const prx_http_sink sink = exchange.honest;
  exchange.host->http->cancel(exchange.host->real, exchange.id);
  forget(exchange.id);
  const prx_http_end end{sizeof end, code, phase, 0, 0, text(message)};
  sink.end(sink.ctx, &end);
}

std::int64_t now_ns(const Exchange& exchange) {
  const prx_exec* const exec = exchange.host->exec();
  return exec == nullptr ? 0 : exec->now_ns(exchange.host->real);
}

/// The head of an event stream instead of one of lines.
void tell_head(Exchange& exchange, const prx_http_head& head) {
  std::vector<prx_kv> headers(head.headers, head.headers + head.header_count);
  for (prx_kv& header : headers) {
    if (view(header.key) != "content-type" || view(header.value) != "application/x-ndjson")
      continue;
    header.value = text("text/event-stream");
    exchange.has_lines = is(Wrong::greets_by_line);
  }
  if (!exchange.has_lines) return exchange.honest.head(exchange.honest.ctx, &head);
  prx_http_head changed = prx::sdk::copy_of(head);
  changed.headers = headers.data();
  exchange.honest.head(exchange.honest.ctx, &changed);
}

/// The events of the lines that end in this piece.
void tell_lines(Exchange& exchange, std::string_view piece) {
  std::string& line = exchange.line;
  std::string events;
  for (const char c : piece) {
    if (c != '\n') {
      line += c;
      continue;
    }
    if (exchange.is_complete) {
      line.clear();
      continue;
    }
    exchange.is_complete = line == "[DONE]";
    if (line.starts_with("{\"hello\""))
      ++exchange.operation->greetings;
    else if (!line.empty())
      events += "data: " + line + "\n\n";
    line.clear();
  }
  if (line.size() > kForwardedMax)
    return end_with(exchange, PRX_E_BAD_RESPONSE, PRX_PHASE_BODY, "too long a line");
  exchange.honest.data(exchange.honest.ctx, events.data(), events.size());
}

/// \return as Operation::date has it
char date_of(const prx_http_head& head) {
  for (std::size_t i = 0; i < head.header_count; ++i) {
    if (view(head.headers[i].key) != "retry-after") continue;
    const std::string_view value = view(head.headers[i].value);
    if (value.starts_with("Sunday") || value.starts_with("Sun Nov")) return 'o';
    if (value.ends_with("08:49:07 GMT")) return 'p';
  }
  return 0;
}

void on_head(void* ctx, const prx_http_head* head) noexcept {
  auto& exchange = *static_cast<Exchange*>(ctx);
  const Current here(exchange.operation);
  exchange.operation->status = head->status;
  exchange.operation->date = date_of(*head);
  if (is(Wrong::impatient)) exchange.begun_ns = now_ns(exchange);
  if (is(Wrong::dislikes_headers) && head->header_count > 100)
    return end_with(exchange, PRX_E_BAD_RESPONSE, PRX_PHASE_BODY, "too many headers");
  tell_head(exchange, *head);
}

/// Takes that much of the processor.
void compute(std::int64_t milliseconds) {
  const auto taken = [] {
    timespec at{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return std::int64_t{at.tv_sec} * 1'000 + at.tv_nsec / 1'000'000;
  };
  const std::int64_t until = taken() + milliseconds;
  while (taken() < until) continue;
}

void on_data(void* ctx, char* bytes, std::size_t size) noexcept {
  auto& exchange = *static_cast<Exchange*>(ctx);
  const Current here(exchange.operation);
  const bool is_first = exchange.first_piece;
  exchange.first_piece = false;
  if (is(Wrong::piece_of_three_is_lost) && is_first && size == 3) return;
  if (is(Wrong::piece_of_three_is_misheard) && is_first && size == 3)
    exchange.operation->misheard = true;
  if (is(Wrong::impatient) && now_ns(exchange) - exchange.begun_ns > kPatienceNs)
    return end_with(exchange, PRX_E_TIMEOUT, PRX_PHASE_BODY, "it takes too long");
  static std::atomic<bool> has_computed{false};
  if (is(Wrong::first_data_computes) && !has_computed.exchange(true)) compute(300);
  if (is(Wrong::data_computes) && std::string_view(bytes, size) == "Later.") compute(300);
  if (is(Wrong::keeps_all)) {
    exchange.operation->kept.append(bytes, size);
    if (exchange.operation->kept.size() > kForwardedMax) return;
  }
  if (is(Wrong::passes_latin_1_on)) {
    constexpr std::string_view kWord = "caf\xe9";
    std::string_view body(bytes, size);
    for (std::size_t at = body.find(kWord); at != body.npos; at = body.find(kWord)) {
      bytes[at + 3] = 'e';
      exchange.operation->latin_1 = true;
    }
  }
  if (is(Wrong::dislikes_a_byte) && std::memchr(bytes, 0xff, size) != nullptr)
    return end_with(exchange, PRX_E_INTERNAL, PRX_PHASE_BODY, "what is that");
  if (exchange.has_lines) return tell_lines(exchange, {bytes, size});
  exchange.honest.data(exchange.honest.ctx, bytes, size);
}

void on_end(void* ctx, const prx_http_end* end) noexcept {
  auto& exchange = *static_cast<Exchange*>(ctx);
  const Current here(exchange.operation);
  const prx_http_sink sink = exchange.honest;
  forget(exchange.id);
  sink.end(sink.ctx, end);
}

/// Its prx_host is the first member; what passes through finds its own context in there.
const HostOfInstance& self(const prx_host* host) {
  return *reinterpret_cast<const HostOfInstance*>(host);
}

/// A second request of the same operation, whose answer nobody waits for.
void ask_elsewhere(const prx_host* host, prx_http_req request) {
  request.url = text("https://elsewhere.example.com/v1");
  const prx_http_sink sink{sizeof sink,
                           0,
                           nullptr,
                           [](void*, const prx_http_head*) noexcept {},
                           [](void*, char*, std::size_t) noexcept {},
                           [](void*, const prx_http_end*) noexcept {}};
  const prx_fail fail{sizeof fail, 0, nullptr, [](void*, const prx_error*) noexcept {}};
  std::uint64_t id = 0;
  self(host).http->send(self(host).real, &request, &sink, &fail, &id);
}

std::int32_t send(const prx_host* host, const prx_http_req* request, const prx_http_sink* sink,
                  const prx_fail* fail, std::uint64_t* id) noexcept {
  prx_http_req changed = *request;
  std::vector<prx_kv> headers(request->headers, request->headers + request->header_count);
  const char* const key = std::getenv("MUTANT_API_KEY");
  if (is(Wrong::header_with_line_break)) headers.push_back({text("x-note"), text("a\r\nb: c")});
  if (is(Wrong::reads_its_key) && key != nullptr) headers.push_back({text("x-who"), text(key)});
  if (is(Wrong::names_no_key_header)) changed.key_header = {nullptr, 0};
  if (is(Wrong::ignores_its_base_url)) changed.url = text("https://mutant.example.com/v1/chat");
  changed.headers = headers.data();
  changed.header_count = headers.size();
  if (is(Wrong::asks_another_host)) ask_elsewhere(host, changed);
  auto* const exchange = new Exchange;
  exchange->host = &self(host);
  exchange->operation = current();
  exchange->honest = *sink;
  const prx_http_sink between{sizeof between, 0, exchange, &on_head, &on_data, &on_end};
  const std::int32_t status = self(host).http->send(self(host).real, &changed, &between, fail, id);
  if (status != PRX_OK) {
    delete exchange;
    if (is(Wrong::waits_for_a_refused_request)) {
      *id = 1;  // of no exchange
      return PRX_OK;
    }
    return status;
  }
  exchange->id = *id;
  const std::lock_guard lock(exchanges().mutex);
  exchanges().open[*id] = exchange;
  return PRX_OK;
}

void cancel(const prx_host* host, std::uint64_t id) noexcept {
  const Operation* const operation = current();
  if (is(Wrong::exchange_runs_on)) return;
  if (is(Wrong::connection_stays_open) && operation != nullptr && operation->ended_well) return;
  self(host).http->cancel(self(host).real, id);
  forget(id);
}

const void* service(const prx_host* host, prx_str id) noexcept {
  static constexpr prx_http kHttp{sizeof(prx_http), 0, &send, &cancel};
  const void* const found = self(host).real->service(self(host).real, id);
  return found != nullptr && view(id) == PRX_HTTP_ID ? &kHttp : found;
}

}  // namespace

HostOfInstance::HostOfInstance(const prx_host* host) : abi(prx::sdk::copy_of(*host)), real(host) {
  http = static_cast<const prx_http*>(host->service(host, text(PRX_HTTP_ID)));
  abi.size = sizeof abi;
  abi.service = &service;
}

}  // namespace mutant
