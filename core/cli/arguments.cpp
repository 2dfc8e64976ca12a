#include "cli/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>

#include <CLI/CLI.hpp>

#include "config/did_you_mean.hpp"

namespace prx::cli {
namespace {

constexpr std::size_t kHelpColumn = 30;

/// CLI11's own usage line knows no words outside options; ours comes from the HelpText.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) {
    column_width(kHelpColumn);
  }
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: " + usage_ + "\n";
  }

 private:
  std::string usage_;
};

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// The parts of a text between separators.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool looks_like_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-' && word != "--";
}

/// All of the text as a number; CLI11 takes "" for none, and says nothing of a range.
template <class T>
T parse_number(const std::string& name, std::string_view text) {
  T value{};
  const std::string_view digits = text.substr(text.starts_with('+') ? 1 : 0);
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  if (error == std::errc::result_out_of_range)
    throw CLI::ValidationError(
        name,
        "'" + std::string(text) + "' is out of range" +
            (std::is_integral_v<T> ? ": at most " + std::to_string(std::numeric_limits<T>::max())
                                   : std::string()));
  if (error != std::errc{} || rest != end)
    throw CLI::ValidationError(name,
                               "'" + std::string(text) + "' is not a " +
                                   (std::is_integral_v<T> ? "whole number" : "number, e.g. 0.7"));
  return value;
}

template <class T>
CLI::Option* add_parsed(CLI::App& app, const std::string& names, std::optional<T>& target,
                        const std::string& help) {
  const auto parse = [&target, names](const std::string& text) {
    target = parse_number<T>(names, text);
  };
  return app.add_option_function<std::string>(names, parse, help);
}

}  // namespace

struct Arguments::Impl {
  CLI::App app;
  std::vector<std::string>* words = nullptr;
  std::vector<std::string>* rest = nullptr;
  std::vector<OptionFacts> options;
  std::optional<Values> word_values;
};

bool OptionFacts::has_name(std::string_view name) const { return contains(names, name); }

Arguments::Arguments(HelpText help) : impl_(std::make_unique<Impl>()) {
  CLI::App& app = impl_->app;
  app.description(std::move(help.description) + "\n");
  app.footer(std::move(help.epilogue));
  app.formatter(std::make_shared<HelpFormatter>(std::move(help.usage)));
  app.set_help_flag("-h,--help", "Print this text");
  keep("-h,--help", "", "Print this text");
  app.allow_extras();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

Arguments::~Arguments() = default;

void Arguments::keep(const std::string& names, const std::string& value_name,
                     const std::string& help, Values values, bool repeatable) {
  if (values.kind == Values::Kind::kText && contains(split(value_name, '|'), "FILE"))
    values.kind = Values::Kind::kFile;
  impl_->options.push_back({split(names, ','), value_name, help, std::move(values), repeatable});
}

void Arguments::flag(const std::string& names, bool& target, const std::string& help) {
  impl_->app.add_flag(names, target, help)->disable_flag_override();
  keep(names, "", help);
}

void Arguments::text(const std::string& names, std::optional<std::string>& target,
                     const std::string& value_name, const std::string& help, Values values) {
  impl_->app.add_option(names, target, help)->option_text(value_name);
  keep(names, value_name, help, std::move(values));
}

void Arguments::number(const std::string& names, std::optional<double>& target,
                       const std::string& help) {
  add_parsed(impl_->app, names, target, help)->option_text("NUMBER");
  keep(names, "NUMBER", help);
}

void Arguments::integer(const std::string& names, std::optional<std::int64_t>& target,
                        const std::string& help) {
  add_parsed(impl_->app, names, target, help)->option_text("N");
  keep(names, "N", help);
}

void Arguments::list(const std::string& names, std::vector<std::string>& target,
                     const std::string& value_name, const std::string& help, Values values) {
  // One value each time, taken as it is: CLI11 would split "[a,b]" where extra arguments are
  // allowed.
  impl_->app.add_option(names, target, help)
      ->option_text(value_name)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  keep(names, value_name, help, std::move(values), true);
}

void Arguments::words(std::vector<std::string>& target, Values values) {
  impl_->words = &target;
  impl_->word_values = std::move(values);
}

void Arguments::rest(std::vector<std::string>& target) {
  impl_->rest = &target;
  impl_->app.prefix_command();
}

Error Arguments::unknown_option(std::string_view word) const {
  std::vector<std::string> names;
  for (const CLI::Option* option : impl_->app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string given(word.substr(0, word.find('=')));
  const std::string_view bare = std::string_view(given).substr(given.find_first_not_of('-'));
  const std::string_view near = config::nearest(bare, views);
  std::string message = "unknown option " + given;
  if (!near.empty())
    message += "; did you mean --" + std::string(near) + "?";
  else if (impl_->words != nullptr)
    message += "; put -- before words that begin with -";
  else
    message += "; --help lists the options";
  return fail(ErrorClass::kInvalidRequest, std::move(message)).error();
}

Result<void> Arguments::take_words() {
  std::vector<std::string> extras = impl_->app.remaining();
  if (impl_->rest != nullptr) {
    if (!extras.empty() && looks_like_option(extras.front()))
      return Unexpected(unknown_option(extras.front()));
    *impl_->rest = std::move(extras);
    return {};
  }
  const auto mark = std::find(extras.begin(), extras.end(), "--");
  const auto option = std::find_if(extras.begin(), mark, looks_like_option);
  if (option != mark) return Unexpected(unknown_option(*option));
  if (mark != extras.end()) extras.erase(mark);
  if (impl_->words == nullptr && !extras.empty())
    return fail(ErrorClass::kInvalidRequest, "unexpected argument '" + extras.front() + "'");
  if (impl_->words != nullptr) *impl_->words = std::move(extras);
  return {};
}

Result<std::vector<std::string>> Arguments::with_empty_values(
    const std::vector<std::string>& arguments) const {
  std::vector<std::string> words;
  bool options = true;
  for (const std::string& word : arguments) {
    const bool ends = word == "--" || (impl_->rest != nullptr && !looks_like_option(word));
    options = options && !ends;
    const std::size_t equals = word.starts_with("--") && options ? word.find('=') : word.npos;
    const std::string name = word.substr(0, equals);
    const CLI::Option* const option =
        equals == word.npos ? nullptr : impl_->app.get_option_no_throw(name);
    if (option != nullptr && option->get_items_expected_max() == 0)
      return fail(ErrorClass::kInvalidRequest, name + " takes no value; leave out =...");
    const bool empty = option != nullptr && equals + 1 == word.size();
    words.push_back(empty ? name : word);
    if (empty) words.emplace_back();
  }
  return words;
}

Result<Arguments::Outcome> Arguments::parse(const std::vector<std::string>& arguments) {
  PRX_TRY_SET(std::vector<std::string> reversed, with_empty_values(arguments));
  std::reverse(reversed.begin(), reversed.end());  // as CLI11 takes them
  try {
    impl_->app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return Outcome::kHelp;
  } catch (const CLI::Error& error) {
    return fail(ErrorClass::kInvalidRequest, one_line(error.what()));
  }
  PRX_TRY(take_words());
  return Outcome::kRun;
}

std::string Arguments::help() const { return impl_->app.help(); }

const std::vector<OptionFacts>& Arguments::options() const { return impl_->options; }

const std::optional<Values>& Arguments::word_values() const { return impl_->word_values; }

}  // namespace prx::cli
