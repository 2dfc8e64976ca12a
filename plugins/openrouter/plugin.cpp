// OpenRouter: Chat Completions with headers that name the application, and an account behind the
// key.
#include "prx/plugin.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/sdk/chat_provider.hpp"
#include "prx_note.h"
#include "request_check.hpp"

namespace {

using prx::Error;
using prx::ErrorClass;
using prx::Result;
using prx::sdk::AccountPart;
using prx::sdk::ChatOptions;
using prx::sdk::ChatProvider;
using prx::sdk::Config;
using prx::sdk::Header;
using prx::sdk::Host;
using prx::sdk::Request;

constexpr std::size_t kCategoriesMax = 2;  // more are dropped silently by OpenRouter

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

/// What names the calling application. \see https://openrouter.ai/docs/app-attribution
std::vector<Header> application_headers(const Config& config) {
  const std::string title = config.string("title", "OpenPRX");
  std::vector<Header> headers;
  const auto add = [&headers](const char* name, std::string value) {
    headers.push_back({name, std::move(value)});
  };
  add("HTTP-Referer", config.string("referer", "https://github.com/theonlyhennygod/openprx"));
  add("X-Title", title);
  add("X-OpenRouter-Title", title);
  add("X-OpenRouter-Categories", joined(config.strings("categories")));
  add("X-OpenRouter-Metadata", config.boolean("metadata") ? "enabled" : "");
  return headers;
}

/// \see https://openrouter.ai/docs/api-reference/api-keys/get-current-key
std::vector<AccountPart> account_parts() {
  AccountPart key{"key", "/key"};
  key.members = {"label", "limit", "limit_remaining", "usage", "is_free_tier"};
  AccountPart credits{"credits", "/credits"};
  credits.forbidden =
      "the credits of an account can only be read with a management key; make one at "
      "https://openrouter.ai/settings/management-keys or see https://openrouter.ai/credits";
  credits.members = {"total_credits", "total_usage"};
  return {std::move(key), std::move(credits)};
}

/// A model that is unknown or gone has no code of its own but the status 400; another provider may
/// have it. \see https://github.com/OpenRouterTeam/openrouter-examples/issues/74
void refine(Error& error) noexcept {
  const bool coded = !error.provider_code.empty() && error.provider_code != "400";
  if (error.http_status == 400 && !coded &&
      std::string_view(error.raw).ends_with(" is not a valid model ID"))
    error.error_class = ErrorClass::kNotFound;
}

class OpenRouter final : public ChatProvider {
 public:
  OpenRouter(ChatOptions options, bool checks, Host host)
      : ChatProvider(std::move(options), host), checks_(checks) {}

  static Result<std::unique_ptr<OpenRouter>> create(const Config& config, Host host) {
    if (config.strings("categories").size() > kCategoriesMax)
      return prx::fail(ErrorClass::kInvalidRequest,
                       "categories: OpenRouter takes at most 2; remove some");
    ChatOptions options;
    options.title = "OpenRouter";
    options.base_url = config.string("base_url", "https://openrouter.ai/api/v1");
    options.headers = application_headers(config);
    options.health_paths = {"/key"};
    options.warmup_paths = {config.string("warmup_path", "/key"), "/auth/key"};
    options.refine_error = refine;
    options.account = account_parts();
    PRX_TRY_SET(ChatOptions usable, prx::sdk::checked(std::move(options)));
    return std::make_unique<OpenRouter>(std::move(usable), config.boolean("strict_routing", true),
                                        host);
  }

  [[nodiscard]] static std::string describe() { return PRX_NOTE_CAPABILITIES; }

 protected:
  /// Nothing is changed: model suffixes, plugins and the rest are OpenRouter's own.
  [[nodiscard]] Result<std::optional<std::string>> edit_chat(
      const Request& request) const override {
    if (checks_) PRX_TRY(check_.run(request.body));
    return std::optional<std::string>();
  }

 private:
  const bool checks_;
  const prx::openrouter::RequestCheck check_;
};

}  // namespace

PRX_PLUGIN(OpenRouter, PRX_NOTE_ID, PRX_NOTE_VERSION)
