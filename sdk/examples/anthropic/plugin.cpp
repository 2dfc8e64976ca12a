// Anthropic's Messages API: what is sent where. What a request becomes is in request_body.hpp, what
// an answer says in answers.hpp.
#include <algorithm>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prx/plugin.hpp>
#include <prx/sdk/text.hpp>

#include "answers.hpp"
#include "prx_note.h"
#include "request_body.hpp"

namespace {

namespace sdk = prx::sdk;
using prx::ErrorClass;
using prx::Result;
using sdk::OpKind;

std::int64_t wall_clock() { return std::time(nullptr); }

struct Options {
  std::string base_url;  ///< with the version's path, without a slash at its end
  std::vector<sdk::Header> headers;
  anthropic::BodyOptions body;
};

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<std::string> read_base_url(const sdk::Config& config) {
  constexpr std::string_view kPath = "/v1";
  std::string url = config.string("base_url", "https://api.anthropic.com");
  const bool is_web = url.starts_with("https://") || url.starts_with("http://");
  if (!is_web || has_control(url) || url.find_first_of(" ?#") != std::string::npos)
    return prx::fail(ErrorClass::kInvalidRequest,
                     "base_url \"" + prx::sdk::one_line(url) +
                         "\" must be an http(s) URL without query and fragment");
  while (url.ends_with('/')) url.pop_back();
  return url.ends_with(kPath) ? url : url.append(kPath);
}

Result<std::vector<sdk::Header>> read_headers(const sdk::Config& config) {
  std::string betas;
  for (const std::string& beta : config.strings("betas"))
    betas.append(betas.empty() ? "" : ",").append(beta);
  const std::string version = config.string("version", "2023-06-01");
  if (has_control(betas) || has_control(version))
    return prx::fail(ErrorClass::kInvalidRequest, "version or betas has a control character");
  std::vector<sdk::Header> headers{{"anthropic-version", version}};
  if (!betas.empty()) headers.push_back({"anthropic-beta", betas});
  return headers;
}

Result<anthropic::BodyOptions> read_body_options(const sdk::Config& config) {
  anthropic::BodyOptions body;
  body.max_tokens = config.integer("max_tokens", body.max_tokens);
  if (body.max_tokens < 1)
    return prx::fail(ErrorClass::kInvalidRequest, "max_tokens must be 1 or more");
  const std::string word = config.string("thinking", "auto");
  const auto form = anthropic::thinking_form(word);
  if (!form)
    return prx::fail(
        ErrorClass::kInvalidRequest,
        "thinking \"" + prx::sdk::one_line(word) + R"(" is none of "auto", "adaptive", "budget")");
  body.thinking = *form;
  return body;
}

class Provider final : public sdk::HttpProvider {
 public:
  Provider(Options options, sdk::Host host) : HttpProvider(host), options_(std::move(options)) {}

  static Result<std::unique_ptr<Provider>> create(const sdk::Config& config, sdk::Host host) {
    Options options;
    PRX_TRY_SET(options.base_url, read_base_url(config));
    PRX_TRY_SET(options.headers, read_headers(config));
    PRX_TRY_SET(options.body, read_body_options(config));
    return std::make_unique<Provider>(std::move(options), host);
  }

  static std::string describe() { return PRX_NOTE_CAPABILITIES; }

  Result<sdk::HttpCall> request(const sdk::Request& request) const override {
    switch (request.kind) {
      case OpKind::kChat:
        return chat(request);
      case OpKind::kModels:
        return models(kPage, {});
      case OpKind::kHealth:
      case OpKind::kWarmup:
        return models("1", {});
      default:
        return prx::fail(ErrorClass::kUnsupported, "Anthropic has no such operation");
    }
  }

  std::unique_ptr<sdk::Decoder> decoder(const sdk::Request& request,
                                        const prx_sink&) const override {
    if (request.kind == OpKind::kChat) return std::make_unique<anthropic::ChatAnswer>(wall_clock);
    if (request.kind != OpKind::kModels)
      return std::make_unique<anthropic::ProbeAnswer>(wall_clock);
    return std::make_unique<anthropic::ModelsAnswer>(
        [this](std::string_view after) { return models(kPage, after); }, wall_clock);
  }

 private:
  static constexpr std::string_view kPage = "1000";  ///< as many as the API gives at once

  [[nodiscard]] sdk::HttpCall call(std::string_view method, std::string_view path) const {
    sdk::HttpCall call;
    call.method = method;
    call.url = options_.base_url + std::string(path);
    call.common_headers = options_.headers;
    call.key_header = "x-api-key";
    call.key_prefix = "";
    return call;
  }
  [[nodiscard]] Result<sdk::HttpCall> chat(const sdk::Request& request) const {
    sdk::HttpCall post = call("POST", "/messages");
    post.headers = {{"content-type", "application/json"},
                    {"accept", request.stream ? "text/event-stream" : "application/json"}};
    if (!request.idempotency_key.empty())
      post.headers.push_back({"idempotency-key", std::string(request.idempotency_key)});
    if (!request.traceparent.empty())
      post.headers.push_back({"traceparent", std::string(request.traceparent)});
    PRX_TRY_SET(post.body, anthropic::write_body(request.body, options_.body));
    return post;
  }
  /// Ids of models are plain; another byte could only come from a server that is none of ours.
  [[nodiscard]] sdk::HttpCall models(std::string_view limit, std::string_view after) const {
    std::string path = "/models?limit=" + std::string(limit);
    if (!after.empty()) path += "&after_id=";
    for (const char c : after) path += c > ' ' && c < 0x7f && c != '&' && c != '#' ? c : '_';
    sdk::HttpCall get = call("GET", path);
    get.headers = {{"accept", "application/json"}};
    get.body.emplace();
    return get;
  }

  const Options options_;
};

}  // namespace

PRX_PLUGIN(Provider, PRX_NOTE_ID, PRX_NOTE_VERSION)
