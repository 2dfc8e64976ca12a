#include "prx/attachment.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "client/json_writing.hpp"
#include "os/file.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx {
namespace {

using driver::bad_request;

/// How a format begins; "?" stands for any byte.
struct Signature {
  std::string_view begin;
  std::string_view name;  ///< media type, or format of a sound
};

using namespace std::string_view_literals;

/// \see https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
constexpr std::array<Signature, 5> kImages{{{"\x89PNG\r\n\x1a\n"sv, "image/png"},
                                            {"\xff\xd8\xff"sv, "image/jpeg"},
                                            {"GIF87a"sv, "image/gif"},
                                            {"GIF89a"sv, "image/gif"},
                                            {"RIFF????WEBP"sv, "image/webp"}}};
constexpr std::array<Signature, 9> kSounds{{{"RIFF????WAVE"sv, "wav"},
                                            {"ID3"sv, "mp3"},
                                            {"\xff\xfb"sv, "mp3"},
                                            {"\xff\xf3"sv, "mp3"},
                                            {"\xff\xf2"sv, "mp3"},
                                            {"fLaC"sv, "flac"},
                                            {"OggS"sv, "ogg"},
                                            {"\xff\xf1"sv, "aac"},
                                            {"????ftypM4A"sv, "m4a"}}};

bool begins_with(std::string_view bytes, std::string_view pattern) {
  if (bytes.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (pattern[i] != '?' && pattern[i] != bytes[i]) return false;
  return true;
}

template <std::size_t N>
std::string_view find_format(const std::array<Signature, N>& known, std::string_view bytes) {
  for (const Signature& signature : known)
    if (begins_with(bytes, signature.begin)) return signature.name;
  return {};
}

/// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
    };
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int digit = 0; digit < 4; ++digit)
      out += i + static_cast<std::size_t>(digit) > bytes.size()
                 ? '='
                 : kDigits[group >> (18 - 6 * digit) & 63];
  }
  return out;
}

Result<void> check_size(std::size_t size, const std::string& name) {
  if (size == 0) return bad_request(name + " is empty");
  if (size > kAttachmentMax)
    return bad_request(name + " is larger than 20 MiB; make it smaller, or give its URL");
  return {};
}

std::string data_url(std::string_view media_type, std::string_view bytes) {
  return "data:" + std::string(media_type) + ";base64," + base64(bytes);
}

Result<Part> image(std::string_view bytes, const std::string& name) {
  const std::string_view format = find_format(kImages, bytes);
  if (format.empty())
    return bad_request(name + " is not a PNG, JPEG, GIF or WebP image; convert it");
  return Part::image(data_url(format, bytes));
}

Result<Part> sound(std::string_view bytes, const std::string& name) {
  const std::string_view format = find_format(kSounds, bytes);
  if (format.empty())
    return bad_request(name + " is not a WAV, MP3, FLAC, Ogg, AAC or M4A sound; convert it");
  return Part::audio(base64(bytes), std::string(format));
}

Part file(std::string_view bytes, const std::string& name) {
  std::string_view media_type = find_format(kImages, bytes);
  if (begins_with(bytes, "%PDF-")) media_type = "application/pdf";
  if (media_type.empty())
    media_type = json::is_utf8(bytes) ? "text/plain" : "application/octet-stream";
  return Part::file(data_url(media_type, bytes), name);
}

}  // namespace

Result<Part> attach(Part::Type type, std::string_view bytes, const std::string& name) {
  PRX_TRY(check_size(bytes.size(), name));
  switch (type) {
    case Part::Type::kImage:
      return image(bytes, name);
    case Part::Type::kAudio:
      return sound(bytes, name);
    case Part::Type::kFile:
      return file(bytes, name);
    case Part::Type::kText:
    case Part::Type::kOther:
      break;
  }
  return bad_request(name + " can be attached as an image, a sound or a file");
}

Result<Part> attach_file(Part::Type type, const std::filesystem::path& path) {
  std::error_code ignored;
  if (const auto size = std::filesystem::file_size(path, ignored); !ignored)
    PRX_TRY(check_size(size, path.string()));
  auto content = os::read_file(path, kAttachmentMax, os::FileKind::kRegular);
  if (!content) return bad_request(path.string() + ": " + content.error().message);
  const bool named_alone = type == Part::Type::kFile;
  return attach(type, content->text, named_alone ? path.filename().string() : path.string());
}

}  // namespace prx
