#include "cli/doctor/provider.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "cli/configuration.hpp"
#include "cli/doctor/account.hpp"
#include "cli/doctor/setup.hpp"
#include "cli/duration.hpp"
#include "config/mask.hpp"

namespace prx::cli {
namespace {

/// Nobody answered: nothing more can be found out.
bool is_unreachable(const Error& error) {
  return error.http_status == 0 &&
         (error.error_class == ErrorClass::kNetwork || error.error_class == ErrorClass::kTimeout ||
          error.error_class == ErrorClass::kInternal);
}

/// The rows of the keys say it.
bool is_about_the_key(const Error& error) {
  return error.error_class == ErrorClass::kAuth || error.error_class == ErrorClass::kCredit ||
         error.error_class == ErrorClass::kPermission ||
         error.error_class == ErrorClass::kRateLimit;
}

CallOptions options_for(const Questions& questions, std::size_t key) {
  CallOptions options;
  options.deadline = questions.timeout;
  options.key = key;
  return options;
}

/// Why a health check did not end well; nullptr: it did, or there was none.
const Error* problem_of(const std::optional<Result<Reach>>& health) {
  if (!health) return nullptr;
  if (!*health) return &health->error();
  return (*health)->refusal ? &*(*health)->refusal : nullptr;
}

/// A plugin that can do less than its note says, or whose note says nothing.
bool is_unsupported(const Result<Reach>& health) {
  return !health && health.error().error_class == ErrorClass::kUnsupported;
}

/// The account itself says no, or is none: then a health check says nothing else about the key.
bool decides(const Error& error) {
  return is_about_the_key(error) || error.error_class == ErrorClass::kBadResponse;
}

/// \param health  of the first key
KeyAnswer ask_key(Client& client, const std::string& provider, const CallOptions& options,
                  const std::optional<Result<Reach>>& health) {
  KeyAnswer answer;
  auto account = client.account(provider, options);
  if (account) {
    answer.account = std::move(*account);
    return answer;
  }
  answer.tells_none = account.error().error_class == ErrorClass::kUnsupported;
  if (decides(account.error())) {
    answer.error = account.error();
  } else if (!health) {
    answer.unknown = answer.tells_none;
    if (!answer.tells_none) answer.error = account.error();
  } else if (options.key == 0) {
    if (const Error* const problem = problem_of(health)) answer.error = *problem;
  } else if (const auto own = client.health(provider, options); !own) {
    answer.error = own.error();
  }
  return answer;
}

/// The first key that is good; 0 when none is.
std::size_t good_key(const ProviderAnswers& answers) {
  for (std::size_t i = 0; i < answers.keys.size(); ++i)
    if (!answers.keys[i].error) return i;
  return 0;
}

/// As it is now. The catalogue asks with the first key alone.
Result<Catalog> ask_models(Client& client, const std::string& provider, const Questions& questions,
                           std::size_t key) {
  if (key == 0) {
    CatalogOptions options;
    options.fetch = CatalogOptions::Fetch::kAlways;
    options.deadline = questions.timeout;
    return client.catalog(provider, options);
  }
  PRX_TRY_SET(const auto models, client.models(provider, options_for(questions, key)));
  Catalog catalog;
  catalog.provider = provider;
  catalog.fetched = std::chrono::system_clock::now();
  for (const Model& model : models) {
    catalog.models.push_back({read_model(model.json), model.json});
    catalog.models.back().facts.id = model.id;
  }
  return catalog;
}

std::string http_name(int version) {
  if (version == 20) return " over HTTP/2";
  if (version == 11) return " over HTTP/1.1";
  return version == 10 ? " over HTTP/1.0" : "";
}

/// A refusal of the request itself; what is about the key the rows of the keys say.
void judge_refusal(const Config& config, const ProviderConfig& provider, const Error& error,
                   Check& row) {
  if (is_about_the_key(error)) return;
  const Check failed = failed_check("", "", error, provider_facts(config, provider.name, ""));
  const auto bad = std::min(failed.status, how_bad(config, provider.name));
  // Servers of models need not list them.
  const bool harmless = error.error_class == ErrorClass::kNotFound;
  row.add(harmless ? CheckStatus::kWarning : bad, failed.what, failed.remedy);
}

Check judge_reach(const Config& config, const ProviderConfig& provider,
                  const Result<Reach>& reached) {
  Check row{CheckStatus::kOk, "reach", provider.name, "", ""};
  if (!reached) {
    if (is_about_the_key(reached.error())) row.what = "answers";
    judge_refusal(config, provider, reached.error(), row);
    return row;
  }
  const Health& health = reached->health;
  row.what = "answers in " + format_duration(health.latency) + http_name(health.http_version);
  if (health.latency > kSlowAnswer)
    row.add(CheckStatus::kWarning, "that is slow (more than " + format_duration(kSlowAnswer) + ")",
            "prx doctor --live shows the time of each target; " + remedy_of_slowness(provider));
  if (reached->refusal) judge_refusal(config, provider, *reached->refusal, row);
  return row;
}

void judge_key(const Config& config, const ProviderConfig& provider, std::size_t place,
               const ProviderAnswers& answers, Checks& out) {
  const KeyAnswer& answer = answers.keys[place];
  const ApiKey& key = provider.keys[place];
  const std::string subject = provider.keys.size() == 1
                                  ? provider.name
                                  : provider.name + " key " + std::to_string(place + 1);
  const std::string named = config::masked_key(key.secret.reveal()) + " (" + key.origin + ")";
  const ProviderFacts facts = provider_facts(config, provider.name, key.label);
  if (answer.error) {
    Check row = failed_check("key", subject, *answer.error, facts);
    row.what = named + ": " + row.what;
    const Error* const told = problem_of(answers.health);  // by the row "reach"
    const bool repeats = told != nullptr && !is_about_the_key(*told) &&
                         told->error_class == answer.error->error_class;
    if (repeats)
      row = {CheckStatus::kWarning, "key", subject, named + " could not be checked",
             "see the row \"reach\""};
    out.push_back(std::move(row));
    return;
  }
  Check row{CheckStatus::kOk, "key", subject, named, ""};
  row.what += answer.unknown ? " was not checked: the plugin has no operation that would tell"
                             : " is accepted";
  if (answer.account) judge_key_itself(*answer.account, facts, row);
  if (answer.tells_none && !facts.credit_url.empty())
    row.add(CheckStatus::kOk, "nobody but its page tells credit and limits",
            "see " + facts.credit_url);
  out.push_back(std::move(row));
  if (answer.account) judge_account(*answer.account, subject, facts, out);
}

}  // namespace

namespace {
/// Whether what was asked with each key (or without one) failed so.
bool all_failed(const ProviderAnswers& answers, bool (*so)(const Error&)) {
  const Error* const problem = problem_of(answers.health);
  if (answers.keys.empty()) return problem != nullptr && so(*problem);
  return std::all_of(answers.keys.begin(), answers.keys.end(),
                     [so](const KeyAnswer& answer) { return answer.error && so(*answer.error); });
}
}  // namespace

bool is_refused(const ProviderAnswers& answers) { return all_failed(answers, is_about_the_key); }
bool is_rejected(const ProviderAnswers& answers) {
  return all_failed(answers, [](const Error& error) {
    return error.error_class == ErrorClass::kAuth || error.error_class == ErrorClass::kCredit;
  });
}

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < std::min(count, kAtOnceMax); ++i) threads.emplace_back(take);
}

ProviderAnswers ask_provider(Client& client, const ProviderConfig& provider,
                             const Questions& questions) {
  ProviderAnswers answers;
  answers.provider = provider.name;
  if (!provider.problem.empty() || (provider.keys.empty() && !provider.key_missing.empty()))
    return answers;
  if (questions.keys) {
    auto& health = answers.health;
    if (questions.has_health) health = client.reach(provider.name, options_for(questions, 0));
    if (health && is_unsupported(*health)) health.reset();
    answers.has_health = health.has_value();
    if (health && !*health && is_unreachable(health->error())) return answers;
    for (std::size_t i = 0; i < provider.keys.size(); ++i)
      answers.keys.push_back(ask_key(client, provider.name, options_for(questions, i), health));
  }
  if (questions.models && !questions.has_models)
    answers.catalog = fail(ErrorClass::kUnsupported, "the plugin has no models operation");
  else if (questions.models)
    answers.catalog = ask_models(client, provider.name, questions, good_key(answers));
  return answers;
}

void judge_provider(const Config& config, const ProviderAnswers& answers, Checks& out) {
  const ProviderConfig* const provider = config.find_provider(answers.provider);
  if (provider == nullptr || (!answers.health && answers.has_health)) return;
  if (answers.health)
    out.push_back(judge_reach(config, *provider, *answers.health));
  else
    out.push_back({CheckStatus::kOk, "reach", provider->name,
                   "not asked: the plugin has no health operation", ""});
  if (provider->keys.empty()) {
    const Error* const problem = problem_of(answers.health);
    if (problem == nullptr)
      out.push_back({CheckStatus::kOk, "key", provider->name, "it needs none", ""});
    else if (is_about_the_key(*problem))
      out.push_back(failed_check("key", provider->name, *problem,
                                 provider_facts(config, provider->name, "")));
    return;
  }
  for (std::size_t i = 0; i < answers.keys.size(); ++i)
    judge_key(config, *provider, i, answers, out);
}

std::string remedy_of_slowness(const ProviderConfig& provider) {
  std::string text = "choose a faster model or another provider";
  if (provider.plugin_id == "openrouter")
    text += ", or extra_body = { provider = { sort = \"latency\" } }";
  return text;
}

}  // namespace prx::cli
