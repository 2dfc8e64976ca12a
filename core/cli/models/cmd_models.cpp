// prx models
#include <algorithm>
#include <cmath>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/duration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/models/models_table.hpp"
#include "cli/output.hpp"

namespace prx::cli {
namespace {

constexpr Milliseconds kFetchUsual{60'000};  // of one list; a server that trickles never ends

struct ModelsOptions {
  Overrides overrides;
  ModelFilter filter;
  std::optional<std::string> sort, timeout;
  bool refresh = false;
  bool json = false;
};

/// Every provider of the chain in force once, or the one that was named.
std::vector<std::string> asked_providers(const Config& config, const Overrides& overrides) {
  if (overrides.provider) return {*overrides.provider};
  std::vector<std::string> names;
  for (const TargetConfig& target : config.find_chain(config.chain)->targets)
    if (std::find(names.begin(), names.end(), target.provider) == names.end())
      names.push_back(target.provider);
  return names;
}

std::string age_of(const Catalog& catalog) {
  return age_text(std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now() - catalog.fetched));
}

class Models final : public Command {
 public:
  HelpText help() const override {
    return {"prx models [OPTIONS] [QUERY...]",
            "Lists models: of the provider that --provider names, else of every provider of the "
            "chain in force.\n"
            "Words of QUERY are parts of the id or the name, in any case; all must be there. What "
            "a provider\n"
            "does not say is shown as ?, and --tools, --vision, --structured, --free, --max-price "
            "and\n"
            "--min-context leave such a model out. Prices are US dollars per million tokens.\n\n"
            "Lists are kept on disk ($XDG_CACHE_HOME/prx/models, else ~/.cache/prx/models) and "
            "fetched anew\n"
            "when older than a day. Chats go by them: see the guide, core/docs/models.md.",
            "Examples:\n"
            "  prx models claude\n"
            "  prx models --tools --max-price 1 --sort price\n"
            "  prx models --provider openrouter --free --json | jq -r '.[].id'\n\n" +
                std::string(exit_codes_help())};
  }

  void declare(Arguments& arguments) override {
    arguments.words(options_.filter.words);
    arguments.text("--provider", options_.overrides.provider, "NAME",
                   "Of it alone: a table of [providers], or a plugin",
                   {Values::Kind::kProvider, {}});
    arguments.flag("--tools", options_.filter.tools, "Those that call tools");
    arguments.flag("--vision", options_.filter.vision, "Those that see images");
    arguments.flag("--structured", options_.filter.structured,
                   "Those that answer by a JSON schema");
    arguments.flag("--free", options_.filter.free, "Those that cost nothing");
    arguments.number("--max-price", options_.filter.price_max,
                     "Dearest, in dollars per million, of prompt and of answer");
    arguments.integer("--min-context", options_.filter.context_min, "Shortest context, in tokens");
    arguments.text("--sort", options_.sort, "ORDER",
                   "price (cheapest first), context (longest) or created (newest)",
                   {Values::Kind::kChoice, {"price", "context", "created"}});
    arguments.flag("--refresh", options_.refresh, "Fetch the lists anew");
    arguments.text("--timeout", options_.timeout, "DURATION",
                   "Limit of each list that is fetched; 60s");
    arguments.flag("--json", options_.json, "Print one JSON array");
  }

  int run(const GlobalOptions& globals) override {
    if (const auto checked = check(); !checked) return refuse(checked.error(), options_.json);
    auto config = load_config(globals, options_.overrides);
    if (!config) return configuration_failure(config.error());
    Interrupt interrupt;
    interrupt.expect({held_text(*config)});
    const auto names = asked_providers(*config, options_.overrides);
    ClientOptions options;
    options.warm_up = false;
    options.one_shot = true;
    if (!globals.log_level) options.log = [](LogLevel, std::string_view) {};
    const auto client = Client::open(std::move(*config), std::move(options));
    if (!client) return configuration_failure(client.error());
    interrupt.expect({held_text(*(*client)->config())});
    const std::vector<Catalog> catalogs = fetch(**client, names, interrupt);
    if (interrupt.signal() != 0) return interrupt.exit_code();
    return catalogs.empty() ? failure_ : show(catalogs, names.size() > 1);
  }

 private:
  [[nodiscard]] Result<void> check() {
    PRX_TRY(check_overrides(options_.overrides));
    const ModelFilter& filter = options_.filter;
    if (filter.price_max && !(std::isfinite(*filter.price_max) && *filter.price_max >= 0))
      return fail(ErrorClass::kInvalidRequest, "--max-price: write a number of 0 or more");
    if (filter.context_min && *filter.context_min < 1)
      return fail(ErrorClass::kInvalidRequest, "--min-context: write a number of 1 or more");
    if (options_.timeout) {
      const auto timeout = parse_duration(*options_.timeout);
      if (!timeout)
        return fail(ErrorClass::kInvalidRequest, "--timeout: " + timeout.error().message);
      timeout_ = *timeout;
    }
    if (!options_.sort) return {};
    const auto order = model_order_from(*options_.sort);
    if (!order)
      return fail(ErrorClass::kInvalidRequest,
                  "--sort " + *options_.sort + ": use price, context or created");
    order_ = *order;
    return {};
  }

  /// Says what is wrong with each provider whose list cannot be had.
  std::vector<Catalog> fetch(Client& client, const std::vector<std::string>& names,
                             const Interrupt& interrupt) {
    std::vector<Catalog> catalogs;
    CatalogOptions how;
    how.stop = interrupt.token();
    how.deadline = timeout_;
    if (options_.refresh) how.fetch = CatalogOptions::Fetch::kAlways;
    for (const std::string& name : names) {
      auto catalog = client.catalog(name, how);
      if (interrupt.signal() != 0) return {};
      if (catalog) {
        catalogs.push_back(std::move(*catalog));
        continue;
      }
      const std::string who = "provider '" + name + "': ";
      const std::string why = explanation(client, name, catalog.error());
      message(why.starts_with(who) ? why : who + why);
      if (failure_ == kExitOk) failure_ = exit_code(catalog.error().error_class);
    }
    return catalogs;
  }

  static std::string explanation(const Client& client, const std::string& name,
                                 const Error& error) {
    const ProviderFacts facts = provider_facts(*client.config(), name, "");
    const bool key_missing = error.error_class == ErrorClass::kAuth && !facts.has_key;
    return key_missing ? remedy(error, facts, kQueryWording) : explain(error, facts, kQueryWording);
  }

  int show(const std::vector<Catalog>& catalogs, bool name_providers) const {
    const auto rows = chosen_models(catalogs, options_.filter, order_);
    for (const Catalog& catalog : catalogs) say_source(catalog, rows);
    if (options_.json) return print(models_json(rows));
    return rows.empty() ? static_cast<int>(kExitOk) : print(models_table(rows, name_providers));
  }

  static void say_source(const Catalog& catalog, const std::vector<ModelRow>& rows) {
    const auto shown = std::count_if(rows.begin(), rows.end(),
                                     [&](const ModelRow& row) { return row.catalog == &catalog; });
    std::string text = catalog.provider + ": " + std::to_string(shown) + " of " +
                       std::to_string(catalog.models.size()) + " models, ";
    if (catalog.fetch_error)
      text += "offline: the cache of " + age_of(catalog) + " is shown (" +
              catalog.fetch_error->message + ")";
    else
      text += "fetched " + age_of(catalog) + (catalog.from_cache ? " (cached)" : "");
    message(text);
  }

  ModelsOptions options_;
  ModelOrder order_ = ModelOrder::kListed;
  Milliseconds timeout_ = kFetchUsual;
  int failure_ = kExitOk;
};

}  // namespace

std::unique_ptr<Command> make_models() { return std::make_unique<Models>(); }

}  // namespace prx::cli
