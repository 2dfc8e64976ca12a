#include <utility>

#include "config/did_you_mean.hpp"
#include "config/mask.hpp"
#include "config/sections.hpp"
#include "config/text_values.hpp"

namespace prx::config {
namespace {

constexpr std::string_view kShortForm = "default";  // the chain that always exists
constexpr std::size_t kTargetsMax = 20;             // as many as attempts_max can be
constexpr std::size_t kChainsMax = 256;
constexpr int kContextMax = 1'000'000'000;  // tokens

std::vector<std::string_view> target_keys() {
  std::vector<std::string_view> keys = {"provider", "model", "extra_body", "context_length",
                                        "prefill"};
  for (const auto& [key, timeout] : kTimeouts) keys.push_back(key);
  return keys;
}

// Reads one [chains.<name>].
class ChainReader {
 public:
  ChainReader(LoadContext& context, const Member& member, const Table& table, LoadState& state)
      : context_(context),
        member_(member),
        state_(state),
        reader_(context, table, "chains." + member.key) {}

  Result<ChainConfig> run() {
    auto keys = policy_keys();
    keys.push_back("targets");
    PRX_TRY(reader_.only(keys));
    chain_.name = member_.key;
    chain_.where = context_.where(member_.place);
    PRX_TRY_SET(chain_.policy, read_policy(reader_, state_.config.reliability));
    PRX_TRY_SET(timeouts_, read_timeouts(reader_));
    PRX_TRY(read_targets());
    return std::move(chain_);
  }

 private:
  Result<void> read_targets() {
    const auto* member = reader_.find("targets");
    if (!member)
      return context_.error(member_.place, "[" + reader_.path() +
                                               "] has no targets; write targets = [ { provider = "
                                               "\"openrouter\" } ]");
    const auto* targets = member->node.as<Array>();
    if (!targets)
      return reader_.wrong_type(*member, "an array of tables", "write [ { provider = \"...\" } ]");
    if (targets->empty() || targets->size() > kTargetsMax)
      return context_.error(member->node.place,
                            reader_.name_of("targets") + " has " + std::to_string(targets->size()) +
                                " entries; give it 1 to " + std::to_string(kTargetsMax));
    for (std::size_t i = 0; i < targets->size(); ++i) {
      PRX_TRY(read_target((*targets)[i], reader_.path_of("targets") + '.' + std::to_string(i + 1)));
    }
    return {};
  }

  Result<void> read_target(const Node& node, const std::string& path) {
    const auto* table = node.as<Table>();
    if (!table)
      return context_.error(node.place, path + " must be a table, not " +
                                            std::string(type_name(node)) +
                                            "; write { provider = \"...\" }");
    context_.mark(path, node.place);
    TableReader reader(context_, *table, path);
    PRX_TRY(reader.only(target_keys()));
    TargetConfig target;
    target.where = context_.where(node.place);
    if (!reader.find("provider"))
      return context_.error(node.place, path + " has no provider; write { provider = \"...\" }");
    PRX_TRY_SET(target.provider, reader.filled_text("provider", ""));
    PRX_TRY(check_provider_name(target.where, target.provider));
    PRX_TRY_SET(target.model, reader.model("model"));
    PRX_TRY_SET(target.extra_body,
                reader.json_object("extra_body", state_.target_secrets[target.provider]));
    if (reader.find("context_length")) {
      PRX_TRY_SET(target.context_length, reader.integer("context_length", {1, kContextMax}, 1));
    }
    PRX_TRY_SET(target.prefill, reader.flag("prefill", false));
    PRX_TRY_SET(const auto overrides, read_timeouts(reader));
    target.timeouts = timeouts_of(target.provider, overrides);
    chain_.targets.push_back(std::move(target));
    return {};
  }

  // The target's own, else its provider's, else the chain's, else those of [reliability].
  [[nodiscard]] TimeoutConfig timeouts_of(const std::string& provider,
                                          const TimeoutOverrides& overrides) const {
    auto timeouts = state_.timeouts;
    apply(timeouts_, timeouts);
    if (const auto found = state_.provider_timeouts.find(provider);
        found != state_.provider_timeouts.end())
      config::apply(found->second, timeouts);
    apply(overrides, timeouts);
    return timeouts;
  }

  LoadContext& context_;
  const Member& member_;
  LoadState& state_;
  TableReader reader_;
  ChainConfig chain_;
  TimeoutOverrides timeouts_;
};

Unexpected<Error> unknown_chain(const LoadContext& context, const LoadState& state,
                                const std::vector<std::string_view>& names) {
  const auto& wanted = state.config.chain;
  const auto what = "unknown chain " + shown(wanted);
  const auto remedy =
      names.empty()
          ? "; add [chains." + (is_table_name(wanted) ? wanted : std::string("<name>")) + "]"
          : suggestion(wanted, names);
  if (state.chain_origin.empty())
    return context.error(state.default_chain, what + " in [default]" + remedy);
  return fail(ErrorClass::kInvalidRequest, state.chain_origin + ": " + what + remedy);
}

// The chain in force: the one that was named, unless another provider was asked for.
Result<void> choose_chain(const LoadContext& context, LoadState& state) {
  auto& config = state.config;
  std::vector<std::string_view> names;
  for (const auto& chain : config.chains) names.push_back(chain.name);
  const bool short_form = config.chain.empty() || config.chain == kShortForm;
  if (!short_form && !config.find_chain(config.chain)) return unknown_chain(context, state, names);
  if (short_form || state.provider_leads) config.chain = kShortForm;
  return {};
}

}  // namespace

Result<void> read_chains(TableReader& top, LoadState& state) {
  static const Table kNone;
  PRX_TRY_SET(const auto* table, top.table("chains"));
  auto& context = top.context();
  const TableReader chains(context, table ? *table : kNone, "chains");
  if (chains.members().size() > kChainsMax)
    return context.error(top.find("chains")->place,
                         "more than " + std::to_string(kChainsMax) + " chains; remove some");
  for (const auto& member : chains.members()) {
    if (!is_table_name(member.key))
      return context.error(
          member.place, "the chain " + shown(member.key) + " is not a name; use A-Z a-z 0-9 _ -");
    PRX_TRY(check_name(context, member, "a chain"));
    if (member.key == kShortForm)
      return context.error(member.place,
                           "the chain 'default' is that of [default] provider and "
                           "fallback_providers; choose another name and set [default] chain");
    PRX_TRY_SET(const auto* content, chains.table(member.key));
    context.mark(chains.path_of(member.key), member.place);
    PRX_TRY_SET(auto chain, ChainReader(context, member, *content, state).run());
    state.config.chains.push_back(std::move(chain));
  }
  return choose_chain(context, state);
}

}  // namespace prx::config
