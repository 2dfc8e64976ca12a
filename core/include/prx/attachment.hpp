/// \file attachment.hpp
/// Images, sounds and files as parts of a message: read, checked and encoded before anything is
/// sent.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "prx/chat.hpp"
#include "prx/export.hpp"

namespace prx {

/// Bytes of one attachment, before base64 makes four of three. A request is limited to 64 MiB.
inline constexpr std::size_t kAttachmentMax = 20u << 20;

/// The part of a message for these bytes.
///
/// kImage: PNG, JPEG, GIF or WebP, told by their first bytes, as a data: URL.
/// kAudio: WAV, MP3, FLAC, Ogg or AAC/M4A, told by their first bytes. kFile: anything; its media
/// type is told by the first bytes (PDF), else UTF-8 is text/plain.
/// \param type  kImage, kAudio or kFile.
/// \param name  for messages, and what a kFile is called: "scan.png".
/// Errors: kInvalidRequest naming `name`: empty, larger than kAttachmentMax, or no such format.
[[nodiscard]] PRX_API Result<Part> attach(Part::Type type, std::string_view bytes,
                                          const std::string& name);

/// The same for a file. Errors also: it cannot be read, or is no regular file. Blocks.
[[nodiscard]] PRX_API Result<Part> attach_file(Part::Type type, const std::filesystem::path& path);

}  // namespace prx
