/// \file response_head.hpp
/// Collects a response head line by line, within limits. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "http/transport.hpp"

namespace prx::http {

/// Its memory may be lent: most heads are read in one go.
class ResponseHead {
 public:
  enum class State {
    kMore,      ///< more lines follow
    kComplete,  ///< status() and headers() are final
    kTooLarge,  ///< a limit was reached
    kBroken,    ///< no status line
    kSwitched,  ///< 101: what follows is no HTTP
  };

  ResponseHead(std::size_t headers_max, std::size_t bytes_max)
      : headers_max_(headers_max), bytes_max_(bytes_max) {}

  void clear();
  /// Memory for headers, from a head that was read before.
  void lend(std::vector<Header>&& memory) { headers_ = std::move(memory); }
  /// The memory. headers() is empty from here on.
  [[nodiscard]] std::vector<Header> give_back() {
    count_ = 0;
    return std::exchange(headers_, {});
  }
  /// One line with or without its CRLF. An empty line ends a head; one of another status 1xx than
  /// 101 is dropped and the next begins. Folded lines are joined to the header before them.
  [[nodiscard]] State take(std::string_view line);

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] int version() const { return version_; }  ///< 10, 11 or 20
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::span<const Header> headers() const { return {headers_.data(), count_}; }

 private:
  [[nodiscard]] State take_status(std::string_view line);
  [[nodiscard]] State take_header(std::string_view line);

  const std::size_t headers_max_;
  const std::size_t bytes_max_;
  std::vector<Header> headers_;  // count_ of them are in use
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  int status_ = 0;
  int version_ = 0;
  bool complete_ = false;
};

}  // namespace prx::http
