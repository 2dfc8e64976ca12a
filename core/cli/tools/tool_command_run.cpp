#include "cli/tools/tool_command_run.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "cli/json_writer.hpp"
#include "os/child_process.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::cli {
namespace {

using os::ChildCommand;
using os::ChildResult;

Unexpected<Error> told_failed(std::string what) {
  return fail(ErrorClass::kInternal, std::move(what));
}

/// The end of a text, whole characters, without white space around it.
std::string tail(std::string_view text) {
  if (text.size() > kToolErrorsMax) text.remove_prefix(text.size() - kToolErrorsMax);
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0) == 0x80)
    text.remove_prefix(1);
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return repaired_utf8(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

Unexpected<Error> told_status(const ChildResult& result) {
  std::string what = "the command ended without a status";
  if (result.status != -1 && WIFSIGNALED(result.status))
    what = "the command was killed by signal " + std::to_string(WTERMSIG(result.status));
  else if (result.status != -1)
    what = "the command ended with status " + std::to_string(WEXITSTATUS(result.status));
  const std::string said = tail(result.errors.empty() ? result.output : result.errors);
  return told_failed(said.empty() ? what : what + ": " + said);
}

bool is_key_name(std::string_view name, const Config& config) {
  if (name.ends_with("_API_KEY") || name.ends_with("_API_KEYS")) return true;
  return std::any_of(
      config.providers.begin(), config.providers.end(), [name](const ProviderConfig& provider) {
        return provider.key_env == name ||
               std::any_of(provider.keys.begin(), provider.keys.end(), [name](const ApiKey& key) {
                 return key.label == name || key.origin == "env " + std::string(name);
               });
      });
}

/// It is the secret, holds it ("x-api-key: ..."), or is what it was made of ("Bearer ${TOKEN}").
bool tells(std::string_view value, std::string_view secret) {
  constexpr std::size_t kTellingMin = 8;  // bytes; shorter ones are in too many texts by chance
  const auto holds = [](std::string_view text, std::string_view part) {
    return part.size() >= kTellingMin && text.find(part) != std::string_view::npos;
  };
  return value == secret || holds(secret, value) || holds(value, secret);
}

struct Setting {
  std::string_view whole, name, value;
};

std::vector<Setting> own_environment() {
  std::vector<Setting> settings;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view whole(*each);
    const std::size_t equals = std::min(whole.find('='), whole.size());
    settings.push_back(
        {whole, whole.substr(0, equals), whole.substr(std::min(equals + 1, whole.size()))});
  }
  return settings;
}

/// What the configuration keeps to itself, and what the environment calls a key. Not empty ones.
std::vector<std::string_view> secrets_of(const Config& config,
                                         const std::vector<Setting>& settings) {
  std::vector<std::string_view> secrets;
  for (const ProviderConfig& provider : config.providers) {
    for (const ApiKey& key : provider.keys) secrets.emplace_back(key.secret.reveal());
    secrets.insert(secrets.end(), provider.secrets.begin(), provider.secrets.end());
  }
  for (const Setting& setting : settings)
    if (is_key_name(setting.name, config)) secrets.push_back(setting.value);
  std::erase_if(secrets, [](std::string_view secret) { return secret.empty(); });
  return secrets;
}

}  // namespace

std::vector<std::string> environment_without_keys(const Config& config) {
  const auto settings = own_environment();
  const auto secrets = secrets_of(config, settings);
  std::vector<std::string> kept;
  for (const Setting& setting : settings)
    if (!is_key_name(setting.name, config) &&
        std::none_of(secrets.begin(), secrets.end(),
                     [&](std::string_view secret) { return tells(setting.value, secret); }))
      kept.emplace_back(setting.whole);
  return kept;
}

Result<std::string> run_tool_command(const std::string& command, std::string_view input,
                                     const std::vector<std::string>& environment,
                                     const std::stop_token& stop) {
  ChildCommand child;
  child.arguments = {"/bin/sh", "-c", command};
  child.input = input;
  child.environment = &environment;
  child.output_max = ToolBox::kResultMax;
  child.errors_max = kToolErrorsMax;
  child.stop = stop;
  auto ran = os::run_child(child);
  if (!ran) return told_failed("the command " + ran.error().message);
  if (ran->end == ChildResult::End::kStopped) return told_failed("stopped before it ended");
  if (ran->end == ChildResult::End::kTooMuch) return std::move(ran->output);  // the box cuts it
  if (ran->status != 0) return told_status(*ran);
  if (!json::is_utf8(ran->output)) return told_failed("the command's output is not UTF-8 text");
  return std::move(ran->output);
}

Result<ToolBox> tool_box(const ToolWorld& world) {
  ToolBox box;
  for (const ToolCommand& each : world.commands) {
    const auto runs = [&world, &each](const ToolInput& input) {
      return run_tool_command(each.command, input.arguments, world.environment, input.stop);
    };
    PRX_TRY(box.add(each.tool, runs));
  }
  return box;
}

std::function<Result<void>(const ToolInput&)> consent_of(const ToolWorld& world) {
  return [&world](const ToolInput& input) -> Result<void> {
    const auto command =
        std::find_if(world.commands.begin(), world.commands.end(),
                     [&](const ToolCommand& each) { return each.tool.name == input.name; });
    if (command == world.commands.end() || !world.consent)
      return fail(ErrorClass::kInternal, "nobody can be asked about this command");
    return world.consent->ask({input.name, command->command, input.arguments}, input.stop);
  };
}

}  // namespace prx::cli
