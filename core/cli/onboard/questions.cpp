#include "cli/onboard/questions.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "cli/onboard/models.hpp"
#include "cli/output.hpp"
#include "config/http_values.hpp"
#include "config/mask.hpp"
#include "config/table_reader.hpp"

namespace prx::cli {
namespace {

constexpr std::size_t kPicksMax = 20;  // as many as a chain has targets

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t,", at)) != std::string::npos) {
    const std::size_t end = std::min(line.find_first_of(" \t,", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::size_t number_of(const std::string& word) {
  std::size_t number = 0;
  const char* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? number : 0;
}

}  // namespace

// --- providers

Result<std::vector<ProviderSetup>> OnboardQuestions::pick_providers() {
  std::vector<std::vector<std::string>> table;
  std::string usual = "1";
  for (std::size_t i = 0; i < session_.services().size(); ++i) {
    const Service& service = session_.services()[i];
    if (service.name == session_.present().provider) usual = std::to_string(i + 1);
    std::string state = service.keyless ? "on this machine, no key" : service.key_env;
    if (session_.key_in(service.key_env)) state = service.key_env + " is set";
    table.push_back({std::to_string(i + 1) + ")", service.title, service.name, state});
  }
  table.push_back({std::to_string(table.size() + 1) + ")", "Another server", "",
                   "one that speaks OpenAI's protocol, by its address"});
  dialogue_.say("Which providers? The first is asked first, the others can be its fallbacks.\n" +
                table_text(table));
  while (true) {
    PRX_TRY_SET(const std::string line, dialogue_.ask("Numbers or names [" + usual + "]: "));
    PRX_TRY_SET(auto picks, read_picks(line.empty() ? usual : line));
    if (!picks.empty()) return picks;
  }
}

Result<std::vector<ProviderSetup>> OnboardQuestions::read_picks(const std::string& line) {
  std::vector<ProviderSetup> picks;
  const auto& services = session_.services();
  const auto words = words_of(line);
  if (words.size() > kPicksMax) {
    dialogue_.say("At most " + std::to_string(kPicksMax) + " providers");
    return picks;
  }
  for (const std::string& word : words) {
    const std::size_t number = number_of(word);
    const Service* const named = session_.find_service(word);
    ProviderSetup pick;
    if (number == services.size() + 1) {
      PRX_TRY_SET(pick, ask_server());
    } else if (named != nullptr || (number >= 1 && number <= services.size())) {
      pick.service = named != nullptr ? *named : services[number - 1];
    } else {
      dialogue_.say("'" + word + "' is none of them");
      return std::vector<ProviderSetup>();
    }
    const bool repeats = std::any_of(picks.begin(), picks.end(), [&](const ProviderSetup& one) {
      return one.service.name == pick.service.name;
    });
    if (!repeats) picks.push_back(std::move(pick));
  }
  return picks;
}

Result<std::string> OnboardQuestions::ask_base_url() {
  while (true) {
    PRX_TRY_SET(const std::string url, dialogue_.ask("Its address, up to /v1: "));
    auto normal = config::normal_base_url(url);
    if (normal) return normal;
    dialogue_.say("That URL " + normal.error().message);
  }
}

Result<std::string> OnboardQuestions::ask_name() {
  while (true) {
    PRX_TRY_SET(std::string name, dialogue_.ask("A name for it [local]: "));
    if (name.empty()) name = "local";
    if (session_.find_service(name) != nullptr || session_.present().find_provider(name) != nullptr)
      dialogue_.say("'" + name + "' is taken");
    else if (config::is_table_name(name) && !config::looks_like_key(name))
      return name;
    else
      dialogue_.say("A name has 1 to 64 of A-Z a-z 0-9 _ -");
  }
}

Result<ProviderSetup> OnboardQuestions::ask_server() {
  ProviderSetup server;
  server.is_server = true;
  PRX_TRY_SET(server.base_url, ask_base_url());
  PRX_TRY_SET(server.service.name, ask_name());
  server.service.title = server.service.name;
  return server;
}

// --- keys

Result<bool> OnboardQuestions::is_good(const ProviderSetup& provider) {
  if (!verify_) return true;
  const KeyVerdict verdict = session_.verify(provider, dialogue_.stop());
  if (dialogue_.stop().stop_requested()) return fail(ErrorClass::kCancelled, "");
  dialogue_.say(verdict.text);
  if (!verdict.error) return true;
  if (verdict.is_refused()) return false;
  return ask_yes(dialogue_, "Take it unchecked?", false);
}

Result<bool> OnboardQuestions::offer_present(ProviderSetup& provider) {
  const ProviderConfig* const known = session_.present().find_provider(provider.service.name);
  if (known == nullptr || known->keys.empty()) return false;
  const ApiKey& key = known->keys.front();
  if (key.origin.starts_with("env ")) return false;  // the variable is offered itself
  PRX_TRY_SET(const bool yes, ask_yes(dialogue_,
                                      "It has a key from " + key.label + " (" +
                                          config::masked_key(key.secret.reveal()) + "): keep it?",
                                      true));
  if (!yes) return false;
  provider.source = KeySource::kKept;
  return is_good(provider);
}

Result<bool> OnboardQuestions::offer_variable(ProviderSetup& provider) {
  const std::string& variable = provider.service.key_env;
  const auto key = session_.key_in(variable);
  if (!key) return false;
  if (!session_.may_have_vendor_key(provider)) {
    dialogue_.say(variable + " is set; it is not taken for another server than the vendor's");
    return false;
  }
  PRX_TRY_SET(
      const bool yes,
      ask_yes(dialogue_, variable + " is set (" + config::masked_key(*key) + "): use it?", true));
  if (!yes) return false;
  provider.source = KeySource::kVariable;
  provider.variable = variable;
  return is_good(provider);
}

Result<bool> OnboardQuestions::paste_key(ProviderSetup& provider) {
  while (true) {
    auto line = dialogue_.secret("Paste the key; it is not shown (Enter: leave it out): ");
    if (!line && line.error().error_class == ErrorClass::kCancelled)
      return Unexpected(line.error());
    if (!line) {
      dialogue_.say(line.error().message);
      continue;
    }
    if (line->empty()) return false;
    if (!config::is_key_value(*line)) {
      dialogue_.say("That is no key: it has white space or other characters that none has");
      continue;
    }
    dialogue_.say(std::to_string(line->size()) + " characters came, " + config::masked_key(*line));
    provider.key = Secret(std::move(*line));
    PRX_TRY_SET(const bool good, is_good(provider));
    if (good) return true;
    provider.key = Secret();
  }
}

/// Where a pasted key stays.
Result<bool> OnboardQuestions::keep_key(ProviderSetup& provider) {
  session_.place_key_file(provider);
  const std::string file = provider.key_path.string();
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(provider.key_path, ignored);
  PRX_TRY_SET(const bool write,
              ask_yes(dialogue_,
                      is_there ? file + " is there already: overwrite it with this key?"
                               : "Keep the key in " + file + ", readable by you alone?",
                      !is_there));
  if (write) return true;
  provider.source = KeySource::kVariable;
  provider.variable = key_variable(provider.service);
  dialogue_.say("The configuration will name the variable; before you use prx, set it:\n  export " +
                provider.variable + "=...");
  return true;
}

Result<bool> OnboardQuestions::settle_key(ProviderSetup& provider) {
  dialogue_.say("\n" + provider.service.title);
  PRX_TRY_SET(const bool kept, offer_present(provider));
  if (kept) return true;
  PRX_TRY_SET(const bool from_variable, offer_variable(provider));
  if (from_variable) return true;
  if (provider.service.keyless) {
    provider.source = KeySource::kKept;
    return is_good(provider);
  }
  if (!provider.service.key_url.empty())
    dialogue_.say("A key is got at " + provider.service.key_url);
  if (provider.is_server) {
    PRX_TRY_SET(const bool needs, ask_yes(dialogue_, "Does it want a key?", false));
    provider.source = KeySource::kNothing;
    if (!needs) return is_good(provider);
  }
  PRX_TRY_SET(const bool pasted, paste_key(provider));
  if (!pasted) return false;
  return keep_key(provider);
}

// --- models

Result<void> OnboardQuestions::settle_model(ProviderSetup& provider, bool is_first) {
  dialogue_.say("\nModel of " + provider.service.title);
  Result<std::string> chosen = std::string();
  Result<Catalog> catalog = fail(ErrorClass::kUnsupported, "");
  if (verify_) catalog = session_.catalog(provider, dialogue_.stop());
  if (dialogue_.stop().stop_requested()) return fail(ErrorClass::kCancelled, "");
  if (verify_ && !catalog) dialogue_.say("Its models are not known: " + catalog.error().message);
  const std::string usual = session_.usual_model(provider, is_first, catalog ? &*catalog : nullptr);
  if (catalog && !catalog->models.empty())
    chosen = choose_from(dialogue_, *catalog, usual);
  else
    chosen = ask_model(dialogue_, usual);
  PRX_TRY(chosen);
  provider.model = *chosen;  // a default too: without it a fallback may be asked for the first's
  return {};
}

Result<void> OnboardQuestions::settle_fallbacks(Setup& setup) {
  const std::string& first = setup.providers.front().service.title;
  for (std::size_t i = 1; i < setup.providers.size(); ++i) {
    PRX_TRY_SET(const bool yes, ask_yes(dialogue_,
                                        "Ask " + setup.providers[i].service.title + " when " +
                                            (i == 1 ? first : "those before") + " fails?",
                                        true));
    setup.providers[i].is_fallback = yes;
  }
  return {};
}

// --- the end

Result<bool> OnboardQuestions::confirm_and_write(const Setup& setup) {
  PRX_TRY_SET(const std::string text, session_.text_for(setup));
  const std::string diff = session_.diff(setup, text);
  const bool has_key = std::any_of(
      setup.providers.begin(), setup.providers.end(), [](const ProviderSetup& provider) {
        return provider.source == KeySource::kFile && !provider.key.empty();
      });
  if (diff.empty() && !has_key) {
    dialogue_.say("\n" + session_.file().string() + " says all this already.");
    return true;
  }
  dialogue_.say("\n" + (session_.exists() ? diff : text));
  const std::string file = session_.file().string();
  PRX_TRY_SET(const bool yes,
              ask_yes(dialogue_,
                      session_.exists() ? "Change " + file + " so?" : "Write " + file + "?", true));
  if (!yes) {
    dialogue_.say("Nothing was changed.");
    return false;
  }
  PRX_TRY(session_.write(setup, text));
  dialogue_.say(file + " is written.");
  return true;
}

Result<bool> OnboardQuestions::run() {
  dialogue_.say("This sets prx up: " + session_.file().string() +
                (session_.exists() ? ", which is there already" : ", which will be made") +
                ".\nCtrl-C leaves and changes nothing.\n");
  Setup setup;
  while (setup.providers.empty()) {
    PRX_TRY_SET(auto picks, pick_providers());
    for (ProviderSetup& pick : picks) {
      PRX_TRY_SET(const bool ready, settle_key(pick));
      if (ready)
        setup.providers.push_back(std::move(pick));
      else
        dialogue_.say(pick.service.title + " is left out.");
    }
  }
  for (std::size_t i = 0; i < setup.providers.size(); ++i)
    PRX_TRY(settle_model(setup.providers[i], i == 0));
  PRX_TRY(settle_fallbacks(setup));
  setup.set_model = session_.present().model_provider != setup.providers.front().service.name;
  PRX_TRY_SET(const bool written, confirm_and_write(setup));
  for (const std::string& line : session_.cautions(setup)) dialogue_.say(line);
  if (written) dialogue_.say("Next: prx chat \"Hello\", or prx doctor to check it all.");
  return written;
}

}  // namespace prx::cli
