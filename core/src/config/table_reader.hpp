/// \file table_reader.hpp
/// Typed access to the keys of one TOML table: variables replaced, types and ranges checked, every
/// error with its place and a remedy, every value recorded for `config show`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/interpolate.hpp"
#include "config/load_context.hpp"

namespace prx::config {

using Words = std::span<const std::string_view>;

/// Smallest and largest value, both allowed.
template <class T>
struct Range {
  T lowest, highest;
};

enum class Defaults { kRecord, kSkip };  ///< whether absent keys are recorded as settings

/// Borrows context and table. Each reading function returns `fallback` when the key is absent; its
/// errors are kInvalidRequest, "file:line:column: what; remedy".
class TableReader {
 public:
  /// `path` is the dotted name, "" for the top level.
  TableReader(LoadContext& context, const Table& table, std::string path,
              Defaults defaults = Defaults::kSkip);

  /// Fails on the first key that is not one of `keys`, with the nearest of them.
  [[nodiscard]] Result<void> only(Words keys) const;

  [[nodiscard]] Result<std::string> text(std::string_view key, std::string fallback);
  /// A string that is not empty when present.
  [[nodiscard]] Result<std::string> filled_text(std::string_view key, std::string fallback);
  /// The path of a file as it is written; "" when absent. See check_path().
  [[nodiscard]] Result<std::string> path_text(std::string_view key);
  /// A model's name; "" when absent. See is_model_name().
  [[nodiscard]] Result<std::string> model(std::string_view key);
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key);
  [[nodiscard]] Result<std::string_view> word(std::string_view key, Words words,
                                              std::string_view fallback);
  [[nodiscard]] Result<int> integer(std::string_view key, Range<int> range, int fallback);
  [[nodiscard]] Result<double> number(std::string_view key, Range<double> range, double fallback);
  [[nodiscard]] Result<bool> flag(std::string_view key, bool fallback);
  [[nodiscard]] Result<Milliseconds> duration(std::string_view key, Milliseconds lowest,
                                              Milliseconds fallback);
  /// `lowest` or more, or "off".
  [[nodiscard]] Result<std::optional<Milliseconds>> duration_or_off(
      std::string_view key, std::optional<Milliseconds> fallback,
      Milliseconds lowest = Milliseconds{1});
  /// A table as JSON text, variables replaced; "" when absent. Adds what is secret in it to
  /// `secrets`.
  [[nodiscard]] Result<std::string> json_object(std::string_view key,
                                                std::vector<std::string>& secrets);

  /// Records what is shown of a key that is absent.
  void skip(std::string_view key, std::string_view shown_default);

  /// The table below `key`, or nullptr when absent. Fails when it is no table.
  [[nodiscard]] Result<const Table*> table(std::string_view key) const;

  [[nodiscard]] const Member* find(std::string_view key) const;
  [[nodiscard]] const Table& members() const { return table_; }
  [[nodiscard]] LoadContext& context() const { return context_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// "providers.openai.model".
  [[nodiscard]] std::string path_of(std::string_view key) const;
  /// "'model' in [providers.openai]", or "'model'" at the top level.
  [[nodiscard]] std::string name_of(std::string_view key) const;
  /// "'model' in [...] must be a string, not an integer; remedy".
  [[nodiscard]] Unexpected<Error> wrong_type(const Member& member, std::string_view expected,
                                             std::string_view remedy) const;

 private:
  [[nodiscard]] Result<Milliseconds> read_duration(const Member& member, Milliseconds lowest,
                                                   std::string_view or_off) const;
  void record(std::string_view key, const Member* member, std::string value);

  LoadContext& context_;
  const Table& table_;
  std::string path_;
  Defaults defaults_;
};

/// A string node with its variables replaced. `path` names it in messages. An unset variable is
/// left to the caller, in Interpolation::missing.
[[nodiscard]] Result<Interpolation> expand(const LoadContext& context, const Node& node,
                                           const std::string& path);
/// The same where an unset variable is an error.
[[nodiscard]] Result<std::string> expand_fully(const LoadContext& context, const Node& node,
                                               const std::string& path);
/// A value whose secrets must be known: where it stands, whether its name is a secret one, and
/// where they are gathered.
struct SecretScope {
  std::string path;
  bool secret_name = false;
  std::vector<std::string>& secrets;
};
/// A copy of any value with the variables of every string in it replaced. Secrets are: each string
/// that holds a variable's value, that value alone, and each string below a secret name.
[[nodiscard]] Result<Node> expand_all(const LoadContext& context, Node node,
                                      const SecretScope& scope);
/// JSON of an expanded value. Errors: "path: TOML ... cannot be sent as JSON".
[[nodiscard]] Result<std::string> to_json(const LoadContext& context, const Node& node,
                                          const std::string& path);

/// Names of providers and chains: 1 to 64 of A-Z a-z 0-9 _ -.
[[nodiscard]] bool is_table_name(std::string_view name);

inline constexpr std::size_t kModelNameMax = 1'024;  ///< bytes
/// What to say of a name for which is_model_name() does not hold, after what it names.
inline constexpr std::string_view kNoModelName =
    " is no model's name: it is not UTF-8, has control characters or is longer than 1 KiB; correct "
    "it";
/// UTF-8 without control characters, at most kModelNameMax bytes.
[[nodiscard]] bool is_model_name(std::string_view name);

/// Refuses a table whose name looks like a key. `of` as in "a provider".
[[nodiscard]] Result<void> check_name(const LoadContext& context, const Member& member,
                                      std::string_view of);
/// Refuses the path of a file that looks like a key. `name` stands for the member in the message,
/// `path` is its value, variables replaced.
[[nodiscard]] Result<void> check_path(const LoadContext& context, const Member& member,
                                      const std::string& name, std::string_view path);

}  // namespace prx::config
