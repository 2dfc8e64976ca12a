#include "reliability/failure.hpp"

#include <algorithm>
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
    const bool named = said.last->error.message.find('\'' + said.last->name + '\'') !=
                       std::string::npos;  // many messages name their provider themselves
    if (!named) text += '\'' + said.last->name + "': ";
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
