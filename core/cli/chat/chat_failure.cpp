#include "cli/chat/chat_failure.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/chat/model_hint.hpp"
#include "cli/configuration.hpp"

namespace prx::cli {
namespace {

/// What is known of the chain's models says that none can serve the request.
bool nobody_was_asked(const CallError& error) {
  return !error.attempts.empty() &&
         std::all_of(error.attempts.begin(), error.attempts.end(),
                     [](const Attempt& attempt) { return attempt.skipped(); });
}

/// Its list as it is known; without one it is asked for, once the refusal is about the model.
Result<Catalog> list_of(Client& client, const std::string& provider, bool may_ask) {
  CatalogOptions how;
  how.fetch = CatalogOptions::Fetch::kNever;
  auto cached = client.catalog(provider, how);
  if (cached || !may_ask) return cached;
  how.fetch = CatalogOptions::Fetch::kWhenOld;
  how.deadline = kListPatience;
  return client.catalog(provider, how);
}

/// The models that a wrong name may have meant.
std::string hint(Client& client, const Error& error, const std::string& provider,
                 const std::string& model) {
  // Some providers answer an unknown model with 400.
  const bool refused = error.error_class == ErrorClass::kInvalidRequest && error.http_status == 400;
  if (model.empty() || !(refused || error.error_class == ErrorClass::kNotFound)) return {};
  const bool names_it = error.message.find(model) != std::string::npos;
  const auto catalog = list_of(client, provider, !refused || names_it);
  if (!catalog) return {};
  std::vector<std::string_view> ids;
  for (const CatalogModel& each : catalog->models) ids.push_back(each.facts.id);
  return did_you_mean(nearest_models(model, ids));
}

}  // namespace

std::string chat_failure(Client& client, const CallError& error, const Wording& words) {
  if (nobody_was_asked(error)) return error.message;  // it says what to do
  const auto config = client.config();
  const std::string& blamed = error.partial.provider;  // whose failure is that of the call
  const std::string& name = blamed.empty() ? config->first_provider() : blamed;
  std::string label, model;
  for (const Attempt& attempt : error.attempts)
    if (attempt.provider == name && attempt.error &&
        attempt.error->error_class == error.error_class) {
      label = attempt.key_label;
      model = attempt.model;
    }
  const std::string text = explain(error, provider_facts(*config, name, label), words);
  const std::string near = hint(client, error, name, model);
  return near.empty() ? text : text + "; " + near;
}

std::string run_failure(Client& client, const RunError& error, const Wording& words) {
  if (!error.rounds_over) return chat_failure(client, error, words);
  const std::size_t answers = error.rounds.size() + 1;
  return "the model still calls tools after " + std::to_string(answers) +
         (answers == 1 ? " answer" : " answers") + "; allow more " +
         std::string(words.more_rounds) + ", or ask for less";
}

}  // namespace prx::cli
