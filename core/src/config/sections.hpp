/// \file sections.hpp
/// One function per section of a configuration; each in the file of its name. They are called in
/// the order below, and fill what those after them need. Errors: kInvalidRequest,
/// "file:line:column: what; remedy".
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/table_reader.hpp"
#include "prx/config.hpp"

namespace prx::config {

using Timeout = std::optional<Milliseconds> TimeoutConfig::*;
/// The clocks that a table sets itself.
using TimeoutOverrides = std::vector<std::pair<Timeout, std::optional<Milliseconds>>>;

inline constexpr std::array<std::pair<std::string_view, Timeout>, 6> kTimeouts = {{
    {"connect_timeout", &TimeoutConfig::connect},
    {"head_timeout", &TimeoutConfig::head},
    {"non_stream_timeout", &TimeoutConfig::non_stream},
    {"first_token_timeout", &TimeoutConfig::first_token},
    {"idle_timeout", &TimeoutConfig::idle},
    {"progress_timeout", &TimeoutConfig::progress},
}};

/// What the sections have read so far.
struct LoadState {
  Config config;
  TimeoutConfig timeouts;  ///< those of [reliability]
  std::map<std::string, TimeoutOverrides> provider_timeouts;
  std::map<std::string, std::vector<std::string>>
      target_secrets;                ///< in the extra_body of targets, by provider
  std::string written_provider;      ///< what the file says, or what it is when nothing says
  bool provider_overridden = false;  ///< by a flag or a variable, with another name than the file's
  bool provider_leads = false;       ///< by a flag or variable that is stronger than the chain's
  std::string chain_origin;          ///< "flag --chain", "option chain", "env PRX_CHAIN", or ""
  std::string provider_origin;  ///< "flag --provider", "option provider", "env PRX_PROVIDER", or ""
  Place default_provider, default_chain, fallback_providers;  ///< in the file
  std::vector<Place> fallback_places;                         ///< of each of its entries
};

inline constexpr std::string_view kUsualProvider = "openrouter";  ///< when nothing says

inline constexpr std::array<std::string_view, 3> kDefaultKeys = {"provider", "model", "chain"};
inline constexpr std::array<std::string_view, 3> kLogKeys = {"level", "file", "format"};
inline constexpr std::array<std::string_view, 11> kServeKeys = {"listen",
                                                                "loops",
                                                                "connections_max",
                                                                "body_max",
                                                                "idle_timeout",
                                                                "drain_timeout",
                                                                "allowed_hosts",
                                                                "allowed_origins",
                                                                "access_log",
                                                                "keys",
                                                                "tls"};
/// Keys of [providers.<name>] that the core knows; all others are the plugin's.
inline constexpr std::array<std::string_view, 17> kProviderKeys = {
    "plugin",       "api_key",         "api_keys",     "api_key_file",       "api_key_command",
    "base_url",     "model",           "headers",      "extra_body",         "http_version",
    "ca_file",      "connect_timeout", "head_timeout", "non_stream_timeout", "first_token_timeout",
    "idle_timeout", "progress_timeout"};

[[nodiscard]] Result<void> read_reliability(TableReader& top, LoadState& state);
[[nodiscard]] Result<void> read_default(TableReader& top, LoadState& state);
[[nodiscard]] Result<void> read_providers(TableReader& top, LoadState& state);
[[nodiscard]] Result<void> read_chains(TableReader& top, LoadState& state);
[[nodiscard]] Result<void> read_plugins(TableReader& top, LoadState& state);
[[nodiscard]] Result<void> read_log(TableReader& top, LoadState& state);
[[nodiscard]] Result<void> read_serve(TableReader& top, LoadState& state);
/// allowed_hosts, allowed_origins and access_log of [serve], and its tables [serve.keys.NAME].
[[nodiscard]] Result<void> read_serve_access(TableReader& reader, ServeConfig& serve);
/// `[serve.tls]`; `serve` reads the table above it.
[[nodiscard]] Result<void> read_serve_tls(TableReader& serve, LoadState& state);

/// Refuses what cannot be the name of a provider. `where` says who names it: a place, a flag.
[[nodiscard]] Result<void> check_provider_name(const std::string& where, std::string_view name);

/// The classes after which the next target is asked when no fallback_on says otherwise: those of
/// the guide's table.
inline constexpr std::array<ErrorClass, 12> kFallbackClasses = {
    ErrorClass::kNetwork,       ErrorClass::kTimeout,     ErrorClass::kOverloaded,
    ErrorClass::kRateLimit,     ErrorClass::kCredit,      ErrorClass::kAuth,
    ErrorClass::kPermission,    ErrorClass::kNotFound,    ErrorClass::kUnsupported,
    ErrorClass::kContextLength, ErrorClass::kBadResponse, ErrorClass::kInternal};

/// The keys of [reliability] that a chain may override, its clocks excepted.
[[nodiscard]] Result<ReliabilityConfig> read_policy(TableReader& reader, ReliabilityConfig base);
/// Names of those keys and of the clocks.
[[nodiscard]] std::vector<std::string_view> policy_keys();
/// Those of [reliability]: these and its own.
[[nodiscard]] std::vector<std::string_view> reliability_keys();

/// As it is written: "splice".
[[nodiscard]] std::string_view recovery_name(Recovery recovery);

[[nodiscard]] Result<TimeoutOverrides> read_timeouts(TableReader& reader);
void apply(const TimeoutOverrides& overrides, TimeoutConfig& timeouts);

/// Adds providers without a table that are in use: the default one, the one that the file names
/// where the model still speaks of it, fallback providers and those of targets. Whether a plugin
/// has their name is known when a client opens. Gives each provider the secrets of its targets.
void add_implicit_providers(const LoadContext& context, LoadState& state);

/// Adds the chain "default" of the short form, then checks every chain against its policy:
/// duplicate targets, more targets than attempts, a deadline below a connect time.
[[nodiscard]] Result<void> check_chains(const LoadContext& context, LoadState& state);

}  // namespace prx::config
