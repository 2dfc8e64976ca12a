#include "cli/chat/attachment_url.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "client/origin.hpp"
#include "client/whole_characters.hpp"
#include "prx/attachment.hpp"

namespace prx::cli {
namespace {

constexpr std::size_t kUrlShownMax = 80;  // bytes of a URL in a message
constexpr std::string_view kBase64 = ";base64";

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

/// "https" of "HTTPS://example.org"; "" without a scheme.
std::string scheme_of(std::string_view text) {
  std::string scheme = in_lower_case(text.substr(0, std::min(text.find(':'), text.size())));
  const bool is_one =
      scheme.size() < text.size() && !scheme.empty() &&
      std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      });
  return is_one ? scheme : std::string();
}

Unexpected<Error> refused_url(std::string_view url, const std::string& why) {
  std::string shown(whole_characters(url, kUrlShownMax));
  if (shown.size() < url.size()) shown += "...";
  return fail(ErrorClass::kInvalidRequest, shown + ' ' + why);
}

/// The value of a base64 digit, or -1.
int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

Result<Part> part_of_data(Part::Type type, const std::string& url) {
  const std::size_t comma = url.find(',');
  const std::string about = in_lower_case(url.substr(0, std::min(comma, url.size())));
  const auto bytes = comma == std::string::npos || !about.ends_with(kBase64)
                         ? std::nullopt
                         : bytes_of_base64(std::string_view(url).substr(comma + 1));
  if (!bytes || bytes->empty())
    return refused_url(url, "is not base64; write data:MEDIA/TYPE;base64,DATA");
  if (type == Part::Type::kFile)
    return Part::file(url, about.starts_with("data:application/pdf") ? "file.pdf" : "file");
  if (!about.starts_with("data:image/"))
    return refused_url(url, "is no image; write data:image/png;base64,DATA");
  return attach(type, *bytes, "the data: URL");
}

/// What a file is called that a server has under this URL.
std::string name_in(std::string_view url) {
  url = url.substr(0, std::min(url.find_first_of("?#"), url.size()));
  const std::size_t path = url.find('/', url.find("://") + 3);
  return path == std::string_view::npos ? "" : std::string(url.substr(url.rfind('/') + 1));
}

}  // namespace

bool is_url(std::string_view what) {
  const std::string scheme = scheme_of(what);
  if (scheme.empty()) return false;
  return scheme == "http" || scheme == "https" || scheme == "data" ||
         what.substr(scheme.size()).starts_with("://");
}

std::optional<std::string> bytes_of_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

Result<Part> part_of_url(Part::Type type, const std::string& url) {
  const std::string scheme = scheme_of(url);
  if (type == Part::Type::kAudio)
    return fail(ErrorClass::kInvalidRequest, "a sound is sent as a file; download it first");
  if (scheme == "data") return part_of_data(type, url);
  if (scheme != "http" && scheme != "https")
    return refused_url(url, "is of a kind that no provider fetches; download it first");
  if (!driver::origin_of(url))
    return refused_url(url, "is no URL of a server; write https://HOST/PATH, in ASCII");
  if (type == Part::Type::kImage) return Part::image(url);
  return Part::file(url, name_in(url));
}

}  // namespace prx::cli
