#include "gateway/access/gate.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "gateway/access/asked_names.hpp"
#include "gateway/listener.hpp"

namespace prx::gateway {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kShownMax = 128;  // bytes of a name in a message
constexpr auto kCallsWait = 1s;         // where calls have to end first: nobody knows when

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// "[::1]:80" -> "[::1]"
std::string without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != host.npos && host.find(']', colon) == host.npos;
  return lower(has_port ? host.substr(0, colon) : host);
}

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), bytes) == 1;
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1;
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Unexpected<Error> refuse(ErrorClass error_class, int status, std::string message,
                         std::string code) {
  Error error;
  error.error_class = error_class;
  error.http_status = status;
  error.message = std::move(message);
  error.provider_code = std::move(code);
  return Unexpected(std::move(error));
}

/// What the client sent as its key; "": nothing.
std::string_view sent_key(const HttpRequest& request) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view text = request.header("authorization");
  if (lower(text.substr(0, kBearer.size())) == kBearer) {
    const std::size_t begin = text.find_first_not_of(' ', kBearer.size());
    return begin == text.npos ? std::string_view() : text.substr(begin);
  }
  return request.header("x-api-key");
}

Unexpected<Error> refuse_limit(const Limit& limit, const AccessKey& key, Dialect dialect) {
  const auto wait = [](std::chrono::nanoseconds time) {
    return std::max<Milliseconds>(std::chrono::ceil<Milliseconds>(time), 1ms);
  };
  Unexpected<Error> out = [&] {
    switch (limit.which) {
      case Limit::Which::kBudget:
        return refuse(ErrorClass::kCredit, dialect == Dialect::kOpenRouter ? 402 : 429,
                      "the budget of key '" + key.name() +
                          "' is spent; ask who runs this server for a larger one",
                      "insufficient_quota");
      case Limit::Which::kCalls:
        return refuse(ErrorClass::kRateLimit, 429,
                      "key '" + key.name() + "' has as many calls under way as it may (" +
                          std::to_string(key.config().calls_max.value_or(0)) +
                          "); wait for one to end",
                      "rate_limit_exceeded");
      case Limit::Which::kRate:
        break;
    }
    return refuse(ErrorClass::kRateLimit, 429,
                  "key '" + key.name() + "' may ask " +
                      std::to_string(key.config().requests_per_minute.value_or(0)) +
                      " times a minute; try again later",
                  "rate_limit_exceeded");
  }();
  if (limit.which == Limit::Which::kCalls)
    out.error().retry_after = kCallsWait;
  else if (limit.wait)
    out.error().retry_after = wait(*limit.wait);
  return out;
}

/// Whether the key may have what is asked for.
Result<void> check_models(const AccessKey& key, const HttpRequest& request, const Client& client) {
  PRX_TRY_SET(auto names, asked_names(request));
  if (names.empty()) names.push_back("chain:" + client.config()->chain);
  for (const std::string& name : names)
    if (!key.allows(name))
      return refuse(ErrorClass::kPermission, 403,
                    "key '" + key.name() + "' may not ask for '" + name.substr(0, kShownMax) +
                        "'; GET /models lists what it may",
                    "model_not_allowed");
  return {};
}

class AdmittedExchange final : public Exchange {
 public:
  AdmittedExchange(std::unique_ptr<Exchange> exchange, Admission admission)
      : admission_(std::move(admission)), exchange_(std::move(exchange)) {}
  void hold_back(bool on) override { exchange_->hold_back(on); }

 private:
  const Admission admission_;  // first: it ends after what it let in
  const std::unique_ptr<Exchange> exchange_;
};

}  // namespace

Gate::Gate(const ServeConfig& config, bool loopback)
    : loopback_(loopback),
      hosts_(config.allowed_hosts),
      origins_(config.allowed_origins),
      ring_(std::make_shared<const KeyRing>(config.keys, nullptr)) {}

/// See core/docs/decisions/0029-who-may-name-the-gateway.md.
bool Gate::names_us(std::string_view host) const {
  if (is_loopback_host(host)) return true;
  if (!loopback_ && hosts_.empty()) return true;
  const std::string name = without_port(host);
  return is_among(hosts_, name) || (!loopback_ && is_address(name));
}

bool Gate::is_own_page(const HttpRequest& request, std::string_view origin) const {
  if (is_among(origins_, lower(origin))) return true;
  const std::size_t slashes = origin.find("://");
  if (slashes == std::string_view::npos) return false;
  const std::string_view authority = origin.substr(slashes + 3);
  if (loopback_ && is_loopback_host(authority)) return true;
  return is_among(hosts_, without_port(authority)) ||
         (!authority.empty() && lower(authority) == lower(request.header("host")));
}

const char* Gate::why_foreign(const HttpRequest& request) const {
  const std::string_view host = request.header("host");
  if (!(request.version == 10 && host.empty()) && !names_us(host))
    return loopback_ ? "this server is for this machine: ask it as 127.0.0.1 or localhost, or add "
                       "the host to [serve] allowed_hosts"
                     : "this server has another name: ask it by its own, or add the host to "
                       "[serve] allowed_hosts";
  if (request.count("origin") == 0) return nullptr;
  if (is_own_page(request, request.header("origin"))) return nullptr;
  return "this server answers no page of another origin: ask it from a program, or add the origin "
         "to [serve] allowed_origins";
}

bool Gate::answer_origin(const HttpRequest& request, Responder& responder) const {
  if (origins_.empty()) return false;
  responder.header("Vary", "Origin");
  const std::string_view origin = request.header("origin");
  if (!is_among(origins_, lower(origin))) return false;
  responder.header("Access-Control-Allow-Origin", std::string(origin));
  const std::string_view method = request.header("access-control-request-method");
  if (request.method != "OPTIONS" || method.empty()) {
    responder.header("Access-Control-Expose-Headers",
                     "X-Generation-Id, x-prx-target, x-prx-attempts, x-prx-cost, x-request-id, "
                     "Retry-After, retry-after-ms");
    return false;
  }
  ResponseHead head{204, ""};
  head.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST");
  const std::string_view headers = request.header("access-control-request-headers");
  if (!headers.empty()) head.headers.emplace_back("Access-Control-Allow-Headers", headers);
  head.headers.emplace_back("Access-Control-Max-Age", "600");
  responder.send(head, "");
  return true;
}

Result<Admission> Gate::admit(HttpRequest& request, Dialect dialect, const Client& client,
                              MonotonicTime now) const {
  if (!ring_->asks()) return Admission();
  const std::string_view sent = sent_key(request);
  const auto key = request.key = ring_->find(sent);
  if (!key)
    return refuse(ErrorClass::kAuth, 401,
                  sent.empty() ? "this server needs a key; send it as Authorization: Bearer KEY"
                               : "this server does not know the key that was sent; use one that it "
                                 "was given as [serve.keys.NAME]",
                  "invalid_api_key");
  const bool spends = request.method == "POST";
  if (spends && key->config().models) PRX_TRY(check_models(*key, request, client));
  if (const auto limit = key->enter(now, std::chrono::system_clock::now(), spends))
    return refuse_limit(*limit, *key, dialect);
  return Admission(key);
}

void send_refusal(const Error& error, Dialect dialect, Responder& responder) {
  if (error.http_status == 401) responder.header("WWW-Authenticate", "Bearer realm=\"prx\"");
  send_error(error, dialect, responder);
}

std::unique_ptr<Exchange> admitted(std::unique_ptr<Exchange> exchange, Admission admission) {
  if (!exchange || !admission.key()) return exchange;
  return std::make_unique<AdmittedExchange>(std::move(exchange), std::move(admission));
}

}  // namespace prx::gateway
