/// \file note_reader.hpp
/// Reads a note by one pass over its JSON, straight into a PluginNote. Internal to note_json.cpp:
/// the only reader of a note's JSON, and the only one that includes RapidJSON.
#pragma once

// Strings are scanned 16 bytes at a time; in a namespace of its own, since others in this program
// build RapidJSON without that.
#define RAPIDJSON_NAMESPACE prx_note_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace prx_note_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#if defined(__SSE2__) && !defined(RAPIDJSON_SSE2)
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/note.hpp"

namespace prx::note {

namespace rapidjson = prx_note_rapidjson;

inline constexpr std::size_t kDepthMax = 16;    // nested objects and arrays
inline constexpr std::size_t kTextMax = 1'024;  // bytes of any other text
inline constexpr std::size_t kItemsMax = 64;    // kinds, operations, hosts, options

enum class Kind { kNull, kBoolean, kInteger, kNumber, kString, kArray, kObject };

struct Value {
  Kind kind = Kind::kNull;
  std::string_view text{};  ///< of a string
  bool flag = false;        ///< of a boolean
};

/// A note while it is read: versions are still texts.
struct Draft : PluginNote {
  std::string abi, needs;
};

/// Places in the text of a note that is well-formed as far as they are asked for.
class NoteText {
 public:
  explicit NoteText(std::string_view json) : json_(json) {}
  /// Where the value of the key begins whose text begins at `key`.
  [[nodiscard]] std::size_t value_of(std::size_t key) const {
    return json_.find_first_not_of(" \t\r\n", json_.find(':', string_end(key)) + 1);
  }
  [[nodiscard]] std::size_t scalar_end(std::size_t begin) const {
    return json_[begin] == '"' ? string_end(begin + 1) : json_.find_first_of(",}] \t\r\n", begin);
  }
  [[nodiscard]] std::string slice(std::size_t begin, std::size_t end) const {
    return std::string(json_.substr(begin, end - begin));
  }

 private:
  [[nodiscard]] std::size_t string_end(std::size_t at) const {
    for (; json_[at] != '"'; ++at)
      if (json_[at] == '\\') ++at;
    return at + 1;
  }

  std::string_view json_;
};

/// Fills a Draft from the events of one pass. What is wrong with a member does not stop the pass:
/// a note of another major may say what it likes, and its major may come last.
class NoteReader {
 public:
  /// `text` is the copy of `json` that the pass overwrites through `stream`.
  NoteReader(std::string_view json, const char* text, rapidjson::InsituStringStream& stream)
      : json_(json), text_(text), stream_(stream) {}

  [[nodiscard]] bool too_deep() const { return depth_ > kDepthMax; }
  /// What was read, or what is wrong with it; once, after the pass.
  [[nodiscard]] Result<PluginNote> take();

  bool Null() { return scalar({}); }
  bool Bool(bool value) { return scalar({Kind::kBoolean, {}, value}); }
  bool Int(int) { return scalar({Kind::kInteger}); }
  bool Uint(unsigned) { return scalar({Kind::kInteger}); }
  bool Int64(std::int64_t) { return scalar({Kind::kInteger}); }
  bool Uint64(std::uint64_t) { return scalar({Kind::kNumber}); }
  bool Double(double) { return scalar({Kind::kNumber}); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }  // never asked for
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return scalar({Kind::kString, {text, size}});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool);
  bool StartObject();
  bool StartArray();
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  enum class Place { kStart, kNote, kList, kConfig, kOption, kSkip, kEnd };

  bool scalar(const Value& value);
  void note_value(const Value& value);
  void text_value(std::string& out, const Value& value);
  void item(const Value& value);
  void option_value(const Value& value);
  void open_option();
  void close_option();
  bool skip(Kind kind);
  bool enter(Place place);
  bool close();
  void close_slice();
  [[nodiscard]] std::string path() const;
  void refuse(const std::string& member, const std::string& what);
  [[nodiscard]] Result<void> check_identity();
  [[nodiscard]] Result<void> check_needs();

  NoteText json_;
  const char* text_;
  rapidjson::InsituStringStream& stream_;
  Draft draft_;
  OptionSchema option_;
  Kind default_kind_ = Kind::kNull;
  std::optional<Error> identity_error_, error_;  ///< the first of each
  std::uint32_t seen_ = 0, option_seen_ = 0;     ///< a bit per member: the first one counts
  std::size_t member_ = 0;  ///< whose value comes: in a note, or in one of its options
  std::size_t key_ = 0;     ///< where the text of the last key begins
  std::size_t depth_ = 0, skip_from_ = 0;
  Place place_ = Place::kStart, after_skip_ = Place::kStart;
};

}  // namespace prx::note
