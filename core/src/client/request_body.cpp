#include "client/request_body.hpp"

#include <utility>

#include "prx/sdk/json_edit.hpp"

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

/// An object whose members win over the body's, and what it says about model and stream.
Result<void> merge(Changes& changes, SpecialBody& out, std::string_view extra,
                   std::string_view what) {
  if (extra.empty()) return {};
  const auto index = json::ObjectIndex::parse(extra);
  if (!index)
    return fail(ErrorClass::kInvalidRequest, std::string(what) + ": " + index.error().message);
  changes.edit().merge(*index);
  if (const auto stream = index->find("stream")) out.stream = *stream == "true";
  if (const auto model = index->find("model"))
    out.model = json::unquoted(*model).value_or(out.model);
  return {};
}

}  // namespace

Result<SpecialBody> specialise_body(std::string body, const BodyOptions& options) {
  const auto index = json::ObjectIndex::parse(body);
  if (!index) return fail(ErrorClass::kInvalidRequest, "request body: " + index.error().message);
  SpecialBody out;
  Changes changes(*index);

  const auto model = index->find("model");
  if (model) out.model = json::unquoted(*model).value_or("");
  if (out.model.empty() && !options.model.empty()) {
    out.model = options.model;
    changes.edit().set("model", json::quoted(options.model));
  }
  const auto stream = index->find("stream");
  out.stream = stream ? *stream == "true" : options.stream;
  if (!stream || (options.overwrite_stream && out.stream != options.stream)) {
    out.stream = options.stream;
    changes.edit().set("stream", options.stream ? "true" : "false");
  }
  PRX_TRY(merge(changes, out, options.extra_body, "extra_body"));
  PRX_TRY(merge(changes, out, options.target_extra_body, "extra_body of the target"));
  out.text = changes.any() ? changes.edit().str() : std::move(body);
  return out;
}

}  // namespace prx::driver
