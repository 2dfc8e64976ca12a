/// \file response_head.hpp
/// Collects a response head line by line, within limits. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "http/transport.hpp"

namespace prx::http {

/// Keeps its memory from one head to the next.
class ResponseHead {
 public:
  enum class State {
    kMore,      ///< more lines follow
    kComplete,  ///< status() and headers() are final
    kTooLarge,  ///< a limit was reached
    kBroken,    ///< no status line
  };

  ResponseHead(std::size_t headers_max, std::size_t bytes_max)
      : headers_max_(headers_max), bytes_max_(bytes_max) {}

  void clear();
  /// One line with or without its CRLF. An empty line ends a head; one of status 1xx is dropped and
  /// the next begins. Folded lines are joined to the header before them.
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
