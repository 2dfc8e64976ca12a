// Any bytes as an ELF image and as a note: nothing is read outside them, and what is accepted keeps
// the limits.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "plugin/note.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_image(std::span<const std::byte> image) {
  const auto note = prx::find_note(image);
  if (!note) return require(!note.error().message.empty());
  const auto* begin = reinterpret_cast<const char*>(image.data());
  require(note->data() >= begin && note->data() + note->size() <= begin + image.size());
  (void)prx::parse_note(*note);
}

void check_json(std::string_view json) {
  const auto note = prx::parse_note(json);
  if (!note) return require(!note.error().message.empty());
  require(json.size() <= PRX_NOTE_MAX);
  require(!note->id.empty() && note->id.size() <= 64);
  require(note->abi_major != PRX_ABI_MAJOR || !note->kinds.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_image({reinterpret_cast<const std::byte*>(data), size});
  check_json({reinterpret_cast<const char*>(data), size});
  return 0;
}
