#include "sim/account.hpp"

#include <optional>
#include <string_view>

#include "sim/dialect.hpp"
#include "sim/sample_json.hpp"

namespace prx::sim {
namespace {

std::string or_null(const std::optional<double>& number) {
  return number ? decimal(*number) : "null";
}

std::string or_null(std::string_view text) {
  if (text.empty()) return "null";
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string_view boolean(bool value) { return value ? "true" : "false"; }

std::optional<double> remaining(const SimulatorAccount& account) {
  if (!account.limit) return std::nullopt;
  return *account.limit - account.usage;
}

}  // namespace

std::string key_json(const SimulatorAccount& account) {
  std::string out = R"({"data":{"label":)" + or_null(account.label);
  out += R"(,"limit":)" + or_null(account.limit);
  out += R"(,"limit_remaining":)" + or_null(remaining(account));
  out += R"(,"limit_reset":)" + or_null(account.limit_reset);
  out += R"(,"include_byok_in_limit":false,"usage":)" + decimal(account.usage);
  out += R"(,"usage_daily":0.05,"usage_weekly":0.1,"usage_monthly":)" + decimal(account.usage);
  out += R"(,"byok_usage":0,"byok_usage_daily":0,"byok_usage_weekly":0,"byok_usage_monthly":0)";
  out += R"(,"free_model_daily_requests":{"limit":50,"remaining":50,"used":0})";
  out += R"(,"allowed_data_regions":[],"creator_user_id":"user_simulated")";
  out += R"(,"organization_id":null,"workspace_id":null)";
  out.append(R"(,"is_free_tier":)").append(boolean(account.free_tier));
  out.append(R"(,"is_management_key":)").append(boolean(account.management));
  out.append(R"(,"is_provisioning_key":)").append(boolean(account.management));
  out += R"(,"expires_at":)" + or_null(account.expires);
  return out += R"(,"rate_limit":{"requests":-1,"interval":"10s","note":"deprecated"}}})";
}

std::string credits_json(const SimulatorAccount& account) {
  return R"({"data":{"total_credits":)" + decimal(account.credits) + R"(,"total_usage":)" +
         decimal(account.credits_used) + "}}";
}

}  // namespace prx::sim
