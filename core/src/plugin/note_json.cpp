// The only reader of a note's JSON: one pass, into a PluginNote.
#include <algorithm>
#include <array>
#include <cstring>

#include "plugin/note_reader.hpp"

namespace prx {
namespace {

namespace rapidjson = prx_note_rapidjson;

constexpr std::size_t kBlock = 16;  // bytes that RapidJSON looks at in one go

Unexpected<Error> wrong_note(const std::string& what) {
  return fail(ErrorClass::kBadResponse, "its prx note is wrong: it " + what +
                                            "; correct the plugin's note and build it again");
}

bool is_ascii(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t seen = 0;
  for (std::uint64_t eight = 0; end - at >= 8; at += 8) {
    std::memcpy(&eight, at, sizeof eight);
    seen |= eight;
  }
  for (; at != end; ++at) seen |= static_cast<unsigned char>(*at);
  return (seen & 0x8080'8080'8080'8080u) == 0;
}

}  // namespace

Result<PluginNote> parse_note(std::string_view json) {
  using rapidjson::kParseInsituFlag;
  if (json.size() > PRX_NOTE_MAX)
    return wrong_note("has " + std::to_string(json.size()) + " bytes, more than " +
                      std::to_string(PRX_NOTE_MAX));
  alignas(kBlock) std::array<char, PRX_NOTE_MAX + kBlock> text;  // NOLINT: filled as far as read
  std::copy(json.begin(), json.end(), text.begin());
  std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(json.size()), kBlock, '\0');
  rapidjson::InsituStringStream stream(text.data());
  note::NoteReader note(json, text.data(), stream);
  rapidjson::Reader reader;
  constexpr unsigned kChecked = kParseInsituFlag | rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = is_ascii(json)
                                            ? reader.Parse<kParseInsituFlag>(stream, note)
                                            : reader.Parse<kChecked>(stream, note);
  if (note.too_deep()) return wrong_note("nests deeper than " + std::to_string(note::kDepthMax));
  if (result.Code() == rapidjson::kParseErrorTermination) return wrong_note("is not a JSON object");
  if (result.IsError())
    return wrong_note("is not JSON in UTF-8 at byte " + std::to_string(result.Offset()) + " (" +
                      rapidjson::GetParseError_En(result.Code()) + ")");
  if (stream.Tell() != json.size())
    return wrong_note("is not JSON in UTF-8 at byte " + std::to_string(stream.Tell()) +
                      " (a zero byte)");
  return note.take();
}

}  // namespace prx
