/// \file chat_provider.hpp
/// ChatProvider: the highest step, for providers that speak Chat Completions. Derive, fill
/// ChatOptions, and override what differs. Needs prx_add_plugin(... DIALECT).
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/plugin.hpp"
#include "prx/sdk/chat_completions.hpp"
#include "prx/sdk/chat_decoders.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {

/// What tells one such provider from another. Paths begin with "/" and follow base_url.
struct ChatOptions {
  std::string title{};            ///< for messages, "OpenRouter"
  std::string base_url{};         ///< "https://openrouter.ai/api/v1"
  std::vector<Header> headers{};  ///< on each request; those with an empty value are left out
  std::string chat_path = "/chat/completions";
  std::string models_path = "/models";
  std::vector<std::string> health_paths{"/models"};  ///< 1 or more, the next one after a 404
  std::vector<std::string> warmup_paths{"/models"};  ///< the same
  std::vector<AccountPart> account{};                ///< none: PRX_OP_ACCOUNT is unsupported
  RefineError refine_error = nullptr;                ///< of chats
};

/// The options as they can be used: base_url without slashes at its end, no header without a value.
/// Errors: kInvalidRequest for a base_url that is no http(s) URL, a value with control characters,
/// or no path for health or warm-up.
[[nodiscard]] inline Result<ChatOptions> checked(ChatOptions options) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const std::string_view base = options.base_url;
  if (!base.starts_with("https://") && !base.starts_with("http://"))
    return fail(ErrorClass::kInvalidRequest,
                "base_url \"" + options.base_url + "\" must begin with https:// or http://");
  if (base.find_first_of(" ?#") != std::string_view::npos)
    return fail(ErrorClass::kInvalidRequest,
                "base_url \"" + options.base_url + "\" must have no space, query or fragment");
  if (options.health_paths.empty() || options.warmup_paths.empty())
    return fail(ErrorClass::kInvalidRequest,
                options.title + " has no path for health or warm-up; leave \"/models\" in both");
  while (options.base_url.ends_with('/')) options.base_url.pop_back();
  std::erase_if(options.headers, [](const Header& header) { return header.value.empty(); });
  for (const Header& header : options.headers)
    if (std::any_of(header.value.begin(), header.value.end(), is_control))
      return fail(ErrorClass::kInvalidRequest,
                  "the value of header " + header.name + " has a control character; remove it");
  return options;
}

/// All operations of prx.provider/1 over HTTP. Immutable after construction, but for what a
/// provider of its own learns from its servers.
///
/// A provider whose servers want the same chat written differently says so by the bits of a shape
/// (Request::shape): choose() sets those to begin with, edit_chat() writes a body by them. When a
/// server rejects the request, repair_chat() may give another shape: the chat is then written anew
/// and sent once more, within the same operation and under its clocks, and what the last server
/// says is what the caller hears. Each bit changes at most once per operation, and kExchangesMax
/// bounds all. chat_repaired() is the place to learn from it.
class ChatProvider : public HttpProvider, protected detail::ChatSender {
 public:
  /// \param options  as checked() returned them.
  ChatProvider(ChatOptions options, Host host) : HttpProvider(host), options_(std::move(options)) {}

  [[nodiscard]] Result<HttpCall> request(const Request& request) const override {
    switch (request.kind) {
      case OpKind::kChat:
        return chat(request);
      case OpKind::kModels:
        return get(options_.models_path);
      case OpKind::kHealth:
        return get(options_.health_paths.front());
      case OpKind::kWarmup:
        return get(options_.warmup_paths.front());
      case OpKind::kAccount:
        if (options_.account.empty()) break;
        return get(options_.account.front().path);
      case OpKind::kCall:
        return call(request);
    }
    return fail(ErrorClass::kUnsupported, options_.title + " has no such operation");
  }

  [[nodiscard]] std::unique_ptr<Decoder> decoder(const Request& request,
                                                 const prx_sink& sink) const override {
    switch (request.kind) {
      case OpKind::kModels:
        return std::make_unique<detail::ModelsDecoder>(options_.title);
      case OpKind::kHealth:
        return probe(options_.health_paths);
      case OpKind::kWarmup:
        return probe(options_.warmup_paths);
      case OpKind::kAccount:
        return account();
      case OpKind::kCall:
        return std::make_unique<detail::CallDecoder>(options_.title);
      case OpKind::kChat:
        break;
    }
    const detail::ChatSender& self = *this;
    return std::make_unique<detail::ChatExchange>(self, request, sink, options_.title,
                                                  options_.refine_error);
  }

 protected:
  /// The body to send instead of the request's, or nullopt to send that as it is (and uncopied). An
  /// error refuses the request, before anything is sent.
  [[nodiscard]] virtual Result<std::optional<std::string>> edit_chat(const Request&) const {
    return std::optional<std::string>();
  }
  /// The shape in which the rejected `request` may succeed, or its own to report the rejection. Of
  /// the request there are body, stream, shape and traceparent. Pure; on the loop.
  [[nodiscard]] std::uint32_t repair_chat(const Request& request,
                                          const ChatRejection&) const override {
    return request.shape;
  }
  /// A repaired request was taken: its shape is right in the bits of `changed`. On the loop;
  /// several at once.
  void chat_repaired(const Request&, std::uint32_t /*changed*/) const override {}
  [[nodiscard]] const ChatOptions& options() const { return options_; }

 private:
  [[nodiscard]] Result<HttpCall> chat(const Request& request) const final {
    HttpCall call = post(options_.chat_path, request);
    call.headers.push_back({"accept", request.stream ? "text/event-stream" : "application/json"});
    PRX_TRY_SET(call.body, edit_chat(request));
    return call;
  }
  [[nodiscard]] Result<HttpCall> call(const Request& request) const {
    const std::string_view path = request.model;
    const bool clean = std::none_of(path.begin(), path.end(), [](char c) {
      return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '#';
    });
    if (!path.starts_with('/') || !clean)
      return fail(ErrorClass::kInvalidRequest,
                  "the path of a call must begin with / and have no space, e.g. /embeddings");
    HttpCall out = request.body.empty() ? get(path) : post(path, request);
    if (!request.body.empty()) out.headers.push_back({"accept", "application/json"});
    return out;
  }
  [[nodiscard]] HttpCall to(std::string_view method, std::string_view path) const {
    HttpCall call;
    call.method = method;
    call.url = options_.base_url;
    call.url += path;
    call.headers.reserve(4);
    call.common_headers = options_.headers;
    return call;
  }
  [[nodiscard]] HttpCall get(std::string_view path) const {
    HttpCall call = to("GET", path);
    call.headers.push_back({"accept", "application/json"});
    call.body.emplace();
    return call;
  }
  [[nodiscard]] HttpCall post(std::string_view path, const Request& request) const {
    HttpCall call = to("POST", path);
    call.headers.push_back({"content-type", "application/json"});
    if (!request.idempotency_key.empty())
      call.headers.push_back({"idempotency-key", std::string(request.idempotency_key)});
    if (!request.traceparent.empty())
      call.headers.push_back({"traceparent", std::string(request.traceparent)});
    return call;
  }
  [[nodiscard]] std::unique_ptr<Decoder> probe(const std::vector<std::string>& paths) const {
    std::vector<HttpCall> calls;
    for (const std::string& path : paths) calls.push_back(get(path));
    return std::make_unique<detail::ProbeDecoder>(options_.title, std::move(calls));
  }
  [[nodiscard]] std::unique_ptr<Decoder> account() const {
    std::vector<HttpCall> calls;
    for (const AccountPart& part : options_.account) calls.push_back(get(part.path));
    return std::make_unique<detail::AccountDecoder>(options_.title, options_.account,
                                                    std::move(calls));
  }

  const ChatOptions options_;
};

}  // namespace prx::sdk
