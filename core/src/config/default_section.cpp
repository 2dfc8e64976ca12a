#include <utility>

#include "config/mask.hpp"
#include "config/sections.hpp"
#include "config/text_values.hpp"

namespace prx::config {
namespace {

constexpr std::string_view kProvider = "openrouter";  // when nothing says
constexpr std::array<std::string_view, 3> kKeys = {"provider", "model", "chain"};

// Sources in order of strength; a model goes with a provider that no stronger source chose.
enum class Strength { kDefault, kFile, kEnvironment, kFlag };

struct Choice {
  std::string value;
  std::string
      origin;  // "flag --model", "env PRX_MODEL"; "" when it stands in the file or is the default
  Strength strength = Strength::kDefault;
};

// What a flag or a variable says instead of the file.
Choice override_of(const ConfigSource& source, const std::optional<std::string>& flag,
                   const std::string& name, const std::string& variable) {
  if (flag) return {*flag, "flag --" + name, Strength::kFlag};
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

Result<void> check_provider(const LoadContext& context, const Choice& choice, Place place) {
  if (is_table_name(choice.value)) return {};
  const auto what = "the provider " + shown(choice.value) + " is not a name; use A-Z a-z 0-9 _ -";
  if (choice.origin.empty()) return context.error(place, what);
  return fail(ErrorClass::kInvalidRequest, choice.origin + ": " + what);
}

// The provider that [default] itself names: the model beside it is one of its models.
Result<std::string> provider_of_file(const TableReader& reader) {
  const auto* member = reader.find("provider");
  if (!member) return std::string(kProvider);
  return expand_fully(reader.context(), member->node, reader.path_of("provider"));
}

}  // namespace

Result<void> read_default(TableReader& top, LoadState& state) {
  static const Table kNone;
  PRX_TRY_SET(const auto* table, top.table("default"));
  auto& context = top.context();
  TableReader reader(context, table ? *table : kNone, "default", Defaults::kRecord);
  PRX_TRY(reader.only(kKeys));
  const auto& source = context.source();
  PRX_TRY_SET(const auto provider,
              choose(reader, "provider",
                     override_of(source, source.provider, "provider", "PRX_PROVIDER"), kProvider));
  if (const auto* member = reader.find("provider")) state.default_provider = member->node.place;
  PRX_TRY(check_provider(context, provider, state.default_provider));
  PRX_TRY_SET(const auto model,
              choose(reader, "model", override_of(source, source.model, "model", "PRX_MODEL"), ""));
  PRX_TRY_SET(state.config.chain, reader.filled_text("chain", ""));
  if (const auto* member = reader.find("chain")) state.default_chain = member->node.place;

  state.config.provider = provider.value;
  state.config.model = model.value;
  state.config.model_provider = provider.value;
  state.written_provider = provider.value;
  if (provider.strength > Strength::kFile) {
    PRX_TRY_SET(state.written_provider, provider_of_file(reader));
    state.provider_overridden = state.written_provider != provider.value;
    if (model.strength < Strength::kEnvironment)
      state.config.model_provider = state.written_provider;
  }
  return {};
}

}  // namespace prx::config
