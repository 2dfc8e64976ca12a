#include "client/request_body.hpp"

#include <utility>

namespace prx::driver {

namespace {

/// An edit that is begun by the first change: most bodies say everything themselves.
class Changes {
 public:
  explicit Changes(const json::ObjectIndex& index) : index_(index) {}
  json::ObjectEdit& edit() { return edit_ ? *edit_ : edit_.emplace(index_); }
  [[nodiscard]] bool any() const { return edit_.has_value(); }

 private:
  const json::ObjectIndex& index_;
  std::optional<json::ObjectEdit> edit_;
};

/// An object whose members win over the body's, and what it says about model, stream and format.
Result<void> merge(Changes& changes, SpecialBody& out, std::string_view extra,
                   std::string_view what) {
  if (extra.empty()) return {};
  const auto index = json::ObjectIndex::parse(extra);
  if (!index)
    return fail(ErrorClass::kInvalidRequest, std::string(what) + ": " + index.error().message);
  changes.edit().merge(*index);
  out.stream = stream_member(*index).value_or(out.stream);
  out.has_format = format_member(*index).value_or(out.has_format);
  out.wants_json = json_member(*index).value_or(out.wants_json);
  if (const auto model = index->find("model"))
    out.model = json::unquoted(*model).value_or(out.model);
  return {};
}

/// `messages` with one more, of the assistant, at its end.
Result<std::string> with_prefix(const json::ObjectIndex& index, std::string_view prefix) {
  const auto messages = index.find("messages");
  if (!messages || messages->size() < 2 || messages->back() != ']')
    return fail(ErrorClass::kInvalidRequest, "request body: messages is not an array");
  const std::string_view inside = messages->substr(1, messages->size() - 2);
  const bool empty = inside.find_first_not_of(" \t\r\n") == std::string_view::npos;
  std::string out(messages->substr(0, messages->size() - 1));
  out += empty ? R"({"role":"assistant","content":)" : R"(,{"role":"assistant","content":)";
  json::append_quoted(out, prefix);
  return out + "}]";
}

}  // namespace

std::optional<bool> stream_member(const json::ObjectIndex& body) {
  const auto stream = body.find("stream");
  return stream ? std::optional(*stream == "true") : std::nullopt;
}

std::optional<bool> format_member(const json::ObjectIndex& body) {
  const auto format = body.find("response_format");
  return format ? std::optional(*format != "null") : std::nullopt;
}

std::optional<bool> json_member(const json::ObjectIndex& body) {
  const auto format = body.find("response_format");
  if (!format) return std::nullopt;
  const auto index = json::ObjectIndex::parse(*format);
  const auto type = index ? index->find("type") : std::nullopt;
  return type == R"("json_object")" || type == R"("json_schema")";
}

std::optional<bool> models_member(const json::ObjectIndex& body) {
  const auto models = body.find("models");
  if (!models) return std::nullopt;
  const auto list = json::elements(*models);
  return list && !list->empty();
}

RequestBody::RequestBody(Text text, json::ObjectIndex index)
    : text_(std::move(text)), index_(std::move(index)) {
  if (const auto model = index_.find("model")) model_ = json::unquoted(*model).value_or("");
}

Result<RequestBody> RequestBody::parse(Text text) {
  auto index = json::ObjectIndex::parse(*text);
  if (!index) return fail(ErrorClass::kInvalidRequest, "request body: " + index.error().message);
  return RequestBody(std::move(text), std::move(*index));
}

bool RequestBody::streams(const BodyOptions& options) const {
  if (options.overwrite_stream) return options.stream;
  return stream_member(index_).value_or(options.stream);
}

Result<SpecialBody> RequestBody::specialise(const BodyOptions& options) const {
  SpecialBody out;
  Changes changes(index_);
  out.model = model_;
  const bool wanted = !options.model.empty() && out.model != options.model;
  if (wanted && (options.overwrite_model || out.model.empty())) {
    out.model = options.model;
    changes.edit().set("model", json::quoted(options.model));
  }
  out.has_format = format_member(index_).value_or(false);
  out.wants_json = json_member(index_).value_or(false);
  out.stream = streams(options);
  if (stream_member(index_) != out.stream)
    changes.edit().set("stream", out.stream ? "true" : "false");
  if (options.prefix) {
    PRX_TRY_SET(auto messages, with_prefix(index_, *options.prefix));
    changes.edit().set("messages", std::move(messages));
  }
  PRX_TRY(merge(changes, out, options.extra_body, "extra_body"));
  PRX_TRY(merge(changes, out, options.target_extra_body, "extra_body of the target"));
  out.text = changes.any() ? std::make_shared<const std::string>(changes.edit().str()) : text_;
  return out;
}

SpecialBody RequestBody::for_endpoint(const std::string& model) const {
  SpecialBody out;
  out.model = model;
  out.text = model == model_
                 ? text_
                 : std::make_shared<const std::string>(
                       json::ObjectEdit(index_).set("model", json::quoted(model)).str());
  return out;
}

}  // namespace prx::driver
