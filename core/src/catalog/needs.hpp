/// \file needs.hpp
/// What a request needs of a model, read off its body when somebody asks, and which need a model is
/// known not to meet. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "prx/model.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::catalog {

enum class Need : std::uint8_t { kTools, kVision, kStructuredOutput, kContext };

/// "tools", "images", "structured output"; of kContext "so long a request".
[[nodiscard]] std::string_view to_string(Need need);

/// Reads a body at most once for each question, and not at all for those that nobody asks.
class RequestNeeds {
 public:
  /// Bytes of text that one token surely does not exceed. Bytes that repeat the one before are not
  /// counted: whole lines of blanks or dashes may be one token.
  static constexpr std::size_t kTokenBytes = 12;

  /// The index is borrowed.
  explicit RequestNeeds(const json::ObjectIndex& body) : body_(body) {}

  /// A list of models, of which the first may not be the one that serves.
  [[nodiscard]] bool names_models() const;
  /// `tools` with at least one in it.
  [[nodiscard]] bool tools() const;
  /// A `response_format` of type json_schema.
  [[nodiscard]] bool structured_output() const;
  /// An image part in a message.
  [[nodiscard]] bool vision();
  /// Tokens that the text of the messages has at least, but 0 where that is surely not more than
  /// `limit`, so that short messages cost nothing.
  [[nodiscard]] std::size_t tokens_min(std::int64_t limit);

 private:
  struct Messages {
    bool image = false;
    std::size_t text = 0;  ///< bytes, see kTokenBytes
  };
  [[nodiscard]] std::string_view messages_text() const;
  [[nodiscard]] const Messages& messages();

  const json::ObjectIndex& body_;
  std::optional<Messages> messages_;
};

/// The first need that the model is known not to meet; nullopt: it meets all, or nobody knows.
/// \param context_length  of the model, as far as it is known
[[nodiscard]] std::optional<Need> unmet_need(const ModelFacts& facts,
                                             const std::optional<std::int64_t>& context_length,
                                             RequestNeeds& needs);

}  // namespace prx::catalog
