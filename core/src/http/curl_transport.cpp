#include "http/curl_transport.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <unordered_map>
#include <utility>
#include <vector>

#include "http/curl_driver.hpp"
#include "http/curl_errors.hpp"
#include "http/curl_exchange.hpp"

namespace prx::http {

namespace {

constexpr unsigned kMultiplexSince = 0x081200;        // 8.18.0, the first tested clean
constexpr std::uint32_t kStreamsPerConnection = 500;  // nghttp2 allows 1,000 resets at once
constexpr std::size_t kIdleExchangesMax = 64;         // about 20 KB each
constexpr const char* kCaDirectory = "/etc/ssl/certs";

struct CurlGlobal {
  ~CurlGlobal() {
    if (code == CURLE_OK) curl_global_cleanup();
  }
  CurlGlobal() = default;
  CurlGlobal(const CurlGlobal&) = delete;
  CurlGlobal& operator=(const CurlGlobal&) = delete;
  const CURLcode code =
      curl_global_init(CURL_GLOBAL_DEFAULT);  // counted and thread-safe since 7.84
};

ExchangeContext make_context(AsioLoop& loop, CurlDriver& driver, const Proxies& proxies,
                             const HttpPolicy& policy, const TransportOptions& options) {
  ExchangeContext context{loop, driver, proxies};
  context.user_agent = options.user_agent;
  context.user_agent_line = "User-Agent: " + options.user_agent;
  context.ca_file = options.ca_file;
  context.ca_pem = options.ca_pem;
  const bool directory = options.ca_use == CaUse::kOneShot && !options.ca_file && !options.ca_pem;
  if (directory && ::access(kCaDirectory, R_OK | X_OK) == 0) context.ca_directory = kCaDirectory;
  context.h2_auto = policy.h2;
  context.multiplex = policy.multiplex;
  context.h2_streams_max = policy.streams_max;
  context.headers_max = options.headers_max;
  context.head_bytes_max = options.head_bytes_max;
  context.error_body_time = options.error_body_time;
  return context;
}

std::string resolve_entry(const std::string& peer, const Addresses& addresses) {
  std::string entry = peer + ":";
  for (std::size_t i = 0; i < addresses.list.size(); ++i) {
    const std::string& address = addresses.list[i];
    const bool bracket = address.find(':') != std::string::npos;
    entry += i == 0 ? "" : ",";
    entry += bracket ? "[" + address + "]" : address;
  }
  return entry;
}

}  // namespace

HttpPolicy http_policy(unsigned curl_version) {
  HttpPolicy policy;
  policy.multiplex = curl_version >= kMultiplexSince;
  policy.streams_max = policy.multiplex ? 0 : kStreamsPerConnection;
  return policy;
}

class CurlTransport::Impl final : private CurlDriver::Listener {
 public:
  Impl(AsioLoop& loop, Workers& workers, CurlDriver::Parts parts, TransportOptions options);
  ~Impl();

  ExchangeId send(Request request, Handler& handler);
  void cancel(ExchangeId id);
  void pause(ExchangeId id);
  void resume(ExchangeId id);
  void set_idle(ExchangeId id, std::optional<std::chrono::milliseconds> limit);
  [[nodiscard]] TransportStats stats() const { return {sent_, context_.connections, active_}; }

 private:
  struct Life {
    Impl* impl;  // null once destroyed
  };

  void on_done(CurlDriver::Handle& handle, CURLcode code) override;
  void on_quiet() override;

  CurlExchange& take_exchange();
  CurlExchange* find(ExchangeId id);
  void schedule();
  void drain();
  void begin(CurlExchange& exchange);
  void ask(CurlExchange& exchange);
  void launch(CurlExchange& exchange, const Addresses* addresses);
  void expire(CurlExchange& exchange);
  void withdraw(CurlExchange& exchange);
  void finish(CurlExchange& exchange, std::optional<Error> error);
  void release(CurlExchange& exchange);
  void remember_addresses(const CurlExchange& exchange);
  void trim();

  const CurlGlobal global_;
  AsioLoop& loop_;
  const HttpPolicy policy_;
  const Proxies proxies_;
  const std::size_t pool_max_;
  const std::size_t known_max_;
  CurlDriver driver_;
  ExchangeContext context_;
  std::vector<std::unique_ptr<CurlExchange>> exchanges_;
  std::vector<std::uint32_t> generations_;
  std::vector<std::uint32_t> free_;    // with a handle
  std::vector<std::uint32_t> vacant_;  // without
  std::vector<ExchangeId> starting_;
  std::vector<ExchangeId> resuming_;
  std::vector<CurlExchange*> leaving_;                              // cancelled inside libcurl
  std::unordered_map<std::string, std::uint64_t> known_addresses_;  // by libcurl
  Resolver resolver_;
  std::shared_ptr<Life> life_;  // shared with posted tasks
  bool scheduled_ = false;
  std::size_t pool_size_;
  std::size_t active_ = 0;
  std::uint64_t sent_ = 0;
};

CurlTransport::Impl::Impl(AsioLoop& loop, Workers& workers, CurlDriver::Parts parts,
                          TransportOptions options)
    : loop_(loop),
      policy_(
          options.policy.value_or(http_policy(curl_version_info(CURLVERSION_NOW)->version_num))),
      proxies_(options.proxies ? *options.proxies : Proxies(options.environment)),
      pool_max_(options.pool_max),
      known_max_(options.resolver.entries_max),
      driver_(loop, *this, std::move(parts), policy_.multiplex),
      context_(make_context(loop, driver_, proxies_, policy_, options)),
      resolver_(loop, workers, std::move(options.resolver)),
      life_(std::make_shared<Life>(Life{this})),
      pool_size_(pool_max_) {
  driver_.pool_max(pool_size_);
}

CurlTransport::Impl::~Impl() {
  life_->impl = nullptr;
  for (const auto& exchange : exchanges_) {
    if (exchange == nullptr || exchange->stage == CurlExchange::Stage::kFree) continue;
    const bool in_libcurl = exchange->stage == CurlExchange::Stage::kRunning ||
                            exchange->stage == CurlExchange::Stage::kLeaving;
    exchange->detach();
    if (in_libcurl) driver_.remove(exchange->easy);
  }
}

ExchangeId CurlTransport::Impl::send(Request request, Handler& handler) {
  CurlExchange& exchange = take_exchange();
  exchange.open(std::move(request), handler);
  ++sent_;
  ++active_;
  starting_.push_back(exchange.id());
  schedule();
  return exchange.id();
}

void CurlTransport::Impl::cancel(ExchangeId id) {
  CurlExchange* const exchange = find(id);
  if (exchange == nullptr || exchange->stage == CurlExchange::Stage::kLeaving) return;
  if (exchange->stage == CurlExchange::Stage::kRunning && driver_.busy()) {
    exchange->detach();
    leaving_.push_back(exchange);
    return;
  }
  withdraw(*exchange);
  release(*exchange);
}

void CurlTransport::Impl::pause(ExchangeId id) {
  if (CurlExchange* const exchange = find(id)) exchange->clock.pause();
}

void CurlTransport::Impl::resume(ExchangeId id) {
  CurlExchange* const exchange = find(id);
  if (exchange == nullptr || exchange->stage == CurlExchange::Stage::kLeaving) return;
  exchange->clock.resume();
  if (!exchange->held) return;
  resuming_.push_back(id);
  schedule();
}

void CurlTransport::Impl::set_idle(ExchangeId id, std::optional<std::chrono::milliseconds> limit) {
  CurlExchange* const exchange = find(id);
  if (exchange == nullptr || exchange->stage == CurlExchange::Stage::kLeaving) return;
  exchange->clock.set_idle(limit);
}

CurlExchange& CurlTransport::Impl::take_exchange() {
  if (!free_.empty()) {
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return *exchanges_[index];
  }
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<std::uint32_t>(exchanges_.size()));
    exchanges_.emplace_back();
    generations_.push_back(0);
  }
  const std::uint32_t index = vacant_.back();
  vacant_.pop_back();
  exchanges_[index] = std::make_unique<CurlExchange>(context_, index,
                                                     [this, index] { expire(*exchanges_[index]); });
  exchanges_[index]->generation = generations_[index];
  return *exchanges_[index];
}

CurlExchange* CurlTransport::Impl::find(ExchangeId id) {
  const std::uint64_t index = (id & 0xffff'ffffu) - 1;
  if (index >= exchanges_.size() || exchanges_[index] == nullptr) return nullptr;
  CurlExchange& exchange = *exchanges_[index];
  return exchange.id() == id && exchange.stage != CurlExchange::Stage::kFree ? &exchange : nullptr;
}

void CurlTransport::Impl::schedule() {
  if (std::exchange(scheduled_, true)) return;
  loop_.post([life = life_] {
    if (life->impl != nullptr) life->impl->drain();
  });
}

void CurlTransport::Impl::drain() {
  scheduled_ = false;
  for (const ExchangeId id : std::exchange(starting_, {}))
    if (CurlExchange* const exchange = find(id)) begin(*exchange);
  for (const ExchangeId id : std::exchange(resuming_, {})) {
    CurlExchange* const exchange = find(id);
    if (exchange == nullptr || exchange->clock.paused()) continue;
    if (std::exchange(exchange->held, false)) driver_.unpause(exchange->easy);
  }
  driver_.run_due();
  trim();
}

void CurlTransport::Impl::begin(CurlExchange& exchange) {
  if (auto checked = exchange.check(); !checked) return finish(exchange, checked.error());
  const TargetUrl& target = exchange.target();
  if (target.peer_is_local) return launch(exchange, nullptr);
  if (const Addresses* const addresses = resolver_.find(target.peer_host, target.peer_port))
    return launch(exchange, addresses);
  ask(exchange);
}

void CurlTransport::Impl::ask(CurlExchange& exchange) {
  exchange.stage = CurlExchange::Stage::kResolving;
  const TargetUrl& target = exchange.target();
  exchange.ticket =
      resolver_.ask(target.peer_host, target.peer_port,
                    [this, id = exchange.id()](const Result<Addresses>& found) {
                      CurlExchange* const asker = find(id);
                      if (asker == nullptr) return;
                      if (!found)
                        return finish(*asker, resolve_error(found.error(), asker->target().proxy));
                      launch(*asker, &*found);
                      schedule();
                    });
}

void CurlTransport::Impl::launch(CurlExchange& exchange, const Addresses* addresses) {
  std::string resolve;
  if (addresses != nullptr) {
    const TargetUrl& target = exchange.target();
    const auto known = known_addresses_.find(target.peer);
    if (known == known_addresses_.end() || known->second != addresses->version) {
      resolve = resolve_entry(target.peer, *addresses);
      exchange.addresses_version = addresses->version;
    }
  }
  exchange.prepare(std::move(resolve));
  exchange.stage = CurlExchange::Stage::kRunning;
  if (active_ > pool_size_) driver_.pool_max(pool_size_ = 2 * active_);
  if (driver_.add(exchange.easy)) return;
  exchange.stage = CurlExchange::Stage::kQueued;
  finish(exchange, make_error(ErrorClass::kInternal, Phase::kConnect,
                              "libcurl could not begin the exchange: out of memory"));
}

void CurlTransport::Impl::expire(CurlExchange& exchange) {
  std::optional<Error> error;
  if (!exchange.has_failed_status())
    error = clock_error(exchange.clock.phase(),
                        exchange.clock.limit().value_or(std::chrono::milliseconds(0)),
                        exchange.server(), exchange.proxy());
  withdraw(exchange);
  finish(exchange, std::move(error));
}

// Not inside libcurl.
void CurlTransport::Impl::withdraw(CurlExchange& exchange) {
  if (exchange.stage == CurlExchange::Stage::kResolving) resolver_.cancel(exchange.ticket);
  if (exchange.stage != CurlExchange::Stage::kRunning) return;
  exchange.forbid_reuse();
  driver_.remove(exchange.easy);
}

void CurlTransport::Impl::finish(CurlExchange& exchange, std::optional<Error> error) {
  End end = exchange.end();
  end.error = std::move(error);
  Handler* const handler = exchange.handler;
  release(exchange);
  if (handler != nullptr) handler->on_end(end);
}

void CurlTransport::Impl::release(CurlExchange& exchange) {
  remember_addresses(exchange);
  exchange.close();
  --active_;
  free_.push_back(exchange.index);
  if (free_.size() > kIdleExchangesMax) schedule();
}

void CurlTransport::Impl::remember_addresses(const CurlExchange& exchange) {
  if (exchange.addresses_version == 0 || !exchange.pool_taught) return;
  if (known_addresses_.size() >= known_max_) known_addresses_.clear();  // libcurl is told again
  known_addresses_[exchange.target().peer] = exchange.addresses_version;
}

void CurlTransport::Impl::trim() {
  while (free_.size() > kIdleExchangesMax) {
    const std::uint32_t index = free_.back();
    free_.pop_back();
    generations_[index] = exchanges_[index]->generation;
    exchanges_[index].reset();
    vacant_.push_back(index);
  }
}

void CurlTransport::Impl::on_quiet() {
  for (CurlExchange* const exchange : std::exchange(leaving_, {})) {
    driver_.remove(exchange->easy);
    release(*exchange);
  }
}

void CurlTransport::Impl::on_done(CurlDriver::Handle& handle, CURLcode code) {
  auto& exchange = static_cast<CurlExchange&>(handle);
  std::optional<Error> error;
  if (exchange.is_cut(code)) error = exchange.error_of(code);
  driver_.remove(exchange.easy);
  finish(exchange, std::move(error));
}

CurlTransport::CurlTransport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<CurlTransport>> CurlTransport::open(AsioLoop& loop, Workers& workers,
                                                           TransportOptions options) {
  const CurlGlobal global;
  if (global.code != CURLE_OK)
    return fail(ErrorClass::kInternal,
                std::string("libcurl could not be set up: ") + curl_easy_strerror(global.code));
  PRX_TRY_SET(auto parts, CurlDriver::make_parts(loop));
  auto impl = std::make_unique<Impl>(loop, workers, std::move(parts), std::move(options));
  return std::unique_ptr<CurlTransport>(new CurlTransport(std::move(impl)));
}

CurlTransport::~CurlTransport() = default;

ExchangeId CurlTransport::send(Request request, Handler& handler) {
  return impl_->send(std::move(request), handler);
}

void CurlTransport::cancel(ExchangeId id) { impl_->cancel(id); }
void CurlTransport::pause(ExchangeId id) { impl_->pause(id); }
void CurlTransport::resume(ExchangeId id) { impl_->resume(id); }
void CurlTransport::set_idle(ExchangeId id, std::optional<std::chrono::milliseconds> limit) {
  impl_->set_idle(id, limit);
}
TransportStats CurlTransport::stats() const { return impl_->stats(); }

}  // namespace prx::http
