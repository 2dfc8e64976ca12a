/// \file request_body.hpp
/// The body of a chat: what the caller wrote, indexed once, and made special for each target that
/// is asked: model, stream and extra_body spliced in, `messages` kept byte for byte.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::driver {

/// What a body says about streaming; nullopt: nothing.
[[nodiscard]] std::optional<bool> stream_member(const json::ObjectIndex& body);
/// Whether a body asks for a structured output; nullopt: it says nothing.
[[nodiscard]] std::optional<bool> format_member(const json::ObjectIndex& body);
/// Whether that output is JSON (json_object, json_schema); nullopt: it says nothing.
[[nodiscard]] std::optional<bool> json_member(const json::ObjectIndex& body);

/// Whether a body names models that the server tries by itself; nullopt: it says nothing.
[[nodiscard]] std::optional<bool> models_member(const json::ObjectIndex& body);

struct BodyOptions {
  std::string_view model;              ///< asked for when the body names none
  bool overwrite_model = false;        ///< `model` is set also when the body says otherwise
  bool stream = true;                  ///< used when the body does not say
  bool overwrite_stream = false;       ///< `stream` is set also when the body says otherwise
  std::string_view extra_body;         ///< of the provider: JSON object text or ""; its members win
  std::string_view target_extra_body;  ///< of the target: wins over the provider's
  /// The beginning of the answer, for the model to go on from; nullopt: it begins itself
  std::optional<std::string_view> prefix;
};

/// A body as it is sent, and what it asks for.
struct SpecialBody {
  std::shared_ptr<const std::string> text;  ///< shared by the attempts of a call
  std::string model;
  bool stream = false;
  bool has_format = false;  ///< a structured output: `response_format`, whoever said so
  bool wants_json = false;  ///< and that is JSON
};

/// A body and where its members are. Not kept for the time of a call: whoever needs it again scans
/// the text again.
class RequestBody {
 public:
  using Text =
      std::shared_ptr<const std::string>;  ///< shared: special bodies may be the text itself

  /// One scan. Errors: kInvalidRequest.
  [[nodiscard]] static Result<RequestBody> parse(Text text);
  [[nodiscard]] static Result<RequestBody> parse(std::string text) {
    return parse(std::make_shared<const std::string>(std::move(text)));
  }

  [[nodiscard]] const Text& text() const { return text_; }

  [[nodiscard]] const std::string& model() const { return model_; }  ///< "" when it names none
  [[nodiscard]] const json::ObjectIndex& index() const { return index_; }
  [[nodiscard]] bool has(std::string_view member) const { return index_.find(member).has_value(); }
  /// Whether it asks for a stream, but for what extra bodies say.
  [[nodiscard]] bool streams(const BodyOptions& options) const;
  /// No scan, and one copy when something has to change; a body that says everything itself goes
  /// out as it is. Errors: kInvalidRequest.
  [[nodiscard]] Result<SpecialBody> specialise(const BodyOptions& options) const;
  /// The same of a body that is no chat: nothing but its model changes.
  [[nodiscard]] SpecialBody for_endpoint(const std::string& model) const;

 private:
  RequestBody(Text text, json::ObjectIndex index);
  Text text_;
  json::ObjectIndex index_;  ///< of text_
  std::string model_;
};

}  // namespace prx::driver
