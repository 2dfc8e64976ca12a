/// \file json_edit.hpp
/// Splice editor: reads where the top-level members of a JSON object begin and end, in one scan,
/// and changes members by copying slices. What is not named is never parsed nor written anew:
/// `messages` keeps its bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::json {

/// Appends `text` as a JSON string with its quotes. Escapes what RFC 8259 requires; UTF-8 goes
/// through as is.
void append_quoted(std::string& out, std::string_view text);
[[nodiscard]] std::string quoted(std::string_view text);

/// The text of a JSON string token, escapes resolved; nullopt when `token` is not a well-formed
/// string token (a lone surrogate included).
[[nodiscard]] std::optional<std::string> unquoted(std::string_view token);

/// True when all of it is well-formed UTF-8 (no overlong forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view text);

/// Where the members of one object are. A value; views point into the text that was indexed, which
/// must outlive it.
class ObjectIndex {
 public:
  static constexpr std::size_t kMembersMax = 4'096;
  static constexpr int kDepthMax = 512;

  /// One member, as views into the text.
  struct Member {
    std::string_view key;    ///< between its quotes, escapes as written
    std::string_view value;  ///< without white space around it

    /// True when the key, its escapes resolved, is `name`.
    [[nodiscard]] bool has_key(std::string_view name) const;
  };

  /// One scan. The text is one JSON object, white space around it allowed. Checked: balance of
  /// brackets and strings, the shape of the top level, no second member of a name (also when one is
  /// written with escapes), at most kMembersMax members and kDepthMax levels. Values are not
  /// validated further (validate() does that). Errors: kInvalidRequest with the byte offset.
  [[nodiscard]] static Result<ObjectIndex> parse(std::string_view text);

  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  /// The value of that key, or nullopt.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::vector<Member> members_;
};

inline constexpr std::size_t kElementsMax = 1u << 20;

/// The elements of an array's text, in order and without white space around them; views into it.
/// Checked: balance of brackets and strings, commas, at most kElementsMax elements of at most
/// ObjectIndex::kDepthMax levels. Errors: kInvalidRequest with the byte offset.
[[nodiscard]] Result<std::vector<std::string_view>> elements(std::string_view array);

/// Collects changes to an indexed object and writes the result. Order of members stays; new ones
/// come last. Keys are plain names without escapes; values are JSON text and are taken as they are.
/// Changes apply in the order of the calls: a later one sees the names that earlier ones left.
class ObjectEdit {
 public:
  /// The index and its text are borrowed until str() returned.
  explicit ObjectEdit(const ObjectIndex& index);

  ObjectEdit& set(std::string_view key, std::string value);
  ObjectEdit& remove(std::string_view key);
  /// Nothing happens when `from` is absent or the same name; a present `to` is replaced.
  ObjectEdit& rename(std::string_view from, std::string_view to);
  /// Sets every member of another object.
  ObjectEdit& merge(const ObjectIndex& other);

  [[nodiscard]] std::string str() const;

 private:
  enum class Name { kKept, kChanged, kRemoved };
  /// What becomes of one member; the first ones are those of the index, in its order.
  struct Slot {
    Name name = Name::kKept;
    std::string key;    ///< when kChanged
    std::string value;  ///< when value_set
    bool value_set = false;
  };
  [[nodiscard]] bool has_key(std::size_t slot, std::string_view name) const;
  [[nodiscard]] std::size_t find(std::string_view key) const;
  [[nodiscard]] bool is_new(std::size_t slot) const { return slot >= index_->members().size(); }
  void append_slot(std::string& out, std::size_t slot, bool first) const;
  void append_new(std::string& out, const Slot& slot, bool first) const;

  const ObjectIndex* index_;
  std::vector<Slot> slots_;
};

/// Checks that a text is one well-formed JSON value of at most `depth_max` levels (1 to 512); UTF-8
/// included. Errors: kInvalidRequest with the byte offset.
[[nodiscard]] Result<void> validate(std::string_view text, int depth_max = 512);

}  // namespace prx::json
