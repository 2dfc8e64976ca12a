#include "reliability/failure.hpp"

#include <algorithm>
#include <cctype>
#include <map>

namespace prx::reliability {

namespace {

/// Lower is more useful.
int rank(const Failure& failure) {
  const bool first = failure.target == 0;
  switch (failure.error.error_class) {
    case ErrorClass::kContentPolicy:
      return 0;
    case ErrorClass::kInvalidRequest:
      return 1;
    case ErrorClass::kContextLength:
      return first ? 2 : 10;
    case ErrorClass::kUnsupported:
      return first ? 3 : 11;
    case ErrorClass::kAuth:
    case ErrorClass::kCredit:
    case ErrorClass::kPermission:
    case ErrorClass::kNotFound:
      return first ? 4 : 12;
    case ErrorClass::kRateLimit:
      return 5;
    case ErrorClass::kOverloaded:
      return 6;
    case ErrorClass::kTimeout:
      return 7;
    case ErrorClass::kNetwork:
      return 8;
    case ErrorClass::kBadResponse:
      return 9;
    case ErrorClass::kInternal:
      return 13;
    case ErrorClass::kCancelled:
      return 14;
  }
  return 14;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

/// "provider 'openai': ..." or, with the plugin's title, "OpenAI answered ...".
bool names_itself(const Failure& failure) {
  const std::string& message = failure.error.message;
  const std::string& name = failure.name;
  if (message.find('\'' + name + '\'') != std::string::npos) return true;
  if (message.size() <= name.size() || is_word(message[name.size()])) return false;
  return std::equal(
      name.begin(), name.end(), message.begin(),
      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace

std::string what_each_said(const std::vector<Failure>& failures) {
  struct Said {
    const Failure* last = nullptr;
    int times = 0;
  };
  std::map<std::size_t, Said> targets;
  for (const auto& failure : failures) {
    Said& said = targets[failure.target];
    said.last = &failure;
    ++said.times;
  }
  std::string text;
  for (const auto& [target, said] : targets) {
    if (!text.empty()) text += "; ";
    if (!names_itself(*said.last)) text += '\'' + said.last->name + "': ";
    text += said.last->error.message;
    if (said.times > 1) text += " (" + std::to_string(said.times) + " times)";
  }
  return text;
}

Error most_useful(const std::vector<Failure>& failures) {
  const auto best =
      std::min_element(failures.begin(), failures.end(),
                       [](const Failure& a, const Failure& b) { return rank(a) < rank(b); });
  Error out = best->error;
  if (failures.size() == 1) return out;
  out.message = what_each_said(failures);
  return out;
}

}  // namespace prx::reliability
