#include "cli/onboard/script.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cli/chat/model_hint.hpp"
#include "cli/chat/prompt.hpp"
#include "cli/doctor/target.hpp"
#include "cli/exit_codes.hpp"
#include "cli/json_writer.hpp"
#include "cli/output.hpp"
#include "cli/visible.hpp"
#include "config/did_you_mean.hpp"
#include "config/http_values.hpp"
#include "config/key_command.hpp"
#include "config/mask.hpp"
#include "config/table_reader.hpp"
#include "config/trimmed.hpp"
#include "os/file.hpp"

namespace prx::cli {
namespace {

/// Of a variable that a shell can set.
bool is_variable(std::string_view name) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos &&
         !(name[0] >= '0' && name[0] <= '9') && !config::looks_like_key(name);
}

std::string source_name(KeySource source) {
  switch (source) {
    case KeySource::kVariable:
      return "variable";
    case KeySource::kFile:
      return "file";
    case KeySource::kNothing:
      return "none";
    case KeySource::kKept:
      break;
  }
  return "kept";
}

/// ", such as 'a', 'b' or 'c'", or "".
std::string first_ids(const Catalog& catalog) {
  std::string text;
  const std::size_t count = std::min(catalog.models.size(), kModelHintsMax);
  for (std::size_t i = 0; i < count; ++i)
    text += (i == 0           ? ", such as '"
             : i + 1 == count ? " or '"
                              : ", '") +
            visible_line(catalog.models[i].facts.id) + "'";
  return text;
}

/// On a terminal.
std::string visible_lines(const std::string& text) {
  VisibleText filter;
  std::string shown = filter.feed(text);
  return shown + filter.finish();
}

}  // namespace

int OnboardScript::run() {
  const auto text = settle();
  if (!text) {
    message(text.error().message);
    return text.error().code;
  }
  if (options_.print) {
    for (const std::string& line : session_.cautions(setup_)) message("warning: " + line);
    return print(without_secrets(*text, setup_, session_.present()));
  }
  const std::string diff = session_.diff(setup_, *text);
  const auto changed = write(*text, diff);
  if (!changed) {
    message(changed.error().message);
    return changed.error().code;
  }
  return show(*changed, diff);
}

Result<std::string, OnboardScript::Failure> OnboardScript::text() const {
  auto text = session_.text_for(setup_);
  if (!text) return Unexpected(Failure{kExitConfiguration, text.error().message});
  return std::move(*text);
}

/// The text to write. That there can be one is seen before anybody is asked.
Result<std::string, OnboardScript::Failure> OnboardScript::settle() {
  PRX_TRY(prepare());
  PRX_TRY(text());
  if (!options_.print) PRX_TRY(verify());
  PRX_TRY(settle_models());
  return text();
}

Result<void, OnboardScript::Failure> OnboardScript::prepare() {
  std::vector<std::string> names = options_.providers;
  if (names.empty()) names.push_back(session_.present().provider);
  for (const std::string& name : names) {
    PRX_TRY_SET(ProviderSetup provider, provider_named(name, setup_.providers.empty()));
    const bool repeats = std::any_of(
        setup_.providers.begin(), setup_.providers.end(),
        [&](const ProviderSetup& one) { return one.service.name == provider.service.name; });
    if (repeats) return Unexpected(Failure{kExitUsage, "--provider " + name + " repeats"});
    setup_.providers.push_back(std::move(provider));
  }
  ProviderSetup& first = setup_.providers.front();
  if (options_.model && !config::is_model_name(*options_.model))
    return Unexpected(Failure{kExitUsage, "--model" + std::string(config::kNoModelName)});
  setup_.set_model = session_.present().model_provider != first.service.name;
  if (options_.model) first.model = *options_.model;
  for (ProviderSetup& provider : setup_.providers) {
    const bool is_first = &provider == &first;
    PRX_TRY(is_first ? settle_first_key(provider) : settle_key(provider));
  }
  return {};
}

Result<ProviderSetup, OnboardScript::Failure> OnboardScript::provider_named(const std::string& name,
                                                                            bool is_first) const {
  ProviderSetup provider;
  const Service* const service = session_.find_service(name);
  const bool is_server = is_first && options_.base_url && service == nullptr;
  if (service == nullptr && !is_server) {
    std::vector<std::string_view> names;
    for (const Service& one : session_.services()) names.push_back(one.name);
    return Unexpected(Failure{
        kExitUsage,
        "--provider '" + name + "' is neither a plugin, a preset nor a table of [providers]" +
            config::suggestion(name, names) + "; for a server of its own add --base-url"});
  }
  if (!config::is_table_name(name) || config::looks_like_key(name))
    return Unexpected(Failure{kExitUsage, "--provider: a name has 1 to 64 of A-Z a-z 0-9 _ -"});
  provider.is_server = is_server;
  if (service != nullptr) provider.service = *service;
  if (is_server) provider.service.name = provider.service.title = name;
  if (is_first && options_.base_url) {
    auto url = config::normal_base_url(*options_.base_url);
    if (!url) return Unexpected(Failure{kExitUsage, "--base-url " + url.error().message});
    provider.base_url = std::move(*url);
  }
  return provider;
}

Result<void, OnboardScript::Failure> OnboardScript::settle_first_key(
    ProviderSetup& provider) const {
  if (options_.key_env && options_.key_file)
    return Unexpected(Failure{kExitUsage, "--key-env and --key-file exclude each other"});
  if (options_.key_env) {
    if (!is_variable(*options_.key_env))
      return Unexpected(Failure{kExitUsage, "--key-env takes the name of a variable, not a key"});
    provider.source = KeySource::kVariable;
    provider.variable = *options_.key_env;
    return {};
  }
  if (!options_.key_file) return settle_key(provider);
  if (*options_.key_file == "-") return read_key_from_stdin(provider);
  if (config::looks_like_key(*options_.key_file))
    return Unexpected(Failure{kExitUsage,
                              "--key-file looks like a key, not like a file; write ./ before the "
                              "name of a file"});
  std::error_code ignored;
  provider.source = KeySource::kFile;
  provider.key_path = std::filesystem::absolute(*options_.key_file, ignored);
  provider.key_file = provider.key_path.string();
  const auto content =
      os::read_file(provider.key_path, config::kKeyOutputMax, os::FileKind::kRegular);
  if (!content)
    return Unexpected(
        Failure{kExitKey, "--key-file " + provider.key_file + " " + content.error().message});
  return {};
}

Result<void, OnboardScript::Failure> OnboardScript::read_key_from_stdin(
    ProviderSetup& provider) const {
  auto text = read_all(STDIN_FILENO, config::kKeyOutputMax);
  if (!text) return Unexpected(Failure{kExitUsage, "--key-file -: " + text.error().message});
  std::string key = config::trimmed(*text);
  if (!config::is_key_value(key))
    return Unexpected(
        Failure{kExitKey, "--key-file -: stdin has no key, or one with white space inside"});
  session_.place_key_file(provider);
  provider.key = Secret(std::move(key));
  return {};
}

/// The key that is configured, else that of the variable.
Result<void, OnboardScript::Failure> OnboardScript::settle_key(ProviderSetup& provider) const {
  const ProviderConfig* const table = session_.present().find_provider(provider.service.name);
  const bool own =
      table != nullptr && !table->keys.empty() && !table->keys.front().origin.starts_with("env ");
  if (own || provider.service.keyless) return {};
  const std::string variable = key_variable(provider.service);
  const bool may_have = session_.may_have_vendor_key(provider);
  if (may_have && session_.key_in(variable)) {
    provider.source = KeySource::kVariable;
    provider.variable = variable;
    return {};
  }
  if (provider.is_server) {
    provider.source = KeySource::kNothing;
    return {};
  }
  if (!may_have)
    return Unexpected(Failure{kExitKey, provider.service.name + ": " + variable +
                                            " is not sent to another server than the vendor's by "
                                            "itself; name its key with --key-env or --key-file"});
  const std::string& url = provider.service.key_url;
  return Unexpected(Failure{kExitKey, provider.service.name + " has no key: set " +
                                          key_variable(provider.service) +
                                          ", or give --key-file or --key-env for the first "
                                          "--provider" +
                                          (url.empty() ? "" : "; get one at " + url)});
}

Result<void, OnboardScript::Failure> OnboardScript::verify() {
  for (const ProviderSetup& provider : setup_.providers) {
    Done done{provider.service.name, {}};
    if (!options_.no_verify) done.verdict = session_.verify(provider, stop_);
    if (stop_.stop_requested()) return Unexpected(Failure{kExitInterrupted, "stopped"});
    if (const auto& error = done.verdict.error)
      return Unexpected(Failure{exit_code(error->error_class),
                                provider.service.name + ": " + done.verdict.text +
                                    "; nothing was written (--no-verify writes it all the same)"});
    verdicts_.push_back(std::move(done));
  }
  const ProviderSetup& first = setup_.providers.front();
  return options_.no_verify || !options_.model ? Result<void, Failure>() : verify_model(first);
}

Result<void, OnboardScript::Failure> OnboardScript::verify_model(const ProviderSetup& first) const {
  const auto catalog = session_.catalog(first, stop_);
  if (stop_.stop_requested()) return Unexpected(Failure{kExitInterrupted, "stopped"});
  if (!catalog || catalog->models.empty() || !is_listable(first.model)) return {};
  if (session_.find_model(*catalog, first, first.model) != nullptr) return {};
  std::vector<std::string_view> ids;
  for (const CatalogModel& one : catalog->models) ids.push_back(one.facts.id);
  const std::string hint = did_you_mean(nearest_models(first.model, ids));
  return Unexpected(Failure{kExitRefused, first.service.name + " lists no model '" + first.model +
                                              "'; " + (hint.empty() ? "" : hint + " ") +
                                              "prx models lists them all; nothing was written "
                                              "(--no-verify writes it all the same)"});
}

Result<void, OnboardScript::Failure> OnboardScript::settle_models() {
  for (ProviderSetup& provider : setup_.providers)
    if (provider.model.empty())
      PRX_TRY(settle_model(provider, &provider == &setup_.providers.front()));
  return {};
}

/// Asks for the list only where nothing else names a model.
Result<void, OnboardScript::Failure> OnboardScript::settle_model(ProviderSetup& provider,
                                                                 bool is_first) const {
  if (const std::string known = session_.usual_model(provider, is_first, nullptr); !known.empty()) {
    if (is_first && setup_.set_model) provider.model = known;
    return {};
  }
  if (options_.no_verify) return {};
  const auto listed = session_.catalog(provider, stop_);
  if (stop_.stop_requested()) return Unexpected(Failure{kExitInterrupted, "stopped"});
  provider.model = session_.usual_model(provider, is_first, listed ? &*listed : nullptr);
  const bool unknown = options_.print && !listed;  // nobody said that the server is there
  if (!provider.model.empty() || !is_first || unknown) return {};
  return Unexpected(Failure{
      kExitUsage, provider.service.name + " has no default model; name one with --model ID" +
                      (listed ? first_ids(*listed) : std::string()) + "; nothing was written"});
}

bool OnboardScript::replaces_a_key() const {
  std::error_code ignored;
  const ProviderSetup& first = setup_.providers.front();
  if (first.source != KeySource::kFile || first.key.empty()) return false;
  if (!std::filesystem::exists(first.key_path, ignored)) return false;
  const auto content = os::read_file(first.key_path, config::kKeyOutputMax, os::FileKind::kRegular);
  return !content || config::trimmed(content->text) != first.key.reveal();
}

/// Whether anything was.
Result<bool, OnboardScript::Failure> OnboardScript::write(const std::string& text,
                                                          const std::string& diff) const {
  const std::string file = session_.file().string();
  if (session_.exists() && !diff.empty()) {
    static_cast<void>(
        write_all(STDERR_FILENO, is_terminal(STDERR_FILENO) ? visible_lines(diff) : diff));
    if (!options_.yes)
      return Unexpected(
          Failure{kExitUsage, file + " would be changed so; add --yes, nothing was written"});
  }
  if (replaces_a_key() && !options_.yes)
    return Unexpected(Failure{kExitUsage, setup_.providers.front().key_path.string() +
                                              " has another key; add --yes to overwrite it, "
                                              "nothing was written"});
  if (const auto done = session_.write(setup_, text); !done)
    return Unexpected(Failure{kExitConfiguration, done.error().message});
  return !diff.empty();
}

int OnboardScript::show(bool changed, const std::string& diff) const {
  if (!options_.json) {
    for (const Done& done : verdicts_)
      if (!done.verdict.text.empty()) message(done.verdict.text);
    for (const std::string& line : session_.cautions(setup_)) message("warning: " + line);
    message(session_.file().string() + (changed ? " is written" : " says all this already") +
            "; next: prx chat \"Hello\", or prx doctor");
    return kExitOk;
  }
  JsonWriter json;
  json.begin_object();
  json.key("file").string(session_.file().string()).key("existed").boolean(session_.exists());
  json.key("changed").boolean(changed).key("diff").string_or_null(diff);
  json.key("providers").begin_array();
  for (std::size_t i = 0; i < setup_.providers.size(); ++i) {
    const ProviderSetup& provider = setup_.providers[i];
    json.begin_object();
    json.key("name").string(provider.service.name);
    json.key("key_source").string(source_name(provider.source));
    json.key("key_variable").string_or_null(provider.variable);
    json.key("key_file").string_or_null(provider.key_path.string());
    json.key("model").string_or_null(provider.model);
    json.key("verified").boolean(verdicts_[i].verdict.verified);
    const auto& credit = verdicts_[i].verdict.credit_left;
    json.key("credit_left");
    credit ? json.number(*credit) : json.null();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return print(json.text() + "\n");
}

}  // namespace prx::cli
