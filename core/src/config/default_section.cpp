#include <algorithm>
#include <utility>

#include "config/mask.hpp"
#include "config/sections.hpp"
#include "config/text_values.hpp"

namespace prx::config {
namespace {

// Sources in order of strength; a model goes with a provider that no stronger source chose.
enum class Strength { kDefault, kFile, kEnvironment, kFlag };

struct Choice {
  std::string value;
  std::string origin;  // "flag --model", "option model", "env PRX_MODEL"; "" when it stands in the
                       // file or is the default
  Strength strength = Strength::kDefault;
};

// What messages call an override.
std::string override_name(const ConfigSource& source, const std::string& name) {
  return (source.has_flags ? "flag --" : "option ") + name;
}

// What an override or a variable says instead of the file.
Choice override_of(const ConfigSource& source, const std::optional<std::string>& flag,
                   const std::string& name, const std::string& variable) {
  if (flag) return {*flag, override_name(source, name), Strength::kFlag};
  const auto value = source.environment ? source.environment(variable) : std::nullopt;
  if (value && !value->empty()) return {*value, "env " + variable, Strength::kEnvironment};
  return {};
}

// Reads a key of [default], unless something stronger says otherwise; the file's value is checked
// either way.
Result<Choice> choose(TableReader& reader, std::string_view key, Choice stronger,
                      std::string_view fallback) {
  auto& context = reader.context();
  const auto* member = reader.find(key);
  if (stronger.strength == Strength::kDefault) {
    PRX_TRY_SET(auto value, reader.filled_text(key, std::string(fallback)));
    return Choice{std::move(value), "", member ? Strength::kFile : Strength::kDefault};
  }
  if (member && !member->node.as<std::string>())
    return reader.wrong_type(*member, "a string", "put it in quotes");
  if (stronger.value.empty())
    return fail(ErrorClass::kInvalidRequest, stronger.origin + " is empty; give it a value");
  context.set_from(reader.path_of(key), toml_text(std::string_view(stronger.value)),
                   stronger.origin);
  return stronger;
}

Result<void> check_model(const LoadContext& context, const Choice& choice, Place place) {
  const bool is_chain = choice.value.starts_with("chain:");
  if (is_model_name(choice.value) && !is_chain) return {};
  const std::string what = is_chain ? " names a chain; set [default] chain, PRX_CHAIN or " +
                                          override_name(context.source(), "chain")
                                    : std::string(kNoModelName);
  if (choice.origin.empty()) return context.error(place, "'model' in [default]" + what);
  return fail(ErrorClass::kInvalidRequest, choice.origin + what);
}

// A flag or variable that names a chain stands against an equally strong one that names a provider.
Result<void> check_strengths(const Choice& provider, const Choice& chain) {
  if (chain.strength < Strength::kEnvironment || provider.strength != chain.strength) return {};
  return fail(ErrorClass::kInvalidRequest, provider.origin + " and " + chain.origin +
                                               " exclude each other: a chain names its providers; "
                                               "give one of them");
}

// The provider that [default] itself names: the model beside it is one of its models.
Result<std::string> provider_of_file(const TableReader& reader) {
  const auto* member = reader.find("provider");
  if (!member) return std::string(kUsualProvider);
  return expand_fully(reader.context(), member->node, reader.path_of("provider"));
}

}  // namespace

namespace {

// Reads the keys of [default], with what is said instead of them.
class DefaultReader {
 public:
  DefaultReader(LoadContext& context, const Table& table, LoadState& state)
      : context_(context), reader_(context, table, "default", Defaults::kRecord), state_(state) {}

  Result<void> run() {
    PRX_TRY(reader_.only(kDefaultKeys));
    const auto& source = context_.source();
    PRX_TRY_SET(provider_, read("provider", source.provider, "PRX_PROVIDER", kUsualProvider));
    PRX_TRY(check_provider_name(
        provider_.origin.empty() ? context_.where(place_of("provider")) : provider_.origin,
        provider_.value));
    PRX_TRY_SET(model_, read("model", source.model, "PRX_MODEL", ""));
    PRX_TRY(check_model(context_, model_, place_of("model")));
    PRX_TRY_SET(chain_, read("chain", source.chain, "PRX_CHAIN", ""));
    PRX_TRY(check_strengths(provider_, chain_));
    return fill();
  }

 private:
  Result<Choice> read(std::string_view key, const std::optional<std::string>& flag,
                      const std::string& variable, std::string_view fallback) {
    return choose(reader_, key, override_of(context_.source(), flag, std::string(key), variable),
                  fallback);
  }

  [[nodiscard]] Place place_of(std::string_view key) const {
    const auto* member = reader_.find(key);
    return member ? member->node.place : Place{};
  }

  Result<void> fill() {
    auto& config = state_.config;
    config.provider = config.model_provider = state_.written_provider = provider_.value;
    config.model = model_.value;
    config.chain = chain_.value;
    state_.default_provider = place_of("provider");
    state_.default_chain = place_of("chain");
    state_.chain_origin = chain_.origin;
    state_.provider_origin = provider_.origin;
    if (provider_.strength <= Strength::kFile) return {};
    PRX_TRY_SET(state_.written_provider, provider_of_file(reader_));
    state_.provider_overridden = state_.written_provider != provider_.value;
    if (model_.strength < Strength::kEnvironment) config.model_provider = state_.written_provider;
    state_.provider_leads = provider_.strength > chain_.strength;
    return {};
  }

  LoadContext& context_;
  TableReader reader_;
  LoadState& state_;
  Choice provider_, model_, chain_;
};

}  // namespace

Result<void> check_provider_name(const std::string& where, std::string_view name) {
  if (is_table_name(name) && !looks_like_key(name)) return {};
  std::string other(name);
  std::replace(other.begin(), other.end(), '.', '-');
  const bool is_plugin = other != name && is_table_name(other) && !looks_like_key(name);
  return fail(ErrorClass::kInvalidRequest,
              where + ": the provider " + shown(name) + " is not a name; use A-Z a-z 0-9 _ -" +
                  (is_plugin ? ", for a plugin of that name [providers." + other + "] plugin = \"" +
                                   std::string(name) + "\""
                             : ""));
}

Result<void> read_default(TableReader& top, LoadState& state) {
  static const Table kNone;
  PRX_TRY_SET(const auto* table, top.table("default"));
  return DefaultReader(top.context(), table ? *table : kNone, state).run();
}

}  // namespace prx::config
