#include "gateway/front.hpp"

#include <array>
#include <utility>

#include "client/client_loop.hpp"
#include "gateway/access/key_body.hpp"
#include "gateway/asked/asked_exchange.hpp"
#include "gateway/chat/chat_exchange.hpp"
#include "gateway/endpoint/endpoint_exchange.hpp"
#include "gateway/listener.hpp"
#include "gateway/page/page.hpp"
#include "gateway/watch/metrics_text.hpp"
#include "gateway/watch/status_body.hpp"

namespace prx::gateway {

namespace {

Error refusal(ErrorClass error_class, int status, std::string message, std::string code = {}) {
  Error error;
  error.error_class = error_class;
  error.http_status = status;
  error.message = std::move(message);
  error.provider_code = std::move(code);
  return error;
}

/// "/api/v1/models" -> "/models"; "" when the path is below neither version.
std::string_view below_version(std::string_view path) {
  for (const std::string_view base : {"/v1", "/api/v1"})
    if (path.starts_with(base) && path.substr(base.size()).starts_with('/'))
      return path.substr(base.size());
  return {};
}

/// Who keeps a server alive has no key; the page holds nothing, and asks for one itself.
bool is_open(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/";
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Ids have slashes and colons, which some clients escape. What is no escape stays as it is.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (text[i] != '%' || low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

struct Front::Endpoint {
  std::string_view path;    ///< below the version, or the whole one of those that have none
  std::string_view method;  ///< the one that it takes; GET: HEAD too
  std::unique_ptr<Exchange> (*answer)(Front& front, HttpRequest&& request, Responder& responder);
  bool versioned = true;
  bool has_id = false;  ///< what stands behind the path is an id
};

const Front::Endpoint* Front::find(std::string_view path) {
  using Request = HttpRequest;
  constexpr auto post_on = [](Front& front, Request&& request, Responder& responder) {
    const Dialect dialect = dialect_of(request.path);
    std::string below(below_version(request.path));
    return begin_endpoint(front.client_, std::move(below), std::move(request), dialect, responder);
  };
  constexpr auto find_one = [](Front& front, Request&& request, Responder& responder) {
    const std::string_view below = below_version(request.path);
    const std::string id = unescaped(below.substr(below.find('/', 1) + 1));
    return front.ask(find_model(id, request.key, dialect_of(request.path)), request, responder);
  };
  static constexpr std::array<Endpoint, 12> kEndpoints{{
      {"/chat/completions", "POST",
       [](Front& front, Request&& request, Responder& responder) {
         const Dialect dialect = dialect_of(request.path);
         return begin_chat(front.client_, front.watch_, std::move(request), dialect, responder);
       }},
      {"/completions", "POST", post_on},
      {"/embeddings", "POST", post_on},
      {"/models", "GET",
       [](Front& front, Request&& request, Responder& responder) {
         return front.ask(find_models(request.key), request, responder);
       }},
      {"/models/", "GET", find_one, true, true},
      {"/model/", "GET", find_one, true, true},  // OpenRouter's newer name of it
      {"/key", "GET",
       [](Front& front, Request&& request, Responder& responder) {
         if (!request.key) return front.ask(find_key(), request, responder);
         const auto now = std::chrono::system_clock::now();
         responder.send({200, "application/json"}, key_body(*request.key, now));
         return std::unique_ptr<Exchange>();
       }},
      {"/metrics", "GET",
       [](Front& front, Request&&, Responder& responder) { return front.metrics(responder); },
       false},
      {"/status", "GET",
       [](Front& front, Request&&, Responder& responder) { return front.status(responder); },
       false},
      {"/", "GET",
       [](Front&, Request&&, Responder& responder) {
         send_page(responder);
         return std::unique_ptr<Exchange>();
       },
       false},
      {"/healthz", "GET",
       [](Front&, Request&&, Responder& responder) {
         responder.send({200, "application/json"}, R"({"status":"ok"})");
         return std::unique_ptr<Exchange>();
       },
       false},
      {"/readyz", "GET",
       [](Front& front, Request&&, Responder& responder) {
         if (front.draining_)
           responder.send({503, "application/json", {{"Retry-After", "1"}}},
                          R"({"status":"draining"})");
         else
           responder.send({200, "application/json"}, R"({"status":"ready"})");
         return std::unique_ptr<Exchange>();
       },
       false},
  }};
  const std::string_view below = below_version(path);
  for (const Endpoint& endpoint : kEndpoints) {
    const std::string_view asked = endpoint.versioned ? below : path;
    const bool found = endpoint.has_id
                           ? asked.starts_with(endpoint.path) && asked.size() > endpoint.path.size()
                           : asked == endpoint.path;
    if (found) return &endpoint;
  }
  return nullptr;
}

std::unique_ptr<Exchange> Front::ask(Find find, const HttpRequest& request, Responder& responder) {
  return begin_asked(asked_.client, ClientLoop::of(client_), asked_.asker, std::move(find),
                     dialect_of(request.path), responder);
}

std::unique_ptr<Exchange> Front::metrics(Responder& responder) {
  return begin_report(asked_.reporters, ClientLoop::of(client_), responder, kMetricsType,
                      metrics_text);
}

std::unique_ptr<Exchange> Front::status(Responder& responder) {
  return begin_report(asked_.reporters, ClientLoop::of(client_), responder, "application/json",
                      [this](const LoopReports& loops) {
                        return status_body({std::chrono::system_clock::now(), started_, draining_,
                                            client_.config(), client_.plugins()},
                                           loops);
                      });
}

std::unique_ptr<Exchange> Front::answer(HttpRequest&& request, Responder& responder) {
  const Dialect dialect = dialect_of(request.path);
  if (const char* const why = gate_.why_foreign(request)) {
    send_error(refusal(ErrorClass::kPermission, 403, why), dialect, responder);
    return nullptr;
  }
  if (gate_.answer_origin(request, responder)) return nullptr;
  if (is_open(request.path)) return let_in(std::move(request), responder);
  auto admission = gate_.admit(request, dialect, client_, ClientLoop::of(client_).now());
  if (request.notes && request.key) request.notes->key = request.key->name();
  if (!admission) {
    send_refusal(admission.error(), dialect, responder);
    return nullptr;
  }
  return admitted(let_in(std::move(request), responder), std::move(*admission));
}

std::unique_ptr<Exchange> Front::let_in(HttpRequest&& request, Responder& responder) {
  const Dialect dialect = dialect_of(request.path);
  const Endpoint* const endpoint = find(request.path);
  if (endpoint == nullptr) {
    send_error(refusal(ErrorClass::kNotFound, 404,
                       "there is no " + request.method + ' ' + request.path +
                           " here; chats are POST /v1/chat/completions, models GET /v1/models",
                       "unknown_url"),
               dialect, responder);
    return nullptr;
  }
  const bool is_get = endpoint->method == "GET" && request.method == "HEAD";
  if (request.method != endpoint->method && !is_get) {
    ErrorAnswer answer =
        error_answer(refusal(ErrorClass::kInvalidRequest, 405,
                             request.path + " takes " + std::string(endpoint->method) + " alone",
                             "method_not_allowed"),
                     dialect);
    answer.headers.emplace_back("Allow", endpoint->method == "GET" ? "GET, HEAD" : "POST");
    responder.send({answer.status, "application/json", std::move(answer.headers)}, answer.body);
    return nullptr;
  }
  return endpoint->answer(*this, std::move(request), responder);
}

Dialect dialect_of(std::string_view path) {
  return path.starts_with("/api/") ? Dialect::kOpenRouter : Dialect::kOpenAi;
}

std::string fault_body(int status, std::string_view message, std::string_view path) {
  const ErrorClass error_class = status == 503   ? ErrorClass::kOverloaded
                                 : status == 408 ? ErrorClass::kTimeout
                                                 : ErrorClass::kInvalidRequest;
  return error_envelope(refusal(error_class, status, std::string(message)), dialect_of(path), {});
}

}  // namespace prx::gateway
