#include "client/trace_context.hpp"

#include <algorithm>

namespace prx::driver {

namespace {

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_traceparent(std::string_view text) {
  constexpr std::size_t kSize = 55;  // of version 00
  if (text.size() < kSize || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2), trace = text.substr(3, 32),
                         parent = text.substr(36, 16), flags = text.substr(53, 2);
  for (const std::string_view part : {version, trace, parent, flags})
    if (!is_hex(part)) return false;
  const auto is_zero = [](std::string_view part) {
    return part.find_first_not_of('0') == part.npos;
  };
  if (version == "ff" || is_zero(trace) || is_zero(parent)) return false;
  const std::string_view rest = text.substr(kSize);
  return rest.empty() || (version != "00" && rest.front() == '-' && is_printable(rest));
}

}  // namespace

Result<void> check_traceparent(std::string_view traceparent) {
  if (traceparent.empty() || is_traceparent(traceparent)) return {};
  return fail(ErrorClass::kInvalidRequest,
              "CallOptions::traceparent is no W3C trace context; give one such as "
              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, or none");
}

}  // namespace prx::driver
