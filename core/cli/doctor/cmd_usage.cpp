// prx usage
#include <algorithm>

#include "cli/amounts.hpp"
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/doctor/account.hpp"
#include "cli/doctor/provider.hpp"
#include "cli/doctor/setup.hpp"
#include "cli/duration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/json_writer.hpp"
#include "cli/output.hpp"
#include "config/mask.hpp"
#include "prx/client.hpp"

namespace prx::cli {
namespace {

/// One key, asked.
struct UsageRow {
  std::string provider;
  std::size_t key = 0;
  std::string masked;  ///< the key's tail, or ""
  std::optional<Result<Account>> account;
};

std::string or_dash(const std::optional<double>& amount) { return amount ? dollars(*amount) : "-"; }

std::string limit_text(const Account& account) {
  if (account.limited == false) return "none";
  if (!account.limit) return "-";
  const std::string period = reset_text(account);
  return dollars(*account.limit) + period;
}

bool is_unsupported(const UsageRow& row) {
  return !*row.account && row.account->error().error_class == ErrorClass::kUnsupported;
}

std::string usage_table(const std::vector<UsageRow>& rows) {
  std::vector<std::vector<std::string>> cells{{"PROVIDER", "KEY", "CREDIT LEFT", "KEY LEFT",
                                               "KEY LIMIT", "TODAY", "WEEK", "MONTH", "EVER"}};
  for (const UsageRow& row : rows) {
    if (!*row.account) continue;
    const Account& account = **row.account;
    cells.push_back({visible_line(row.provider), row.masked, or_dash(account.credits_left()),
                     or_dash(account.limit_remaining), visible_line(limit_text(account)),
                     or_dash(account.usage_today), or_dash(account.usage_this_week),
                     or_dash(account.usage_this_month), or_dash(account.usage)});
  }
  return cells.size() == 1 ? "" : table_text(cells);
}

void write_flag(JsonWriter& json, std::string_view key, const std::optional<bool>& value) {
  json.key(key);
  value ? json.boolean(*value) : json.null();
}

void write_account(JsonWriter& json, const Account& account) {
  json.key("label").string_or_null(account.label);
  json.key("credits_total").number_or_null(account.credits_total);
  json.key("credits_used").number_or_null(account.credits_used);
  json.key("credits_left").number_or_null(account.credits_left());
  write_flag(json, "limited", account.limited);
  json.key("limit").number_or_null(account.limit);
  json.key("limit_remaining").number_or_null(account.limit_remaining);
  json.key("limit_reset").string_or_null(account.limit_reset);
  json.key("usage").number_or_null(account.usage);
  json.key("usage_today").number_or_null(account.usage_today);
  json.key("usage_this_week").number_or_null(account.usage_this_week);
  json.key("usage_this_month").number_or_null(account.usage_this_month);
  write_flag(json, "free_tier", account.free_tier);
  json.key("free_requests_daily").number_or_null(account.free_requests_daily);
  write_flag(json, "management_key", account.management_key);
  json.key("expires").string_or_null(account.expires);
  json.key("note").string_or_null(untold(account));
}

class Usages final : public Command {
 public:
  HelpText help() const override {
    return {
        "prx usage [OPTIONS]",
        "Shows what the account behind each key has left and has used, as its provider says it:\n"
        "credit, the key's own limit, US dollars of today, this week and this month. Asks the\n"
        "providers of the chain in force, each with its own keys. A provider that has no such\n"
        "question is told on stderr.",
        "Examples:\n"
        "  prx usage\n"
        "  prx usage --provider openrouter --json | jq '.accounts[0].limit_remaining'\n\n"
        "Exit codes: 0; else that of the first failure: 3 configuration, 4 key, 5 busy, 6 "
        "network,\n"
        "7 refused, 8 broken answer.\n"};
  }
  void declare(Arguments& arguments) override {
    arguments.text("--provider", provider_, "NAME", "This provider alone",
                   {Values::Kind::kProvider, {}});
    arguments.flag("--all", all_, "Every configured provider, not only those of the chain");
    arguments.text("--timeout", timeout_, "DURATION", "Limit of each question; 10s");
    arguments.flag("--json", json_, "Print one JSON object");
  }

  int run(const GlobalOptions& globals) override {
    const auto questions = read_questions();
    if (!questions) return refuse(questions.error(), json_);
    Overrides overrides;
    overrides.provider = provider_;
    auto loaded = load_config(globals, overrides);
    if (!loaded) return configuration_failure(loaded.error());
    ClientOptions options;
    options.warm_up = false;
    options.one_shot = true;
    options.log = [](LogLevel level, std::string_view line) {
      if (level == LogLevel::kWarn) warning(line);
    };
    auto client = Client::open(std::move(*loaded), std::move(options));
    if (!client) return configuration_failure(client.error());
    const auto config = (*client)->config();
    std::vector<UsageRow> rows = wanted(*config);
    in_parallel(rows.size(), [&](std::size_t i) {
      CallOptions call;
      call.deadline = *questions;
      call.key = rows[i].key;
      rows[i].account = (*client)->account(rows[i].provider, call);
    });
    return show(*config, rows);
  }

 private:
  [[nodiscard]] Result<Milliseconds> read_questions() const {
    if (provider_ && provider_->empty())
      return fail(ErrorClass::kInvalidRequest, "--provider is empty; give it a name");
    if (provider_ && all_)
      return fail(ErrorClass::kInvalidRequest, "--provider and --all exclude each other");
    if (!timeout_) return Questions().timeout;
    const auto timeout = parse_duration(*timeout_);
    if (!timeout) return fail(ErrorClass::kInvalidRequest, "--timeout: " + timeout.error().message);
    return *timeout;
  }

  [[nodiscard]] bool is_wanted(const Config& config, const std::string& name) const {
    if (all_) return true;
    if (provider_) return name == config.first_provider();
    const ChainConfig* const chain = config.find_chain(config.chain);
    return chain != nullptr && is_in_chain(*chain, name);
  }

  [[nodiscard]] std::vector<UsageRow> wanted(const Config& config) const {
    std::vector<UsageRow> rows;
    for (const ProviderConfig* const provider : providers_in_order(config)) {
      if (!is_wanted(config, provider->name)) continue;
      for (std::size_t i = 0; i < std::max<std::size_t>(provider->keys.size(), 1); ++i) {
        UsageRow row;
        row.provider = provider->name;
        row.key = i;
        if (i < provider->keys.size())
          row.masked = config::masked_key(provider->keys[i].secret.reveal());
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

  [[nodiscard]] int show(const Config& config, const std::vector<UsageRow>& rows) const {
    int code = kExitOk;
    for (const UsageRow& row : rows) {
      if (*row.account) {
        if (const auto note = untold(**row.account); !note.empty() && !json_)
          message(row.provider + ": " + note);
      } else if (!is_unsupported(row)) {
        if (code == kExitOk) code = exit_code(row.account->error().error_class);
        message(row.provider + ": " + explanation(config, row));
      } else if (row.key == 0) {
        message(explanation(config, row));
      }
    }
    const int printed = print(json_ ? usage_json(config, rows) : usage_table(rows));
    return printed == kExitOk ? code : printed;
  }

  static std::string explanation(const Config& config, const UsageRow& row) {
    const ProviderConfig* const provider = config.find_provider(row.provider);
    const bool has_key = provider != nullptr && row.key < provider->keys.size();
    const auto facts =
        provider_facts(config, row.provider, has_key ? provider->keys[row.key].label : "");
    const Error& error = row.account->error();
    if (names_remedy(error)) return error.message;
    if (error.error_class != ErrorClass::kUnsupported) return explain(error, facts, kQueryWording);
    return facts.credit_url.empty() ? error.message : error.message + "; see " + facts.credit_url;
  }

  static std::string usage_json(const Config& config, const std::vector<UsageRow>& rows) {
    JsonWriter json;
    json.begin_object();
    json.key("accounts").begin_array();
    for (const UsageRow& row : rows) {
      json.begin_object();
      json.key("provider").string(row.provider).key("key").string_or_null(row.masked);
      if (*row.account) write_account(json, **row.account);
      json.key("error");
      if (*row.account) {
        json.null();
      } else {
        json.begin_object();
        json.key("class").string(to_string(row.account->error().error_class));
        json.key("message").string(explanation(config, row));
        json.end_object();
      }
      json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.text() + "\n";
  }

  std::optional<std::string> provider_, timeout_;
  bool all_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_usage() { return std::make_unique<Usages>(); }

}  // namespace prx::cli
