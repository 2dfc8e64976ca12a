#include "config/secrets.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "config/http_values.hpp"
#include "config/key_command.hpp"
#include "config/mask.hpp"
#include "config/text_values.hpp"
#include "config/trimmed.hpp"
#include "os/file.hpp"

namespace prx::config {
namespace {

constexpr std::array<std::string_view, 4> kSources = {"api_key", "api_keys", "api_key_file",
                                                      "api_key_command"};

// Reads the one source of one provider.
class KeyReader {
 public:
  KeyReader(TableReader& reader, const Member& source, ProviderConfig& provider)
      : reader_(reader), context_(reader.context()), source_(source), provider_(provider) {}

  Result<void> run() {
    if (source_.key == "api_key") return read_key();
    if (source_.key == "api_keys") return read_pool();
    if (source_.key == "api_key_file") return read_key_file();
    return read_command();
  }

 private:
  [[nodiscard]] std::string path() const { return reader_.path_of(source_.key); }

  Result<void> read_key() {
    if (!source_.node.as<std::string>())
      return reader_.wrong_type(source_, "a string", "put it in quotes, or write \"${VARIABLE}\"");
    PRX_TRY(add_text(source_.node, "api_key"));
    record(provider_.keys.empty() ? "(missing)" : masked(provider_.keys[0]));
    return {};
  }

  Result<void> read_pool() {
    const auto* array = source_.node.as<Array>();
    if (!array)
      return reader_.wrong_type(source_, "an array of strings", "write [\"${VARIABLE}\"]");
    if (array->empty() || array->size() > kKeysMax)
      return context_.error(source_.node.place,
                            reader_.name_of("api_keys") +
                                (array->empty() ? " is empty" : " is too long") +
                                "; give it 1 to " + std::to_string(kKeysMax) + " keys");
    std::string shown_keys;
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (!(*array)[i].as<std::string>())
        return context_.error(
            (*array)[i].place,
            reader_.name_of("api_keys") + " must be an array of strings; put each key in quotes");
      PRX_TRY(add_text((*array)[i], "api_keys[" + std::to_string(i + 1) + "]"));
    }
    for (const auto& key : provider_.keys)
      shown_keys += (shown_keys.empty() ? "" : ", ") + masked(key);
    record("[" + shown_keys + "]");
    if (!provider_.keys.empty()) provider_.key_missing.clear();
    return {};
  }

  // A text of the file: a literal key, or one with variables.
  Result<void> add_text(const Node& node, const std::string& label) {
    PRX_TRY_SET(auto value, expand(context_, node, path()));
    const bool literal = value.variables.empty();
    const auto name = value.variables.empty() ? label : value.variables[0];
    if (!value.missing.empty())
      return missing(node.place, value.missing + " is not set", value.missing);
    if (value.text.empty() && literal)
      return context_.error(node.place, path() + " has an empty key; give it a value or remove it");
    if (value.text.empty())
      return missing(node.place, name + " is empty", name, value.empty_by_choice);
    if (literal && context_.input().readable_by_others)
      context_.warn(context_.where(node.place) + ": " + path() +
                    " is written in a file that others can read; run chmod 600 on it, or write "
                    "\"${VARIABLE}\"");
    return add(node.place, std::move(value.text), name);
  }

  Result<void> read_key_file() {
    if (!source_.node.as<std::string>())
      return reader_.wrong_type(source_, "a string", "put the path in quotes");
    PRX_TRY_SET(const auto text, expand_fully(context_, source_.node, path()));
    if (text.empty())
      return context_.error(source_.node.place, path() + " is empty; name a file or remove it");
    PRX_TRY(check_path(context_, source_, path(), text));
    const auto file = context_.resolve(text);
    record(toml_text(std::string_view(text)));
    if (!context_.source().read_secrets) return not_read();
    auto content = os::read_file(file, kKeyOutputMax, os::FileKind::kRegular);
    if (!content)
      return missing(source_.node.place, file.string() + " " + content.error().message, "");
    if (content->readable_by_others)
      context_.warn(context_.where(source_.node.place) + ": " + path() + ": others can read " +
                    file.string() + "; run chmod 600 on it");
    auto key = trimmed(content->text);
    if (key.empty())
      return missing(source_.node.place, file.string() + " is empty; write the key into it", "");
    return add(source_.node.place, std::move(key), "api_key_file");
  }

  Result<void> read_command() {
    KeyCommand command;
    PRX_TRY_SET(command.arguments, arguments());
    const bool cut = std::any_of(
        command.arguments.begin(), command.arguments.end(),
        [](const std::string& argument) { return argument.find('\0') != std::string::npos; });
    if (cut) return context_.error(source_.node.place, path() + " has a NUL character; remove it");
    command.folder = context_.input().folder;
    command.timeout = context_.source().key_command_timeout;
    record("(command)");
    if (!context_.source().read_secrets) return not_read();
    auto key = run_key_command(command);
    if (!key) return missing(source_.node.place, key.error().message, "");
    return add(source_.node.place, std::move(key).value(), "api_key_command");
  }

  Result<std::vector<std::string>> arguments() {
    if (source_.node.as<std::string>()) {
      PRX_TRY_SET(auto line, expand_fully(context_, source_.node, path()));
      if (line.empty()) return no_command();
      return std::vector<std::string>{"/bin/sh", "-c", std::move(line)};
    }
    const auto* array = source_.node.as<Array>();
    if (!array)
      return reader_.wrong_type(source_, "a string or an array of strings",
                                "write [\"program\", \"argument\"]");
    std::vector<std::string> result;
    for (const auto& node : *array) {
      if (!node.as<std::string>())
        return context_.error(node.place, reader_.name_of("api_key_command") +
                                              " must be an array of strings; put each in quotes");
      PRX_TRY_SET(result.emplace_back(), expand_fully(context_, node, path()));
    }
    if (result.empty() || result[0].empty()) return no_command();
    return result;
  }

  Unexpected<Error> no_command() {
    return context_.error(source_.node.place, path() + " is empty; name a command or remove it");
  }

  Result<void> add(Place place, std::string key, const std::string& label) {
    if (!is_key_value(key))
      return context_.error(place, path() + ": the key from " + label +
                                       " has white space or other characters that a header cannot "
                                       "have, or is too long; correct it");
    const bool known =
        std::any_of(provider_.keys.begin(), provider_.keys.end(),
                    [&](const ApiKey& other) { return other.secret.reveal() == key; });
    if (known) {
      context_.warn(context_.where(place) + ": " + path() + ": " + label +
                    " repeats an earlier key and is left out");
      return {};
    }
    provider_.keys.push_back({Secret(std::move(key)), label, context_.where(place)});
    return {};
  }

  // The configuration stays usable; what needs this provider reports it.
  Result<void> missing(Place place, const std::string& what, const std::string& variable,
                       bool by_choice = false) {
    const auto remedy =
        variable.empty() ? "" : "; export it, or change [" + reader_.path() + "] " + source_.key;
    if (provider_.key_missing.empty()) provider_.key_missing = what + remedy;
    if (!by_choice && context_.source().read_secrets)
      context_.warn(context_.where(place) + ": " + path() + ": " + what + remedy);
    return {};
  }

  Result<void> not_read() {
    provider_.key_missing = path() + " was not read";
    return {};
  }

  void record(std::string value) { context_.set(path(), std::move(value), source_.node.place); }
  static std::string masked(const ApiKey& key) {
    return toml_text(std::string_view(masked_key(key.secret.reveal())));
  }

  TableReader& reader_;
  LoadContext& context_;
  const Member& source_;
  ProviderConfig& provider_;
};

}  // namespace

Result<void> read_keys(TableReader& reader, ProviderConfig& provider) {
  const Member* source = nullptr;
  for (const auto& member : reader.members()) {
    if (std::find(kSources.begin(), kSources.end(), member.key) == kSources.end()) continue;
    if (source)
      return reader.context().error(
          member.place,
          "[" + reader.path() + "] has both " + source->key + " and " + member.key + "; keep one");
    source = &member;
  }
  if (!source) return {};
  return KeyReader(reader, *source, provider).run();
}

}  // namespace prx::config
