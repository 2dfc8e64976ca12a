#include "chat_emit.hpp"
#include "error_read.hpp"
#include "json_scan.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {
namespace {

Error broken(std::string_view title, std::string_view what) {
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  error.message = one_line(std::string(title) + ": " + std::string(what), kErrorMessageMax);
  error.http_status = 200;
  error.phase = Phase::kBody;
  return error;
}

/// The array of models, or an error that the body has in its place.
Result<std::string_view> find_models(std::string_view body, std::string_view title) {
  const char* const end = body.data() + body.size();
  const char* const at = json::scan::skip_space(body.data(), end);
  if (!json::validate(body)) return Unexpected(broken(title, "the list of models is not JSON"));
  const std::string_view text(at, static_cast<std::size_t>(end - at));
  if (text.front() == '[') return text;
  const Result<json::ObjectIndex> index = json::ObjectIndex::parse(text);
  if (!index) return Unexpected(broken(title, "the list of models is not an object"));
  for (std::string_view key : {"data", "models"})
    if (const auto value = index->find(key); value && value->front() == '[') return *value;
  if (const auto error = index->find("error"); error && *error != "null")
    return Unexpected(read_frame_error({}, *error, title, 0));
  return Unexpected(broken(title, "the list of models has no data"));
}

std::string model_id(std::string_view model) {
  const Result<json::ObjectIndex> index = json::ObjectIndex::parse(model);
  if (!index) return {};
  const auto id = index->find("id");
  return id ? json::unquoted(*id).value_or(std::string()) : std::string();
}

}  // namespace

void read_models(std::string_view body, const prx_sink& sink, std::string_view provider_title) {
  Emitter emitter(sink, false);
  const Result<std::string_view> models = find_models(body, provider_title);
  if (!models) return emitter.error(models.error());
  json::scan::for_each_element(*models, [&emitter](std::string_view model) {
    const std::string id = model_id(model);
    if (!id.empty()) emitter.item(0, "model", id, model);
    return !emitter.stopped();
  });
  if (!emitter.stopped()) return emitter.done();
  Error stopped = broken(provider_title, "stopped by the host");
  stopped.error_class = ErrorClass::kCancelled;
  emitter.error(stopped);
}

}  // namespace prx::sdk
