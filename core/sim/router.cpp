#include "sim/router.hpp"

#include <strings.h>

#include <optional>
#include <utility>

#include "sim/account.hpp"
#include "sim/chat_reply.hpp"
#include "sim/json_view.hpp"
#include "sim/parameters.hpp"

namespace prx::sim {
namespace {

bool starts_with_bearer(std::string_view text) {
  return text.size() > 7 && strncasecmp(text.data(), "Bearer ", 7) == 0;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return std::string(pair.substr(name.size() + 1));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

bool is_chat(std::string_view path) {
  return path == "/chat/completions" || path == "/completions" || path == "/embeddings";
}

/// The model that a body names, whatever else it asks for; "" when it names none.
std::string named_model(std::string_view body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  return document.HasParseError() ? "" : std::string(text_of(member(&document, "model")));
}

VendorError problem_error(const CallProblem& problem) {
  VendorError error = usual_error(400);
  error.message = problem.message;
  error.parameter = problem.parameter;
  error.code.clear();
  return error;
}

VendorError no_such_path(std::string_view method, std::string_view path) {
  VendorError error = usual_error(404);
  error.message = "Invalid URL (" + std::string(method) + " " + std::string(path) + ")";
  return error;
}

}  // namespace

/// What reply() found out about a request.
struct Router::Request {
  const Incoming& incoming;
  const Dialect& dialect;
  std::string_view path;  ///< after the version, "/chat/completions"
  std::string_view query;
  std::string_view key;
  std::optional<Result<ChatCall, CallProblem>> call;  ///< of POSTs with a model
  Faults faults;

  [[nodiscard]] Reply error(const VendorError& problem) const {
    return make_reply(error_reply(dialect, problem), faults, incoming.keep_alive);
  }
  [[nodiscard]] Reply json(std::string body) const {
    PlainReply plain;
    plain.headers = dialect.headers("", incoming.number);
    plain.body = std::move(body);
    return make_reply(std::move(plain), faults, incoming.keep_alive);
  }
};

std::string_view bearer_key(std::string_view authorization) {
  return starts_with_bearer(authorization) ? authorization.substr(7) : std::string_view();
}

Router::Router(SimulatorOptions options) : options_(std::move(options)), book_(options_.script) {}

Reply Router::unreadable(std::string_view target, int status) const {
  const Dialect& dialect = target.starts_with("/v1/") ? openai() : openrouter();
  return make_reply(error_reply(dialect, usual_error(status)), {}, false);
}

std::optional<VendorError> Router::key_problem(const Request& request) const {
  const bool is_open = request.dialect.is_openrouter() && request.incoming.method == "GET" &&
                       request.path.starts_with("/model");
  if (is_open) return std::nullopt;
  if (request.key.empty()) return request.dialect.no_key();
  if (options_.keys.empty()) return std::nullopt;
  for (const auto& known : options_.keys) {
    if (known.key != request.key) continue;
    switch (known.state) {
      case KeyState::kValid:
        return std::nullopt;
      case KeyState::kInvalid:
        return request.dialect.bad_key();
      case KeyState::kNoCredit:
        return request.dialect.no_credit();
      case KeyState::kRateLimited:
        return usual_error(429);
    }
  }
  return request.dialect.bad_key();
}

Reply Router::reply(const Incoming& incoming) {
  const auto question = incoming.target.find('?');
  const auto full = incoming.target.substr(0, question);
  const bool is_openai = full.starts_with("/v1/");
  Request request{incoming, is_openai ? openai() : openrouter(), full, {}, {}, {}, {}};
  if (question != std::string_view::npos) request.query = incoming.target.substr(question + 1);
  request.key = bearer_key(incoming.authorization);
  request.path.remove_prefix(is_openai ? 3 : full.starts_with("/api/v1/") ? 7 : full.size());
  if (incoming.method == "POST" && is_chat(request.path) && request.path != "/embeddings")
    request.call = read_chat_call(incoming.body);
  const bool has_call = request.call && request.call->has_value();
  const std::string model = has_call                        ? (*request.call)->model
                            : request.path == "/embeddings" ? named_model(incoming.body)
                                                            : "";
  auto faults = book_.choose({full, model, request.key, incoming.now});
  if (!faults) return request.error(problem_error({faults.error().message, "model"}));
  request.faults = std::move(*faults);
  if (auto none = no_reply(request.faults)) return std::move(*none);
  if (request.path.empty()) return request.error(no_such_path(incoming.method, full));
  return answer(request);
}

Reply Router::answer(const Request& request) {
  if (const auto problem = key_problem(request)) return request.error(*problem);
  if (request.incoming.method == "POST" && is_chat(request.path)) return answer_post(request);
  if (auto refused = refusal(request.dialect, request.faults, catalog().back()))
    return make_reply(std::move(*refused), request.faults, request.incoming.keep_alive);
  if (request.incoming.method == "GET") return answer_get(request);
  return request.error(no_such_path(request.incoming.method, request.path));
}

Reply Router::answer_post(const Request& request) {
  if (request.call) return answer_model_call(request);
  if (auto refused = refusal(request.dialect, request.faults, catalog().back()))
    return make_reply(std::move(*refused), request.faults, request.incoming.keep_alive);
  const CatalogModel* model = find_model("openai/text-embedding-3-small", true);
  return embeddings_reply({request.dialect, options_, *model, request.faults,
                           request.incoming.number, 0, request.incoming.keep_alive, generations_},
                          request.incoming.body);
}

Reply Router::answer_model_call(const Request& request) {
  if (!request.call->has_value()) return request.error(problem_error(request.call->error()));
  const ChatCall& call = **request.call;
  if (call.model.empty())
    return request.error(problem_error({"you must provide a model parameter", "model"}));
  const CatalogModel* model = find_model(call.model, request.dialect.is_openrouter());
  if (model == nullptr && options_.any_model) model = &catalog().back();
  if (model == nullptr) return request.error(request.dialect.unknown_model(call.model));
  if (auto refused = refusal(request.dialect, request.faults, *model))
    return make_reply(std::move(*refused), request.faults, request.incoming.keep_alive);
  if (call.has_prefill && find_fault(request.faults, FaultKind::kRefusePrefill) != nullptr)
    return request.error(
        problem_error({"This model does not support assistant message prefill.", "messages"}));
  if (auto refused =
          refused_parameter(request.dialect, request.faults, call.model, call.parameters))
    return make_reply(std::move(*refused), request.faults, request.incoming.keep_alive);
  const auto created = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const ChatContext context{request.dialect,
                            options_,
                            *model,
                            request.faults,
                            request.incoming.number,
                            created.count(),
                            request.incoming.keep_alive,
                            generations_};
  if (request.path == "/chat/completions") return chat_reply(context, call);
  if (call.stream)
    return request.error(problem_error({"The simulator does not stream completions.", "stream"}));
  return text_reply(context, call);
}

Reply Router::answer_get(const Request& request) {
  if (request.path == "/models") return request.json(request.dialect.models());
  const bool singular = request.path.starts_with("/model/") && request.dialect.is_openrouter();
  const bool plural = request.path.starts_with("/models/");
  if (!singular && !plural) return answer_account(request);
  auto name = request.path.substr(singular ? 7 : 8);
  if (plural && request.dialect.is_openrouter() && name.ends_with("/endpoints"))
    name.remove_suffix(10);
  const CatalogModel* model = find_model(name, request.dialect.is_openrouter());
  if (model == nullptr) {
    VendorError error = request.dialect.unknown_model(name);
    error.status = 404;
    return request.error(error);
  }
  return request.json(request.dialect.model(*model));
}

const SimulatorAccount& Router::account_of(std::string_view key) const {
  for (const auto& known : options_.keys)
    if (known.key == key) return known.account;
  return options_.account;
}

Reply Router::answer_account(const Request& request) {
  const bool is_key = request.path == "/key" && options_.key_endpoint == KeyEndpoint::kKey;
  const bool is_auth =
      request.path == "/auth/key" && options_.key_endpoint == KeyEndpoint::kAuthKey;
  if (!request.dialect.is_openrouter())
    return request.error(no_such_path(request.incoming.method, request.path));
  const SimulatorAccount& account = account_of(request.key);
  if (is_key || is_auth) return request.json(key_json(account));
  if (request.path == "/credits") {
    if (account.management) return request.json(credits_json(account));
    VendorError error = usual_error(403);
    error.message = "Only management keys can fetch credits";
    return request.error(error);
  }
  if (request.path == "/generation") {
    const std::string id = query_value(request.query, "id");
    if (auto record = generations_.look_up(id)) return request.json(std::move(*record));
    VendorError error = usual_error(404);
    error.message = "Generation " + id + " not found";
    return request.error(error);
  }
  return request.error(no_such_path(request.incoming.method, request.path));
}

}  // namespace prx::sim
