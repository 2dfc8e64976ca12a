#include "client/request_body.hpp"

#include <utility>

#include "prx/sdk/json_edit.hpp"

namespace prx::driver {

namespace {

/// An object whose members win over the body's, and what it says about model and stream.
Result<void> merge(json::ObjectEdit& edit, SpecialBody& out, std::string_view extra,
                   std::string_view what) {
  if (extra.empty()) return {};
  const auto index = json::ObjectIndex::parse(extra);
  if (!index)
    return fail(ErrorClass::kInvalidRequest, std::string(what) + ": " + index.error().message);
  edit.merge(*index);
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
  json::ObjectEdit edit(*index);
  bool changed = !options.extra_body.empty() || !options.target_extra_body.empty();

  const auto model = index->find("model");
  if (model) out.model = json::unquoted(*model).value_or("");
  if (out.model.empty() && !options.model.empty()) {
    out.model = options.model;
    edit.set("model", json::quoted(options.model));
    changed = true;
  }
  const auto stream = index->find("stream");
  out.stream = stream ? *stream == "true" : options.stream;
  if (!stream || (options.overwrite_stream && out.stream != options.stream)) {
    out.stream = options.stream;
    edit.set("stream", options.stream ? "true" : "false");
    changed = true;
  }
  PRX_TRY(merge(edit, out, options.extra_body, "extra_body"));
  PRX_TRY(merge(edit, out, options.target_extra_body, "extra_body of the target"));
  out.text = changed ? edit.str() : std::move(body);
  return out;
}

}  // namespace prx::driver
