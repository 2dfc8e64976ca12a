// The account behind a key: asked for through the plugin, and read.
#include "prx/account.hpp"

#include <cmath>
#include <utility>

#include "client/abi_convert.hpp"
#include "client/client_impl.hpp"
#include "client/json_reading.hpp"
#include "client/pull_stream.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx {

namespace {

/// Members of an object by name; of another type than asked for they are as if they were missing.
class AccountReader {
 public:
  explicit AccountReader(const json::ObjectIndex& object) : object_(object) {}

  void text(std::string_view name, std::string& out) const {
    const auto value = object_.find(name);
    if (auto text = value ? json::unquoted(*value) : std::nullopt) out = std::move(*text);
  }
  void number(std::string_view name, std::optional<double>& out) const {
    const auto number = driver::number_of<double>(object_.find(name));
    if (number && std::isfinite(*number)) out = number;
  }
  void flag(std::string_view name, std::optional<bool>& out) const {
    const auto value = object_.find(name);
    if (value == "true" || value == "false") out = value == "true";
  }
  [[nodiscard]] bool is_null(std::string_view name) const { return object_.find(name) == "null"; }

 private:
  const json::ObjectIndex& object_;
};

void read_key(const AccountReader& key, Account& out) {
  key.text("label", out.label);
  key.number("limit", out.limit);
  key.number("limit_remaining", out.limit_remaining);
  key.text("limit_reset", out.limit_reset);
  if (out.limit || key.is_null("limit")) out.limited = out.limit.has_value();
  key.number("usage", out.usage);
  key.number("usage_daily", out.usage_today);
  key.number("usage_weekly", out.usage_this_week);
  key.number("usage_monthly", out.usage_this_month);
  key.flag("is_free_tier", out.free_tier);
  key.number("free_model_daily_requests", out.free_requests_daily);
  key.flag("is_management_key", out.management_key);
  key.text("expires_at", out.expires);
}

void read_credits(const AccountReader& credits, Account& out) {
  credits.number("total_credits", out.credits_total);
  credits.number("total_usage", out.credits_used);
}

/// OpenRouter puts each part into a "data" object.
/// \see https://openrouter.ai/docs/api-reference/api-keys/get-current-key
void read_part(const AccountPart& part, Account& out) {
  const auto whole = json::ObjectIndex::parse(part.json);
  if (!whole) return;
  const auto data = json::ObjectIndex::parse(whole->find("data").value_or(part.json));
  if (!data) return;
  const AccountReader reader(*data);
  if (part.name == "key") read_key(reader, out);
  if (part.name == "credits") read_credits(reader, out);
}

}  // namespace

Result<Account> Client::Impl::account(const std::string& provider, const CallOptions& options) {
  PRX_TRY_SET(const Target whose, target(snapshot(), provider));
  const driver::ProviderInstance& instance = *whose.instance;
  const ProviderConfig& config = instance.config();
  if (auto unfit = instance.lacks("account")) return Unexpected(std::move(*unfit));
  if (auto unfit = instance.key_problem()) return Unexpected(std::move(*unfit));
  Account account;
  account.provider = config.name;
  if (options.key < config.keys.size()) account.key_label = config.keys[options.key].label;
  const auto done = run(whose, PRX_OP_ACCOUNT, options, [&](const prx_event& event) {
    if (event.type == PRX_EV_ITEM)
      account.parts.push_back({std::string(driver::view(event.name)),
                               instance.redact(driver::view(event.json)),
                               std::string(driver::view(event.text))});
  });
  if (!done) return Unexpected(done.error());
  for (const AccountPart& part : account.parts) read_part(part, account);
  return account;
}

Result<Account> Client::account(const std::string& provider, const CallOptions& options) {
  PRX_TRY(impl_->check_may_wait());
  return impl_->account(provider, options);
}

}  // namespace prx
