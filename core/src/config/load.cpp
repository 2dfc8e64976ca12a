#include <algorithm>
#include <cstdlib>
#include <span>
#include <utility>

#include "config/file_place.hpp"
#include "config/mask.hpp"
#include "config/sections.hpp"
#include "os/file.hpp"
#include "prx/config.hpp"

namespace prx {
namespace {

using config::Input;

constexpr std::array<std::string_view, 7> kSections = {
    "default", "providers", "reliability", "chains", "plugins", "log", "serve"};

// Where a key belongs that stands above the first section; "" when nobody knows it.
std::string_view section_of(std::string_view key) {
  const auto among = [key](std::span<const std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  if (among(config::kDefaultKeys)) return "[default]";
  if (among(config::reliability_keys())) return "[reliability]";
  if (among(config::kProviderKeys)) return "[providers.<name>]";
  if (among(config::kLogKeys)) return "[log]";
  if (among(config::kServeKeys)) return "[serve]";
  return {};
}

// The sections, and a remedy for a key that is outside of its own.
Result<void> check_top(const config::TableReader& top) {
  for (const auto& member : top.members()) {
    const auto section = section_of(member.key);
    if (!section.empty() && !member.node.as<config::Table>())
      return top.context().error(member.place, "unknown key " + top.name_of(member.key) +
                                                   " above the first section; put it below " +
                                                   std::string(section));
  }
  return top.only(kSections);
}

Result<Config> read_sections(std::string_view toml, Input input, const ConfigSource& source) {
  PRX_TRY_SET(const auto document, config::parse_document(toml, input.name));
  config::LoadContext context(std::move(input), source);
  config::TableReader top(context, *document.as<config::Table>(), "");
  PRX_TRY(check_top(top));
  config::LoadState state;
  PRX_TRY(read_reliability(top, state));
  PRX_TRY(read_default(top, state));
  PRX_TRY(read_providers(top, state));
  PRX_TRY(read_chains(top, state));
  PRX_TRY(read_plugins(top, state));
  PRX_TRY(read_log(top, state));
  PRX_TRY(read_serve(top, state));
  config::add_implicit_providers(context, state);
  PRX_TRY(check_chains(context, state));
  context.finish(state.config);
  return std::move(state.config);
}

Environment no_environment() {
  return [](const std::string&) { return std::nullopt; };
}

Result<Config> read_text(std::string_view toml, Input input, const ConfigSource& source) {
  auto config = read_sections(toml, std::move(input), source);
  if (!config) {
    config.error().message = config::without_keys(std::move(config.error().message));
    return config;
  }
  config::hide_keys(*config);
  config->read_with.environment = source.environment ? source.environment : no_environment();
  return config;
}

// The file that somebody named, or the user's own when it exists.
std::optional<std::filesystem::path> find_file(const ConfigSource& source) {
  if (source.no_file) return std::nullopt;
  auto place = config::file_place(source.file, source.environment);
  if (!place) return std::nullopt;
  std::error_code ignored;
  const bool is_there = place->is_named || std::filesystem::status(place->path, ignored).type() !=
                                               std::filesystem::file_type::not_found;
  return is_there ? std::optional(std::move(place->path)) : std::nullopt;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

Result<Config> Config::load(const ConfigSource& source) {
  const auto file = find_file(source);
  if (!file) return read_text("", {}, source);
  if (file->empty())
    return fail(ErrorClass::kInvalidRequest,
                "the name of the configuration file is empty; name one, or none");
  auto content = os::read_file(*file, config::kDocumentMax, os::FileKind::kAny);
  if (!content)
    return fail(ErrorClass::kInvalidRequest, file->string() + ": " + content.error().message);
  std::error_code ignored;
  auto folder = std::filesystem::absolute(*file, ignored).parent_path();
  PRX_TRY_SET(auto config,
              read_text(content->text,
                        {file->string(), std::move(folder), content->readable_by_others}, source));
  config.file = *file;
  return config;
}

Result<Config> Config::parse(std::string_view toml, const std::string& name,
                             const std::filesystem::path& folder, const ConfigSource& source) {
  return read_text(toml, {name, folder, false}, source);
}

const ProviderConfig* Config::find_provider(std::string_view wanted) const {
  for (const auto& candidate : providers)
    if (candidate.name == wanted) return &candidate;
  return nullptr;
}

const ChainConfig* Config::find_chain(std::string_view wanted) const {
  for (const auto& candidate : chains)
    if (candidate.name == wanted) return &candidate;
  return nullptr;
}

const std::string& Config::first_provider() const {
  const auto* in_force = find_chain(chain);
  return in_force && !in_force->targets.empty() ? in_force->targets.front().provider : provider;
}

}  // namespace prx
