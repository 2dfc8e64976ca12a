/// \file arguments.hpp
/// Arguments: what a verb can be told, declared as data, read from a command line. The only user of
/// CLI11 is behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::cli {

/// What surrounds the list of options in a help text.
struct HelpText {
  std::string usage;        ///< "prx chat [OPTIONS] [PROMPT...]"
  std::string description;  ///< paragraphs above the options
  std::string epilogue;     ///< examples, exit codes: below the options
};

/// What a value may be, for shells that complete it. Nothing is checked by it.
struct Values {
  /// kPlugin: an id; kPluginOrFile: with a slash or a dot a file. kFault: TARGET=FAULT of
  /// `prx plan --fail`
  enum class Kind {
    kText,
    kFile,
    kProvider,
    kChain,
    kModel,
    kPlugin,
    kPluginOrFile,
    kFault,
    kChoice
  };
  Kind kind = Kind::kText;
  std::vector<std::string> choices;  ///< of kChoice
};

/// One option as it was declared.
struct OptionFacts {
  std::vector<std::string> names;  ///< "-q", "--quiet"
  std::string value_name;          ///< "" of a flag
  std::string help;                ///< one line
  Values values;
  bool repeatable = false;
  [[nodiscard]] bool takes_value() const { return !value_name.empty(); }
  [[nodiscard]] bool has_name(std::string_view name) const;
};

/// The options of one verb. Targets are borrowed until parse() returned, and are set by it.
class Arguments {
 public:
  explicit Arguments(HelpText help);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  /// `names` as "-q,--quiet" or "--quiet"; `value_name` as "NAME"; `help` is one line.
  /// Values of a kind that nobody gives are files where FILE is an alternative of `value_name`
  /// ("FILE|URL"), else any text.
  void flag(const std::string& names, bool& target, const std::string& help);
  void text(const std::string& names, std::optional<std::string>& target,
            const std::string& value_name, const std::string& help, Values values = {});
  void number(const std::string& names, std::optional<double>& target, const std::string& help);
  void integer(const std::string& names, std::optional<std::int64_t>& target,
               const std::string& help);
  /// Repeatable; one value each time.
  void list(const std::string& names, std::vector<std::string>& target,
            const std::string& value_name, const std::string& help, Values values = {});
  /// Takes the words that belong to no option; without it such words are an error.
  void words(std::vector<std::string>& target, Values values = {});
  /// Reading stops at the first word; it and all that follows goes to `target` unread.
  void rest(std::vector<std::string>& target);

  enum class Outcome { kRun, kHelp };
  /// Reads the arguments, the program's name not among them. kHelp when -h or --help was given.
  /// Errors: kInvalidRequest, one line with the nearest option's name.
  [[nodiscard]] Result<Outcome> parse(const std::vector<std::string>& arguments);
  [[nodiscard]] std::string help() const;

  /// In the order of their declaration, after -h.
  [[nodiscard]] const std::vector<OptionFacts>& options() const;
  /// What words() takes; nullopt: no words.
  [[nodiscard]] const std::optional<Values>& word_values() const;

 private:
  void keep(const std::string& names, const std::string& value_name, const std::string& help,
            Values values = {}, bool repeatable = false);
  /// "--name=" as two words, since CLI11 would take the next one for its value. Errors: a flag with
  /// a value.
  [[nodiscard]] Result<std::vector<std::string>> with_empty_values(
      const std::vector<std::string>& arguments) const;
  [[nodiscard]] Result<void> take_words();
  [[nodiscard]] Error unknown_option(std::string_view word) const;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace prx::cli
