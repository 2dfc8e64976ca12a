#include "cli/doctor/target.hpp"

#include <algorithm>

#include "catalog/needs.hpp"
#include "catalog/shelf.hpp"
#include "cli/amounts.hpp"
#include "cli/chat/model_hint.hpp"
#include "cli/configuration.hpp"
#include "cli/doctor/account.hpp"
#include "cli/doctor/provider.hpp"
#include "cli/doctor/setup.hpp"
#include "cli/duration.hpp"

namespace prx::cli {
namespace {

constexpr double kMillion = 1e6;

const driver::PlannedTarget& target_of(const TargetQuestion& question) {
  return question.chain->targets[question.place];
}

std::string list_models(const ProviderConfig& provider) {
  return "prx models --provider " + provider.name;
}

std::string near_ids(const Catalog& catalog, const std::string& model) {
  std::vector<std::string_view> ids;
  for (const CatalogModel& one : catalog.models) ids.push_back(one.facts.id);
  const std::string text = did_you_mean(nearest_models(model, ids));
  return text.empty() ? text : text + ' ';
}

/// Tools, vision and structured output that nothing but the configuration asks for.
std::string unmet_by_configuration(const driver::PlannedTarget& target, const ModelFacts& facts) {
  for (const std::string* extra :
       {&target.provider->extra_body,
        target.target != nullptr ? &target.target->extra_body : &target.provider->extra_body}) {
    if (extra->empty()) continue;
    const auto index = json::ObjectIndex::parse(*extra);
    if (!index) continue;
    catalog::RequestNeeds needs(*index);
    if (const auto need = catalog::unmet_need(facts, facts.context_length, needs))
      return std::string(catalog::to_string(*need));
  }
  return {};
}

/// What the chain's first target can do and this one cannot.
std::string weaker_than_first(const ModelFacts& facts, const ModelFacts* first) {
  std::string text;
  const auto add = [&](const std::optional<bool>& its, const std::optional<bool>& this_ones,
                       std::string_view name) {
    if (its == true && this_ones == false) text += (text.empty() ? "" : " or ") + std::string(name);
  };
  if (first == nullptr) return text;
  add(first->tools, facts.tools, "tools");
  add(first->vision, facts.vision, "images");
  return text;
}

bool has_prices(const ModelFacts& facts) { return facts.prompt_price && facts.completion_price; }

std::string prices_text(const ModelFacts& facts) {
  return dollars(*facts.prompt_price * kMillion) + " in and " +
         dollars(*facts.completion_price * kMillion) + " out per million tokens";
}

void describe(const ModelFacts& facts, const ListedPrice& elsewhere, Check& row) {
  std::string text = "listed";
  if (facts.context_length) text += ", " + grouped(*facts.context_length) + " tokens";
  if (facts.tools) text += *facts.tools ? ", tools" : ", no tools";
  if (facts.vision) text += *facts.vision ? ", vision" : ", no vision";
  if (has_prices(facts))
    text += ", " + prices_text(facts);
  else if (elsewhere.facts != nullptr)
    text += ", at '" + elsewhere.provider + "' " + prices_text(*elsewhere.facts);
  row.add(CheckStatus::kOk, text);
}

void judge_end(const TargetQuestion& question, const ModelFacts& facts, Check& row) {
  const auto days = days_until(facts.expires);
  if (!days) return;
  const std::string next = "choose another model: " + list_models(*target_of(question).provider);
  if (*days < 0)
    row.add(CheckStatus::kFailure, "deprecated, gone since " + facts.expires, next);
  else
    row.add(CheckStatus::kWarning, "deprecated, will be gone on " + facts.expires, next);
}

void judge_abilities(const TargetQuestion& question, const ModelFacts& facts, Check& row) {
  const driver::PlannedTarget& target = target_of(question);
  const std::string with_tools = list_models(*target.provider) + " --tools";
  if (const std::string need = unmet_by_configuration(target, facts); !need.empty()) {
    row.add(CheckStatus::kFailure, "it cannot do " + need + ", which extra_body asks for",
            "take that out of extra_body, or choose another model: " + with_tools);
  } else if (const auto lacks = weaker_than_first(facts, question.first); !lacks.empty()) {
    row.add(CheckStatus::kWarning,
            "requests with " + lacks + " skip it: the first target takes them, it does not",
            "choose another model: " + with_tools);
  } else if (facts.tools == false) {
    row.add(CheckStatus::kOk, "", "for requests with tools choose another model: " + with_tools);
  }
  const auto& says = target.plan.context_length;
  if (says && facts.context_length && *says > *facts.context_length)
    row.add(CheckStatus::kWarning,
            "context_length = " + std::to_string(*says) + " in the configuration is more",
            "set it to " + std::to_string(*facts.context_length) + ", or leave it out");
}

/// Free models answer few requests: harmless where another target follows.
void judge_price(const TargetQuestion& question, const ModelFacts& facts, Check& row) {
  const bool free = facts.prompt_price == 0.0 && facts.completion_price == 0.0;
  if (!free) return;
  const bool last = question.place + 1 == question.chain->targets.size();
  row.add(last ? CheckStatus::kWarning : CheckStatus::kOk,
          "free: few requests a minute and a day, then 429",
          last ? "add a fallback that is paid for" : "");
}

void judge_list(const TargetQuestion& question, const Catalog& catalog, Check& row) {
  const driver::PlannedTarget& target = target_of(question);
  if (catalog.fetch_error)
    row.add(CheckStatus::kWarning,
            "judged by an old list of models: " + catalog.fetch_error->message);
  if (const ModelFacts* const facts = find_listed(catalog, *target.provider, target.model)) {
    describe(*facts, question.elsewhere, row);
    judge_end(question, *facts, row);
    judge_abilities(question, *facts, row);
    return judge_price(question, *facts, row);
  }
  if (catalog.models.empty() || !is_listable(target.model))
    return row.add(CheckStatus::kOk, "not to be found in a list");
  const bool answers = question.live != nullptr && *question.live && **question.live;
  row.add(answers ? CheckStatus::kWarning : CheckStatus::kFailure,
          "not among the " + std::to_string(catalog.models.size()) + " models that '" +
              target.provider->name + "' lists",
          near_ids(catalog, target.model) + list_models(*target.provider) + " lists them all");
}

std::string cost_text(const ChatResponse& answer) {
  const CallCost cost = cost_of(answer.attempts);
  if (!cost.lower_bound)
    return "cost " + dollars(cost.dollars) + (cost.estimated ? " by the listed prices" : "");
  return cost.dollars > 0.0 ? "cost " + dollars(cost.dollars) + " or more" : "cost not told";
}

void judge_call(const TargetQuestion& question, const ChatResult& result, Check& row) {
  const driver::PlannedTarget& target = target_of(question);
  if (!result) {
    std::string label;
    if (!result.error().attempts.empty()) label = result.error().attempts.back().key_label;
    const auto facts = provider_facts(*question.config, target.provider->name, label);
    const Check failed = failed_check("", "", result.error(), facts);
    return row.add(failed.status, "the call failed: " + failed.what, failed.remedy);
  }
  const auto& attempt = result->attempts.back();
  row.add(CheckStatus::kOk,
          "answered in " + format_duration(attempt.total) + ", " + cost_text(*result));
  if (attempt.first_token && *attempt.first_token > kSlowToken)
    row.add(CheckStatus::kWarning, "its first token took more than " + format_duration(kSlowToken),
            remedy_of_slowness(*target.provider));
}

/// The server is its vendor's, and hence takes the vendor's prefix for what it is. Another one may
/// have whatever it likes under that name.
bool has_vendors_names(const ProviderConfig& provider) {
  return !provider.model_prefix.empty() && !provider.title.empty();
}

}  // namespace

const ModelFacts* find_priced(const Catalog& catalog, const ProviderConfig& provider,
                              const std::string& model) {
  if (!has_vendors_names(provider)) return nullptr;
  const std::string& prefix = provider.model_prefix;
  const std::string name = model.starts_with(prefix) ? model : prefix + model;
  for (const CatalogModel& one : catalog.models)
    if (one.facts.id == name && has_prices(one.facts)) return &one.facts;
  return nullptr;
}

const ModelFacts* find_listed(const Catalog& catalog, const ProviderConfig& provider,
                              const std::string& model) {
  std::string_view asked = model;
  if (has_vendors_names(provider) && asked.starts_with(provider.model_prefix))
    asked.remove_prefix(provider.model_prefix.size());
  for (const std::string_view whole : {std::string_view(model), asked})
    for (const std::string_view name : catalog::listed_names(whole))
      for (const CatalogModel& one : catalog.models)
        if (one.facts.id == name || one.facts.id == std::string(name) + ":latest")
          return &one.facts;
  return nullptr;
}

bool is_listable(const std::string& model) { return !catalog::listed_names(model).empty(); }

std::string target_subject(const driver::PlannedChain& chain, std::size_t place) {
  const driver::PlannedTarget& target = chain.targets[place];
  const std::string name = chain.chain == nullptr ? std::string() : chain.chain->name;
  return name + '#' + std::to_string(target.place + 1) + ' ' + target.provider->name + ' ' +
         (target.model.empty() ? "(no model)" : target.model);
}

Check judge_target(const TargetQuestion& question) {
  const driver::PlannedTarget& target = target_of(question);
  Check row{CheckStatus::kOk, "target", target_subject(*question.chain, question.place), "", ""};
  if (!target.left_out.empty()) {
    const bool in_force =
        question.chain->chain != nullptr && question.chain->chain->name == question.config->chain;
    return split_check(in_force ? CheckStatus::kFailure : CheckStatus::kWarning, row.check,
                       row.subject, target.left_out);
  }
  if (question.catalog != nullptr && *question.catalog) {
    judge_list(question, **question.catalog, row);
  } else if (question.catalog != nullptr) {
    const auto facts = provider_facts(*question.config, target.provider->name, "");
    const Error& error = question.catalog->error();
    if (error.error_class == ErrorClass::kUnsupported)
      row.add(CheckStatus::kOk, "not looked for: the plugin lists no models");
    else
      row.add(CheckStatus::kWarning, "its list of models cannot be read: " + error.message,
              remedy(error, facts, kQueryWording));
  }
  if (question.live != nullptr && *question.live) judge_call(question, **question.live, row);
  return row;
}

ChatResult call_target(Client& client, const driver::PlannedTarget& target,
                       std::chrono::milliseconds timeout) {
  ChatRequest request;
  request.model = target.model;
  request.messages = {Message::user("Hi")};
  request.max_tokens = 1;
  if (target.target != nullptr) request.extra = target.target->extra_body;
  CallOptions options;
  options.provider = target.provider->name;
  options.deadline = timeout;
  return client.chat(request, options);
}

}  // namespace prx::cli
