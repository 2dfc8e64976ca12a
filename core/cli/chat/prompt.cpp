#include "cli/chat/prompt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "cli/output.hpp"
#include "os/descriptor.hpp"
#include "os/file.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::cli {
namespace {

constexpr std::chrono::milliseconds kSilenceBeforeHint{2'000};

Unexpected<Error> bad_input(std::string text) {
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

constexpr std::chrono::milliseconds kPollMax = std::chrono::hours(1);

std::chrono::milliseconds left(const Until& until) {
  if (!until) return kPollMax;
  const auto time =
      std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now());
  return std::clamp<std::chrono::milliseconds>(time, std::chrono::milliseconds(0), kPollMax);
}

/// False when the time is over before there is something to read, or an end.
bool wait_for_input(int fd, const Until& until) {
  pollfd ready{fd, POLLIN, 0};
  while (true) {
    const auto time = left(until);
    const int count = poll(&ready, 1, static_cast<int>(time.count()));
    if (count > 0 || (count < 0 && errno != EINTR)) return true;  // read() has the error's words
    if (time.count() == 0) return false;
  }
}

/// Says what the program waits for when a pipe that nobody writes to was inherited.
void hint_when_silent(int fd, const Until& until) {
  const auto soon = std::chrono::steady_clock::now() + kSilenceBeforeHint;
  if (until && *until <= soon) return;  // what is said then says it too
  if (!wait_for_input(fd, soon))
    message(
        "reading more of the prompt from stdin until it ends; add </dev/null to send the argument "
        "alone");
}

Result<void> check_parameter_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOwned{
      {{"model", "--model"}, {"stream", "--no-stream"}, {"messages", "the prompt and --system"}}};
  for (const auto& [owned, instead] : kOwned) {
    if (name == owned)
      return bad_input("--param " + std::string(name) + ": use " + std::string(instead) +
                       " instead");
  }
  return {};
}

/// The code unit of "\uXXXX" at the beginning of JSON text, or nullopt.
std::optional<unsigned> escaped_unit(std::string_view text) {
  if (text.substr(0, 2) != "\\u" || text.size() < 6) return std::nullopt;
  unsigned unit = 0;
  std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return unit;
}

/// Whether valid JSON text has an escape of half a character: no UTF-8 can carry it.
bool has_lone_surrogate(std::string_view json) {
  for (auto at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at)) {
    const unsigned unit = escaped_unit(json.substr(at)).value_or(0);
    const bool high = unit >= 0xD800 && unit < 0xDC00, low = unit >= 0xDC00 && unit < 0xE000;
    if (low) return true;
    at += unit == 0 ? 2 : 6;
    if (!high) continue;
    const unsigned next = escaped_unit(json.substr(at)).value_or(0);
    if (next < 0xDC00 || next >= 0xE000) return true;
    at += 6;
  }
  return false;
}

Result<void> check_parameter_value(std::string_view name, std::string_view value) {
  if (json::validate(value)) {
    if (!has_lone_surrogate(value)) return {};
    return bad_input(
        "--param " + std::string(name) +
        ": the value has half of a surrogate pair (\\uD800 to \\uDFFF); write both halves, "
        "or the character itself");
  }
  std::string shown =
      "--param " + std::string(name) + ": the value is not JSON; quote strings: --param '";
  shown += std::string(name) + "=" + json::quoted(value) + "'";
  return bad_input(std::move(shown));
}

}  // namespace

InputKind input_kind(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return InputKind::kNothing;
  if (S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode))
    return InputKind::kContent;
  return is_terminal(fd) ? InputKind::kTerminal : InputKind::kNothing;
}

Result<std::string> read_all(int fd, std::size_t max, const Until& until, const std::string& name) {
  std::string text;
  std::array<char, 64u << 10> buffer;
  while (true) {
    if (until && !wait_for_input(fd, until))
      return fail(ErrorClass::kTimeout, "--timeout is over, and " + name + " has not ended");
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got == 0) return text;
    if (got > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
      if (text.size() > max)
        return bad_input(name + " is longer than " + std::to_string(max) +
                         " bytes; make it shorter");
    } else if (errno == EAGAIN) {
      wait_for_input(fd, until);
    } else if (errno != EINTR) {
      return bad_input("cannot read " + name + ": " + os::reason(errno));
    }
  }
}

Result<std::string> read_text_file(const std::string& path, const Until& until) {
  const os::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open())
    return bad_input(path + ": cannot be read: " + os::reason(errno) +
                     "; create it, or correct its path or mode");
  struct stat status {};
  if (fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
    return bad_input(path + ": is a folder; name a file");
  PRX_TRY_SET(std::string text, read_all(file.get(), kTextFileMax, until, path));
  if (text.empty()) return bad_input(path + " is empty; write the text into it");
  return text;
}

PromptParts prompt_parts(const std::vector<std::string>& arguments) {
  PromptParts parts;
  for (const std::string& argument : arguments) {
    if (argument == "-") {
      parts.asks_stdin = true;
      continue;
    }
    if (!parts.words.empty()) parts.words += ' ';
    parts.words += argument;
  }
  return parts;
}

std::string join_prompt(std::string words, std::string input) {
  if (words.empty()) return input;
  if (input.empty()) return words;
  return std::move(words) + "\n\n" + input;
}

Result<std::string> read_prompt(const std::vector<std::string>& arguments, int stdin_fd,
                                const Until& until) {
  PromptParts parts = prompt_parts(arguments);
  std::string input;
  const InputKind kind = input_kind(stdin_fd);
  if (parts.asks_stdin || kind == InputKind::kContent) {
    const bool inherited = !parts.words.empty() && !parts.asks_stdin;
    if (kind == InputKind::kContent && inherited) hint_when_silent(stdin_fd, until);
    auto text = read_all(stdin_fd, kPromptMax, until);
    if (!text && text.error().error_class == ErrorClass::kTimeout)
      text.error().message += inherited ? "; add </dev/null to send the argument alone"
                                        : "; end it, or allow more time";
    PRX_TRY_SET(input, std::move(text));
  }
  std::string prompt = join_prompt(std::move(parts.words), std::move(input));
  if (prompt.empty())
    return bad_input("no prompt; give it as an argument (prx chat \"Hello\") or on stdin");
  if (!json::is_utf8(prompt))
    return bad_input("the prompt is not UTF-8; convert it first, e.g. with iconv");
  return prompt;
}

Result<std::string> parameters_json(const std::vector<std::string>& settings) {
  std::string object;
  std::vector<std::string_view> names;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    const std::string_view name = std::string_view(setting).substr(0, equals);
    if (equals == std::string::npos || name.empty() || !json::is_utf8(name))
      return bad_input("--param " + setting + ": write name=json, e.g. --param top_p=0.9");
    const std::string_view value = std::string_view(setting).substr(equals + 1);
    PRX_TRY(check_parameter_name(name));
    PRX_TRY(check_parameter_value(name, value));
    if (std::find(names.begin(), names.end(), name) != names.end())
      return bad_input("--param " + std::string(name) + " is given twice");
    names.push_back(name);
    object += object.empty() ? "{" : ",";
    json::append_quoted(object, name);
    object.append(":").append(value);
  }
  if (!object.empty()) object += '}';
  return object;
}

}  // namespace prx::cli
