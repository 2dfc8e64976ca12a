/// \file redactor.hpp
/// Takes known secrets out of any text, by value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prx {

/// Immutable after the last add() or renew(); safe from any thread then.
class Redactor {
 public:
  static constexpr std::size_t kSecretMin = 6;  ///< shorter ones would blank ordinary words
  /// Bytes of a secret's beginning that are its part where a text was cut; fewer may stay. Of a
  /// secret with a scheme ("Bearer x") the part is longer than the scheme, which is no secret.
  static constexpr std::size_t kPartMin = 6;
  static constexpr std::size_t kCutMin = 64;  ///< was_cut() says no to shorter ones without "..."

  static constexpr std::size_t kEscapesMax = 3;  ///< of a text, one inside the other

  /// Secrets that renew() keeps although they are not in use any more.
  static constexpr std::size_t kRetiredMax = 256;

  /// Also knows the secret without its scheme ("Bearer "). Short ones are ignored.
  void add(std::string_view secret);
  /// Knows every secret of `in_use` from now on, and of those known before that are not among them
  /// the kRetiredMax that were in use last: a text of an earlier configuration may still come.
  void renew(const Redactor& in_use);
  /// The text with every known secret replaced by "[redacted]", and so every part of one, in
  /// whatever case, where a text may have been cut: at its end and before each "...". A plugin
  /// cuts what it does not know to be a secret. Secrets are found as they are and as URLs ("%2B")
  /// and JSON ("\/", "\u002b") may write them, kEscapesMax times over, also where the text was cut
  /// inside of an escape. Takes time in proportion to the text.
  [[nodiscard]] std::string redact(std::string_view text) const;
  /// What the text says without the escapes of URLs and those of JSON, kEscapesMax times in each
  /// order; where it has none, nothing.
  [[nodiscard]] static std::vector<std::string> without_escapes(std::string_view text);
  [[nodiscard]] std::size_t size() const { return secrets_.size(); }

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
  /// Bytes of a text.
  struct Range {
    std::size_t begin = 0, end = 0;
  };
  void add_unique(std::string_view secret);
  [[nodiscard]] bool knows(std::string_view secret) const;
  static std::vector<Cut> cuts_of(std::string_view text);
  static void measure_parts(std::string_view text, const Secret& secret, std::vector<Cut>& cuts);
  [[nodiscard]] std::vector<Range> find_in(std::string_view text) const;
  static std::string without(std::string_view text, std::vector<Range> ranges);

  std::vector<Secret> secrets_;  ///< in use first, then those that were in use last
};

}  // namespace prx
