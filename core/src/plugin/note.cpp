#include "plugin/note.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "plugin/elf_reader.hpp"
#include "plugin/regular_file.hpp"

namespace prx {

Result<std::string_view> find_note(std::span<const std::byte> file) {
  elf::MemoryImage image(file);
  return elf::find_note(image);
}

Result<PluginNote> elf::probe(int descriptor, const std::string& name) {
  FileImage image(descriptor);
  auto note = elf::find_note(image).and_then(parse_note);
  if (!note) note.error().message = name + ": " + note.error().message;
  return note;
}

Result<PluginNote> probe(const std::filesystem::path& file) {
  PRX_TRY_SET(const os::Descriptor descriptor, open_regular_file(file));
  return elf::probe(descriptor.get(), file.string());
}

}  // namespace prx
