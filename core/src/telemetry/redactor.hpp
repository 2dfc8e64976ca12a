/// \file redactor.hpp
/// Takes known secrets out of any text, by value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prx {

/// Immutable after the last add(); safe from any thread then.
class Redactor {
 public:
  static constexpr std::size_t kSecretMin = 6;  ///< shorter ones would blank ordinary words
  /// Bytes of a secret's beginning that are its part where a text was cut; fewer may stay. Of a
  /// secret with a scheme ("Bearer x") the part is longer than the scheme, which is no secret.
  static constexpr std::size_t kPartMin = 6;
  static constexpr std::size_t kCutMin = 64;  ///< was_cut() says no to shorter ones without "..."

  /// Also knows the secret as JSON writes it and without its scheme ("Bearer "). Short ones are
  /// ignored.
  void add(std::string_view secret);
  /// And every secret that another one knows.
  void add(const Redactor& other);
  /// The text with every known secret replaced by "[redacted]", and so every part of one, in
  /// whatever case, where a text may have been cut: at its end and before each "...". A plugin
  /// cuts what it does not know to be a secret. Takes time in proportion to the text.
  [[nodiscard]] std::string redact(std::string_view text) const;
  [[nodiscard]] bool empty() const { return secrets_.empty(); }

  /// Whether an id or a name may be the beginning of a longer one: it ends in "...", or is long.
  [[nodiscard]] static bool was_cut(std::string_view text) {
    return text.size() >= kCutMin || is_marked(text);
  }
  /// Whether the text ends, or ends before "...", in a part of `secret`, in whatever case.
  [[nodiscard]] static bool ends_in_part(std::string_view text, std::string_view secret);

 private:
  struct Secret {
    std::string text;
    std::size_t part_min = kPartMin;
    std::vector<std::uint32_t> borders;  ///< Knuth, Morris and Pratt's, in whatever case
  };
  struct Cut {
    std::size_t at = 0;    ///< the text was cut before this byte
    std::size_t part = 0;  ///< so many bytes before it are a part of a secret
  };
  static bool is_marked(std::string_view text) {
    return text.size() >= 3 && text.substr(text.size() - 3) == "...";
  }
  void add_unique(std::string_view secret);
  static std::vector<Cut> cuts_of(std::string_view text);
  static void measure_parts(std::string_view text, const Secret& secret, std::vector<Cut>& cuts);
  [[nodiscard]] std::string without_parts(std::string text) const;

  std::vector<Secret> secrets_;  ///< longest first
};

}  // namespace prx
