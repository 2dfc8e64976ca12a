/// \file rapid.hpp
/// RapidJSON as the dialect uses it. Private; the only header here that includes it.
///
/// In a namespace of its own, so that another user of RapidJSON in the same program, built with
/// other macros, is another set of templates. Its SSE2 code reads up to 15 bytes around a text:
/// give it padded buffers.
#pragma once

#define RAPIDJSON_NAMESPACE prx_sdk_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace prx_sdk_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#if defined(__SSE2__) && !defined(RAPIDJSON_SSE2)
#define RAPIDJSON_SSE2
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wclass-memaccess"
#endif
#include <rapidjson/document.h>
#include <rapidjson/reader.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <cstring>
#include <memory>
#include <string_view>

namespace prx::sdk {

namespace rapid = ::prx_sdk_rapidjson;

/// A copy of a text that a parser may overwrite: NUL behind it, readable bytes around it. Reused,
/// it grows.
class Scratch {
 public:
  static constexpr std::size_t kPad = 16;

  /// Copies `text`; the former content is gone.
  char* assign(std::string_view text) {
    reserve(text.size());
    char* const begin = bytes_.get() + kPad;
    if (!text.empty()) std::memcpy(begin, text.data(), text.size());
    std::memset(begin + text.size(), 0, kPad + 1);
    return begin;
  }
  [[nodiscard]] const char* begin() const { return bytes_.get() + kPad; }
  /// Room for `size` bytes, unset.
  char* reserve(std::size_t size) {
    if (size > capacity_ || bytes_ == nullptr) {
      capacity_ = size < 320 ? 320 : size + size / 2;
      bytes_.reset(new char[capacity_ + 2 * kPad + 1]());
    }
    return bytes_.get() + kPad;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

/// Levels that a chunk, a body or an error may have; the parser recurses once per level.
inline constexpr int kJsonDepthMax = 128;

}  // namespace prx::sdk
