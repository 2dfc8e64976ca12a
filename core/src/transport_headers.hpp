/// \file transport_headers.hpp
/// The request headers that are the transport's alone. For every room that takes headers from
/// others.
#pragma once

#include <algorithm>
#include <string_view>

namespace prx {

/// True for names, in any case, of what frames the message or says where it goes: a second opinion
/// would be request smuggling, or would take the key to another site behind the same server.
/// \see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
[[nodiscard]] constexpr bool is_transport_header(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "connection", "content-length",      "expect",           "host",
      "keep-alive", "proxy-authorization", "proxy-connection", "te",
      "trailer",    "transfer-encoding",   "upgrade"};
  const auto same = [](char lower, char given) {
    return lower == (given >= 'A' && given <= 'Z' ? static_cast<char>(given - 'A' + 'a') : given);
  };
  return std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view one) {
    return std::equal(one.begin(), one.end(), name.begin(), name.end(), same);
  });
}

}  // namespace prx
