// Opening a client, and what is asked of it in one piece.

#include "c_api/guard.hpp"
#include "c_api/options.hpp"
#include "prx/version.hpp"

using prx::CallError;
using prx::Unexpected;
using prx::c_api::Done;
using prx::c_api::guarded;
using prx::c_api::refused;

namespace {

Done open(const prx_client_options* given, prx_client** client) {
  if (client == nullptr) return refused("the place for the client is NULL");
  PRX_TRY_SET(const auto options, prx::c_api::read(given));
  PRX_TRY_SET(auto config, prx::c_api::config_of(options));
  auto made = std::make_unique<prx_client>();
  auto opened = prx::Client::open(std::move(config), prx::c_api::client_options_of(options));
  if (!opened) return Unexpected(CallError(std::move(opened).error()));
  made->client = std::move(*opened);
  *client = made.release();
  return {};
}

Done reload(prx_client* client, const prx_client_options* given) {
  if (client == nullptr) return refused("the client is NULL");
  PRX_TRY_SET(const auto options, prx::c_api::read(given));
  PRX_TRY_SET(auto config, prx::c_api::config_of(options));
  if (auto done = client->client->reload(std::move(config)); !done)
    return Unexpected(CallError(std::move(done).error()));
  return {};
}

Done chat(prx_client* client, const prx_chat_request* asked, const prx_call_options* how,
          prx_response** response) {
  if (client == nullptr) return refused("the client is NULL");
  PRX_TRY_SET(const auto request, prx::c_api::request_of(asked));
  PRX_TRY_SET(const auto options, prx::c_api::call_options_of(how));
  auto answer = client->client->chat(request, options);
  if (!answer) return Unexpected(std::move(answer).error());
  if (response != nullptr) *response = std::make_unique<prx_response>(std::move(*answer)).release();
  return {};
}

Done models(prx_client* client, const char* provider, const prx_call_options* how,
            prx_models** out) {
  if (client == nullptr) return refused("the client is NULL");
  PRX_TRY_SET(const auto options, prx::c_api::call_options_of(how));
  auto list = client->client->models(provider == nullptr ? "" : provider, options);
  if (!list) return Unexpected(CallError(std::move(list).error()));
  if (out != nullptr) *out = std::make_unique<prx_models>(prx_models{std::move(*list)}).release();
  return {};
}

}  // namespace

const char* prx_version() PRX_NOEXCEPT { return prx::kVersion.data(); }

std::int32_t prx_client_open(const prx_client_options* options, prx_client** client,
                             prx_failure** failure) PRX_NOEXCEPT {
  if (client != nullptr) *client = nullptr;
  return guarded(failure, [&] { return open(options, client); });
}

void prx_client_free(prx_client* client) PRX_NOEXCEPT {
  prx::c_api::quietly([&] { const std::unique_ptr<prx_client> gone(client); });
}

std::int32_t prx_client_reload(prx_client* client, const prx_client_options* options,
                               prx_failure** failure) PRX_NOEXCEPT {
  return guarded(failure, [&] { return reload(client, options); });
}

std::int32_t prx_client_chat(prx_client* client, const prx_chat_request* request,
                             const prx_call_options* options, prx_response** response,
                             prx_failure** failure) PRX_NOEXCEPT {
  if (response != nullptr) *response = nullptr;
  return guarded(failure, [&] { return chat(client, request, options, response); });
}

prx_canceller* prx_canceller_new() PRX_NOEXCEPT {
  try {
    return std::make_unique<prx_canceller>().release();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void prx_canceller_cancel(prx_canceller* canceller) PRX_NOEXCEPT {
  if (canceller != nullptr) prx::c_api::quietly([&] { canceller->source.request_stop(); });
}

void prx_canceller_free(prx_canceller* canceller) PRX_NOEXCEPT {
  const std::unique_ptr<prx_canceller> gone(canceller);
}

std::int32_t prx_client_models(prx_client* client, const char* provider,
                               const prx_call_options* options, prx_models** out,
                               prx_failure** failure) PRX_NOEXCEPT {
  if (out != nullptr) *out = nullptr;
  return guarded(failure, [&] { return models(client, provider, options, out); });
}
