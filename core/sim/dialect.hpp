/// \file dialect.hpp
/// The two vendors' texts: events, bodies, errors and headers. Pure functions of what they are
/// given.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/answer.hpp"
#include "sim/catalog.hpp"
#include "sim/fault.hpp"

namespace prx::sim {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// What every event of one answer repeats.
struct AnswerNames {
  std::string id;
  std::string model;  ///< as asked for
  const CatalogModel* catalog = nullptr;
  std::int64_t created = 0;
  bool obfuscate = false;   ///< OpenAI only
  bool usage_null = false;  ///< OpenAI only: `"usage":null` in each event but the last
};

/// One delta of a stream; views are borrowed for the call.
struct Delta {
  enum class Kind { kRole, kText, kReasoning, kSignature, kToolOpen, kToolArguments };
  Kind kind = Kind::kText;
  std::string_view text = {};  ///< token, or piece of arguments
  bool escaped = false;        ///< `text` is JSON already, but for its quotes
  int index = 0;               ///< of the tool call
  std::string_view id = {},
                   name = {};  ///< of the tool call, when it opens; an empty id is left out
  bool has_index = true;       ///< false: tool-call delta without `index`
  bool null_arguments = false;
};

/// A failure, in words for both vendors.
struct VendorError {
  int status = 500;
  std::string message;
  std::string type;        ///< OpenAI's `type`
  std::string code;        ///< OpenAI's `code`; "" is null
  std::string parameter;   ///< OpenAI's `param`; "" is null
  std::string error_type;  ///< OpenRouter's metadata.error_type; "" for none
  std::string raw;         ///< OpenRouter's metadata.raw: the upstream's words; "" for none
  CodeForm form = CodeForm::kVendor;
  std::chrono::milliseconds retry_after{-1};
  RetryAfterForm retry_form = RetryAfterForm::kSeconds;
};

/// The usual error of a status, in the vendors' words.
[[nodiscard]] VendorError usual_error(int status);

/// USD, from the catalog's prices.
[[nodiscard]] double cost_of(const Answer& answer, const CatalogModel& model);

/// Shortest decimal form.
[[nodiscard]] std::string decimal(double value);

/// Immutable; any thread.
class Dialect {
 public:
  Dialect() = default;
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;
  virtual ~Dialect() = default;

  [[nodiscard]] virtual bool is_openrouter() const = 0;
  [[nodiscard]] virtual std::string answer_id(std::uint64_t number) const = 0;

  /// JSON of one event of a stream, without "data: ".
  [[nodiscard]] virtual std::string delta(const AnswerNames& names, const Delta& delta) const = 0;
  [[nodiscard]] virtual std::string finish(const AnswerNames& names,
                                           std::string_view finish_reason) const = 0;
  /// `finish_reason` "" is null; `no_choices`: `"choices":[]`.
  [[nodiscard]] virtual std::string usage(const AnswerNames& names, const Answer& answer,
                                          std::string_view finish_reason,
                                          bool no_choices) const = 0;
  /// JSON of an answer that does not stream. `has_finish` false: finish_reason null.
  [[nodiscard]] virtual std::string completion(const AnswerNames& names, const Answer& answer,
                                               bool has_finish) const = 0;

  [[nodiscard]] virtual std::string error(const VendorError& error) const = 0;
  /// The value of `error` inside an event; also the whole of error(), between `{"error":` and `}`.
  [[nodiscard]] virtual std::string error_object(const VendorError& error) const = 0;
  /// Headers beside Content-Type and those of length.
  [[nodiscard]] virtual Headers headers(std::string_view id, std::uint64_t number) const = 0;
  /// Headers that announce a wait; `now` is the wall clock.
  [[nodiscard]] Headers wait_headers(const VendorError& error,
                                     std::chrono::system_clock::time_point now) const;

  [[nodiscard]] virtual std::string models() const = 0;
  [[nodiscard]] virtual std::string model(const CatalogModel& model) const = 0;
  [[nodiscard]] virtual VendorError unknown_model(std::string_view model) const = 0;
  [[nodiscard]] virtual VendorError no_key() const = 0;
  [[nodiscard]] virtual VendorError bad_key() const = 0;
  [[nodiscard]] virtual VendorError no_credit() const = 0;
  [[nodiscard]] virtual VendorError context_length(const CatalogModel& model) const = 0;
  [[nodiscard]] virtual VendorError policy() const = 0;
};

[[nodiscard]] const Dialect& openrouter();
[[nodiscard]] const Dialect& openai();

/// `,"tool_calls":[...]` parts that both vendors write alike.
void append_tool_calls(std::string& out, const Answer& answer);
void append_tool_delta(std::string& out, const Delta& delta);
/// The delta's text as a JSON string.
void append_text(std::string& out, const Delta& delta);

}  // namespace prx::sim
