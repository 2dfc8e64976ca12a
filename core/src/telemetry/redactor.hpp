/// \file redactor.hpp
/// Takes known secrets out of any text, by value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prx {

/// Immutable after the last add(); safe from any thread then.
class Redactor {
 public:
  static constexpr std::size_t kSecretMin = 6;  ///< shorter ones would blank ordinary words

  /// Also knows the secret as JSON writes it and without its scheme ("Bearer "). Short ones are
  /// ignored.
  void add(std::string_view secret);
  /// And every secret that another one knows.
  void add(const Redactor& other);
  /// The text with every known secret replaced by "[redacted]".
  [[nodiscard]] std::string redact(std::string_view text) const;
  [[nodiscard]] bool empty() const { return secrets_.empty(); }

 private:
  std::vector<std::string> secrets_;  ///< longest first
};

}  // namespace prx
