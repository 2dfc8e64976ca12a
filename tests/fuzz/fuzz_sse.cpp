// The first byte picks the size of pieces. However the stream is cut, the events are the same.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz_check.hpp"
#include "prx/sdk/sse.hpp"

namespace {

using prx::sdk::SseEvent;
using prx::sdk::SseParser;
using prx::sdk::SseResult;

std::vector<std::string> read(std::string_view bytes, std::size_t piece) {
  SseParser parser(200);
  std::vector<std::string> out;
  SseEvent event;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string copy(bytes.substr(at, piece));
    parser.feed(copy.data(), copy.size());
    SseResult result;
    while ((result = parser.get(event)) == SseResult::kEvent) {
      out.push_back(std::string(event.type) + "|" + std::string(event.text()));
      std::fill(event.data, event.data + event.size + 1, '\0');
    }
    if (result == SseResult::kTooLong) {
      out.push_back("too long");
      return out;
    }
  }
  if (parser.finish(event) == SseResult::kEvent) out.push_back("end|" + std::string(event.text()));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read(bytes, bytes.size() + 1);
  PRX_FUZZ_CHECK(read(bytes, data[0] % 32 + 1u) == whole);
  PRX_FUZZ_CHECK(read(bytes, 1) == whole);
  return 0;
}
