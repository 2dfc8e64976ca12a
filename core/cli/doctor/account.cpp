#include "cli/doctor/account.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "cli/amounts.hpp"
#include "cli/doctor/provider.hpp"

namespace prx::cli {
namespace {

constexpr std::size_t kDateSize = 10;   // "YYYY-MM-DD"
constexpr std::size_t kPeriodMax = 12;  // bytes of "monthly", that are told
constexpr double kRequestsMax = 1e12;   // of a day, that are told

std::optional<int> digits(std::string_view text) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || text.front() == '-') return std::nullopt;
  return number;
}

std::string raise_limit(const ProviderFacts& facts) {
  return "raise the limit of the key" +
         (facts.key_url.empty() ? std::string() : " at " + facts.key_url);
}

std::string add_credit(const ProviderFacts& facts) {
  Error error;
  error.error_class = ErrorClass::kCredit;
  return remedy(error, facts, kQueryWording);
}

void judge_credit(const Account& account, const ProviderFacts& facts, Check& row) {
  const auto left = account.credits_left();
  if (!left) return row.add(CheckStatus::kOk, "", untold(account));
  const double bought = *account.credits_total;
  row.add(CheckStatus::kOk, dollars(*left) + " of " + dollars(bought) + " credit left");
  if (*left <= 0.0)
    row.add(CheckStatus::kFailure, "calls are refused (402)", add_credit(facts));
  else if (*left < bought * kLowShare)
    row.add(CheckStatus::kWarning, "that is little", add_credit(facts));
}

void judge_limit(const Account& account, const ProviderFacts& facts, Check& row) {
  if (account.limited == false) return row.add(CheckStatus::kOk, "the key has no limit");
  if (!account.limit || !account.limit_remaining) return;
  row.add(CheckStatus::kOk, dollars(*account.limit_remaining) + " of the key's" +
                                reset_text(account) + " limit of " + dollars(*account.limit) +
                                " left");
  if (*account.limit_remaining <= 0.0)
    row.add(CheckStatus::kFailure, "calls are refused (402, 403)", raise_limit(facts));
  else if (*account.limit_remaining < *account.limit * kLowShare)
    row.add(CheckStatus::kWarning, "that is little", raise_limit(facts));
}

void judge_usage(const Account& account, Check& row) {
  std::string used;
  const auto say = [&](const std::optional<double>& amount, std::string_view when) {
    if (!amount) return;
    used += (used.empty() ? "used " : ", ") + dollars(*amount) + ' ' + std::string(when);
  };
  say(account.usage_today, "today");
  say(account.usage_this_month, "this month");
  row.add(CheckStatus::kOk, used);
}

}  // namespace

std::optional<long> days_until(std::string_view date) {
  using namespace std::chrono;
  if (date.size() < kDateSize || date[4] != '-' || date[7] != '-') return std::nullopt;
  const auto y = digits(date.substr(0, 4)), m = digits(date.substr(5, 2)),
             d = digits(date.substr(8, 2));
  if (!y || !m || !d) return std::nullopt;
  const year_month_day day{year(*y), month(static_cast<unsigned>(*m)),
                           std::chrono::day(static_cast<unsigned>(*d))};
  if (!day.ok()) return std::nullopt;
  return (sys_days(day) - floor<days>(system_clock::now())).count();
}

std::string reset_text(const Account& account) {
  const std::string& period = account.limit_reset;
  if (period.empty()) return {};
  return ' ' + (period.size() <= kPeriodMax ? period : "periodic");
}

std::string untold(const Account& account) {
  std::string text;
  for (const AccountPart& part : account.parts)
    if (!part.note.empty()) text += (text.empty() ? "" : "; ") + part.note;
  return text;
}

void judge_key_itself(const Account& account, const ProviderFacts& facts, Check& row) {
  const std::string new_key =
      facts.key_url.empty() ? "make another key" : "make another key at " + facts.key_url;
  if (account.management_key == true)
    row.add(CheckStatus::kFailure, "it is a management key, which may not chat", new_key);
  const auto days = days_until(account.expires);
  if (!days) return;
  const std::string date = account.expires.substr(0, kDateSize);
  if (*days < 0)
    row.add(CheckStatus::kFailure, "it ended on " + date, new_key);
  else
    row.add(
        std::chrono::hours(*days * 24) <= kExpirySoon ? CheckStatus::kWarning : CheckStatus::kOk,
        "it ends on " + date,
        std::chrono::hours(*days * 24) <= kExpirySoon ? new_key : std::string());
}

void judge_account(const Account& account, const std::string& subject, const ProviderFacts& facts,
                   Checks& out) {
  Check credit{CheckStatus::kOk, "credit", subject, "", ""};
  judge_limit(account, facts, credit);
  judge_usage(account, credit);
  judge_credit(account, facts, credit);
  if (!credit.what.empty()) out.push_back(std::move(credit));
  if (account.free_tier != true && !account.free_requests_daily) return;
  Check limits{CheckStatus::kOk, "limits", subject, "", ""};
  if (account.free_requests_daily)
    limits.add(CheckStatus::kOk, grouped(static_cast<std::int64_t>(
                                     std::clamp(*account.free_requests_daily, 0.0, kRequestsMax))) +
                                     " requests a day to free models");
  if (account.free_tier == true)
    limits.add(CheckStatus::kWarning,
               "free tier: free models alone answer, few times a minute and a day, then 429",
               add_credit(facts) + ", or add a fallback of another provider");
  out.push_back(std::move(limits));
}

}  // namespace prx::cli
