/// \file config.hpp
/// Config: what a TOML file, the environment and flags say, as one value. Start at Config::load.
///
/// Strict: an unknown key, a wrong type, an unset variable or an impossible value is an error that
/// names file, line, column and the nearest valid name. Keys (secrets) are resolved into Secret and
/// never printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/export.hpp"
#include "prx/sdk/error.hpp"

namespace prx {

using Milliseconds = std::chrono::milliseconds;

/// A key. It is never streamed, compared in logs or written; reveal() is called where it is sent.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

/// One key of a provider's pool.
struct ApiKey {
  Secret secret;
  /// For logs and trails: where it came from, "OPENROUTER_API_KEY", "api_key_file"
  std::string label;
  std::string origin;  ///< "env OPENROUTER_API_KEY", "config.toml:7:11"
  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

/// `http_version` of a provider.
enum class HttpVersion { kAuto, k11, k2 };

/// Clocks of a target. nullopt: "off". Defaults are those of configuration.md of prx's
/// documentation.
struct TimeoutConfig {
  std::optional<Milliseconds> connect{10'000};
  std::optional<Milliseconds> head{30'000};
  std::optional<Milliseconds> non_stream{300'000};
  std::optional<Milliseconds> first_token{120'000};
  std::optional<Milliseconds> idle{30'000};
  std::optional<Milliseconds> progress{120'000};
  friend bool operator==(const TimeoutConfig&, const TimeoutConfig&) = default;
};

/// A `[providers.<name>]` table: one instance of a plugin.
struct ProviderConfig {
  std::string name;  ///< the table's name
  /// Kind or id that a plugin's note offers, or a preset's name; defaults to `name`. Resolved, it
  /// is what the preset stands for.
  std::string plugin;
  /// In order; empty: none configured (the plugin's key_env may still give one)
  std::vector<ApiKey> keys;
  std::string base_url;     ///< empty: the plugin's own
  std::string model;        ///< empty: see model_in_use
  std::string key_missing;  ///< when keys is empty: why, and the remedy; "" when it needs none
  /// Added to each request; values may be secret
  std::vector<std::pair<std::string, std::string>> headers;
  std::string extra_body;  ///< JSON object text, "" or "{...}"; its members override the request's
  std::string options;     ///< JSON object text: the plugin's own keys, checked against its note
  /// The same as the file writes them, secrets masked: key -> TOML. Settings hide a value until a
  /// note is found that knows its key.
  std::map<std::string, std::string> options_written;
  /// Values in headers, extra_body (targets' too) and options that came from variables or belong to
  /// secret-named headers or members. For redaction only; never printed.
  std::vector<std::string> secrets;
  TimeoutConfig timeouts;
  HttpVersion http_version = HttpVersion::kAuto;
  std::filesystem::path ca_file;  ///< empty: the system's store
  /// file:line:column of its table; of one without a table, what names it: a place, "flag
  /// --provider", "option provider", "env PRX_PROVIDER", or "" for the usual one that nobody named
  std::string where;

  /// \name Filled from the plugin's note by resolve_config() when a client opens
  /// @{
  std::string problem;                      ///< why it cannot serve ("no plugin offers ..."), or ""
  std::string plugin_id;                    ///< id of the plugin that serves it
  std::string default_model, model_prefix;  ///< of the note
  std::string model_in_use;  ///< asked for when a request names no model; "" when nothing says
  std::string preset;        ///< what stands in for a plugin of that name: "groq", or ""
  /// Of the note or preset, for messages: "Groq", "GROQ_API_KEY", where a person gets a key and
  /// credit. "" of a server that is not known to be the vendor's.
  std::string title, key_env, key_url, credit_url;
  /// @}
  friend bool operator==(const ProviderConfig&, const ProviderConfig&) = default;
};

/// What happens to a stream that breaks after its first delivered token.
enum class Recovery { kError, kSplice, kContinue, kBuffer };

/// `[reliability]`, and what a chain may override of it. See configuration.md of prx's
/// documentation for each.
struct ReliabilityConfig {
  int retries = 2;       ///< 0 to 10
  int attempts_max = 6;  ///< 1 to 20, of the whole chain
  std::optional<Milliseconds> deadline{600'000};
  Milliseconds backoff_base{500};
  Milliseconds backoff_max{8'000};
  Milliseconds retry_after_max{5'000};
  Milliseconds wait_max{60'000};
  Milliseconds finish_grace{2'000};
  std::optional<Milliseconds> hedge_after{10'000};
  double hedge_max_share = 0.10;       ///< 0.0 to 1.0
  int breaker_failures = 3;            ///< 1 to 100
  double breaker_failure_rate = 0.50;  ///< 0.0 to 1.0
  double retry_budget = 0.20;          ///< 0.0 to 1.0
  Recovery recovery = Recovery::kSplice;
  Milliseconds hold{0};
  int hold_tokens = 0;  ///< 0 to 10,000
  bool share_health = false;
  std::optional<std::vector<ErrorClass>> fallback_on;
  std::optional<std::vector<ErrorClass>> retry_on;
  friend bool operator==(const ReliabilityConfig&, const ReliabilityConfig&) = default;
};

/// One target of a chain: a provider, a model, what differs for them.
struct TargetConfig {
  std::string provider;    ///< name of a ProviderConfig
  std::string model;       ///< empty: as for a fallback provider
  std::string extra_body;  ///< JSON object text or ""
  /// Tokens that the model takes; nullopt: unknown. A smaller one is not asked when a request was
  /// too long for another target.
  std::optional<std::int64_t> context_length;
  bool prefill =
      false;  ///< the model goes on from a beginning of its answer: `recovery = "continue"`
  /// Always set: target's, else provider's, chain's, [reliability]'s
  std::optional<TimeoutConfig> timeouts;
  std::string model_in_use;  ///< filled by resolve_config(); see ProviderConfig::model_in_use
  std::string where;         ///< file:line:column, for messages
  friend bool operator==(const TargetConfig&, const TargetConfig&) = default;
};

/// A `[chains.NAME]` table. The short form (`[default] provider`, then `fallback_providers`) is
/// the chain named "default", which always exists and comes first.
struct ChainConfig {
  std::string name;
  std::vector<TargetConfig> targets;  ///< 1 or more, in order
  ReliabilityConfig policy;
  std::string where;  ///< file:line:column
  friend bool operator==(const ChainConfig&, const ChainConfig&) = default;
};

/// Where the code of a plugin runs.
enum class Isolation {
  kNone,     ///< in this process, with all its rights
  kProcess,  ///< in a process of its own that is confined; see isolation.md
};

/// How a plugin is isolated, and what its process may use up.
struct IsolationConfig {
  Isolation isolation = Isolation::kNone;
  int memory_max = 512;                                         ///< MiB, 64 to 65,536
  std::optional<Milliseconds> cpu_max = std::chrono::hours(1);  ///< processor time; nullopt: "off"
  friend bool operator==(const IsolationConfig&, const IsolationConfig&) = default;
};

/// `[plugins]`.
struct PluginsConfig {
  /// A `[plugins.<id>]` table.
  struct Entry {
    std::string id;
    /// Absolute; relative ones were resolved against the file's folder. Empty: it is searched for
    std::filesystem::path path;
    std::string sha256;         ///< 64 hex digits in lower case, or ""
    IsolationConfig isolation;  ///< `isolation` is that of [plugins] when the table has none
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  Isolation isolation = Isolation::kNone;  ///< of plugins whose table says nothing
  std::filesystem::path host;  ///< the program of isolated plugins; empty: that of the installation
  std::vector<std::filesystem::path> dirs;
  std::optional<std::vector<std::string>> allow;  ///< ids; nullopt: all
  std::vector<Entry> entries;
  /// What holds for the plugin of that id.
  [[nodiscard]] PRX_API IsolationConfig isolation_of(std::string_view id) const;
  friend bool operator==(const PluginsConfig&, const PluginsConfig&) = default;
};

/// `[log]`.
struct LogConfig {
  std::string level = "warn";   ///< trace, debug, info, warn, error, off
  std::filesystem::path file;   ///< empty: stderr
  std::string format = "text";  ///< text or json
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

/// A `[serve.keys.NAME]` table: one client's key, and what it may ask for. The key itself is never
/// in a file.
struct ServeKeyConfig {
  std::string name;
  std::string sha256;  ///< of the key: 64 hex digits in lower case
  /// What may be asked for, with `*` for any text: models, "chain:NAME", "provider:NAME"; nullopt:
  /// everything
  std::optional<std::vector<std::string>> models;
  std::optional<int> requests_per_minute;  ///< 1 to 1,000,000; nullopt: any number
  std::optional<int> calls_max;            ///< at once, 1 to 100,000; nullopt: any number
  std::optional<double> budget;            ///< US dollars, 0.01 to 10,000; nullopt: no limit
  /// After which a budget begins anew, 1 minute or more; nullopt: "off", it never does
  std::optional<Milliseconds> budget_window{std::chrono::hours(24)};
  friend bool operator==(const ServeKeyConfig&, const ServeKeyConfig&) = default;
};

/// `[serve.tls]`: the files of a server that speaks HTTPS, both or none.
struct ServeTlsConfig {
  std::filesystem::path certificate;  ///< PEM: its own first, then those that lead to an authority
  std::filesystem::path key;          ///< PEM, not encrypted
  [[nodiscard]] bool is_set() const { return !certificate.empty(); }
  friend bool operator==(const ServeTlsConfig&, const ServeTlsConfig&) = default;
};

/// `[serve]`: what `prx serve` offers its chains on. See serve.md of prx's documentation.
struct ServeConfig {
  /// An address of this machine and a port, 0: any free one; without `keys` a loopback address
  std::string listen = "127.0.0.1:8383";
  ServeTlsConfig tls;
  int connections_max = 10'000;       ///< 1 to 1,000,000
  std::optional<int> loops;           ///< 1 to 64; nullopt: one for each core
  int body_max = 32 << 20;            ///< bytes of a request's body, 1,024 to 1,073,741,824
  Milliseconds idle_timeout{75'000};  ///< of a connection between requests, 1 ms or more
  /// How long answers may take that are under way when it is told to end
  Milliseconds drain_timeout{30'000};
  /// What else than this machine's own a Host header may name, in lower case, without port
  std::vector<std::string> allowed_hosts;
  /// Whose pages may ask: "https://app.example.org", in lower case; empty: no page of another
  /// origin
  std::vector<std::string> allowed_origins;
  /// Where each request has its line: an absolute path, or "stderr"; "": nowhere
  std::string access_log;
  std::vector<ServeKeyConfig> keys;  ///< empty: nobody is asked for one
  friend bool operator==(const ServeConfig&, const ServeConfig&) = default;
};

/// One value of the configuration with where it came from, for `prx config show`.
struct Setting {
  std::string path;  ///< "providers.openrouter.model", "chains.careful.targets.1.model"
  /// As TOML would write it; keys and secret headers masked, "(missing)", "(command)"
  std::string value;
  /// "flag --model" or "option model" (see ConfigSource::has_flags), "env PRX_MODEL",
  /// "/home/me/.config/prx/config.toml:4:9", "default"
  std::string origin;
  friend bool operator==(const Setting&, const Setting&) = default;
};

/// Reads one environment variable; nullopt when unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// The process's environment.
[[nodiscard]] PRX_API Environment process_environment();

/// Where a configuration comes from. Precedence: overrides, environment, file.
struct ConfigSource {
  /// --config; must exist. nullopt: PRX_CONFIG, else the user's file if it exists
  std::optional<std::filesystem::path> file;
  bool no_file = false;                 ///< read no file at all
  std::optional<std::string> provider;  ///< wins over `[default] provider`, as --provider does
  std::optional<std::string> model;     ///< the same of --model
  std::optional<std::string> chain;     ///< the same of --chain; excludes `provider`
  /// Variables: PRX_*, `${...}`, and, when a client opens, keys and base URLs of plugins, plugin
  /// folders and proxies. A host with a vault gives its own: name -> value. Empty: none is set.
  /// Kept by the Config and by the clients that it is given to, and called on the threads that load
  /// it, open them or reload them.
  Environment environment = process_environment();
  /// False: no api_key_file is read, no api_key_command is run, and a key that is missing is no
  /// warning; editors, fuzzing, prx config check --no-keys
  bool read_secrets = true;
  Milliseconds key_command_timeout{10'000};  ///< of each api_key_command
  /// What messages and settings call the three overrides: true: "flag --provider", as of a program
  /// that was given flags; false: "option provider"
  bool has_flags = false;
};

/// A value: copies, compares, and never changes once it was given to a client.
///
/// It comes from load() or parse() alone: they fill it as a whole, and a client goes by its chains.
/// To read it is the use of its members; a member that is changed, or a Config that is filled by
/// hand, does not make another configuration, and Client::open() and reload() refuse one without
/// its chain. To change something, load or parse again with ConfigSource's overrides (`provider`,
/// `model`, `chain`) or with other text.
struct Config {
  std::string provider;        ///< `[default] provider`; "openrouter" when nothing says
  std::string model;           ///< `[default] model`, or ""
  std::string model_provider;  ///< whose model that is: another than `provider` when a flag chose
                               ///< the latter
  /// The chain in force: that of a flag or variable, else `[default] chain`, else "default"; also
  /// when a stronger flag or variable asks for another provider than the file
  std::string chain;
  std::vector<ProviderConfig> providers;  ///< always holds the default provider
  ReliabilityConfig reliability;
  std::vector<std::string> fallback_providers;
  std::vector<ChainConfig> chains;
  PluginsConfig plugins;
  LogConfig log;
  ServeConfig serve;
  std::filesystem::path file;         ///< what was read, or empty
  std::vector<Setting> settings;      ///< every value with its origin, in the order of the file
  std::vector<std::string> warnings;  ///< one line each: a literal key in a readable file, ...
  /// Dotted path -> "file:line:column", for later messages
  std::map<std::string, std::string> places;

  /// What it was read with, for a client that is given no environment of its own; always set by
  /// load() and parse(). Two configurations that differ in it alone are equal.
  struct ReadWith {
    Environment environment;
    friend bool operator==(const ReadWith&, const ReadWith&) { return true; }
  };
  ReadWith read_with;

  /// Reads and checks a configuration; plugins' own keys are checked when a client opens.
  ///
  /// Errors: kInvalidRequest, message "file:line:column: what; remedy". Nothing is printed.
  /// A key that cannot be had (variable unset, file missing, command failed) is a warning and
  /// key_missing. Runs `api_key_command`s (with a limit of 10 s each) and reads `api_key_file`s.
  /// Blocks.
  [[nodiscard]] static PRX_API Result<Config> load(const ConfigSource& source);
  /// The same for TOML text; `name` stands for the file in messages, relative paths resolve against
  /// `folder`.
  [[nodiscard]] static PRX_API Result<Config> parse(std::string_view toml, const std::string& name,
                                                    const std::filesystem::path& folder,
                                                    const ConfigSource& source);

  [[nodiscard]] PRX_API const ProviderConfig* find_provider(std::string_view name) const;
  [[nodiscard]] PRX_API const ChainConfig* find_chain(std::string_view name) const;
  /// Whom a call asks that names nobody: the first target of the chain in force, else `provider`.
  [[nodiscard]] PRX_API const std::string& first_provider() const;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace prx
