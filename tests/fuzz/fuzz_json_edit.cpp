// What the validator takes, the index takes; what an edit writes is well formed again, and members
// that the edit does not name are identical.
#include <cstdint>
#include <string>

#include "fuzz/fuzz_check.hpp"
#include "prx/sdk/json_edit.hpp"

namespace {

using prx::json::ObjectEdit;
using prx::json::ObjectIndex;

void check_edit(const ObjectIndex& index, bool valid) {
  const std::string edited =
      ObjectEdit(index).set("model", "\"m\"").remove("stream").rename("a", "b").str();
  const auto again = ObjectIndex::parse(edited);
  PRX_FUZZ_CHECK(again.has_value());
  PRX_FUZZ_CHECK(!valid || prx::json::validate(edited).has_value());
  PRX_FUZZ_CHECK(again->find("model") == "\"m\"");
  PRX_FUZZ_CHECK(!again->find("stream"));
  if (const auto a = index.find("a")) PRX_FUZZ_CHECK(again->find("b") == a);
  for (const ObjectIndex::Member& member : index.members()) {
    if (member.has_key("model") || member.has_key("stream") || member.has_key("a") ||
        member.has_key("b"))
      continue;
    bool found = false;
    for (const ObjectIndex::Member& other : again->members())
      found |= other.key == member.key && other.value == member.value;
    PRX_FUZZ_CHECK(found);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool valid = prx::json::validate(text).has_value();
  PRX_FUZZ_CHECK(!valid || prx::json::is_utf8(text));
  if (const auto plain = prx::json::unquoted(text))
    PRX_FUZZ_CHECK(prx::json::unquoted(prx::json::quoted(*plain)) == plain);
  const auto index = ObjectIndex::parse(text);
  if (index) check_edit(*index, valid);
  return 0;
}
