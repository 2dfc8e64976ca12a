#include "gateway/endpoint/asked_endpoint.hpp"

#include <utility>

#include "gateway/chat/asked_chat.hpp"
#include "gateway/choices.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

Result<AskedEndpoint> read_endpoint(std::string path, const HttpRequest& http, Dialect dialect) {
  AskedEndpoint asked;
  asked.request.path = std::move(path);
  PRX_TRY_SET(const auto index, json::ObjectIndex::parse(http.body));
  PRX_TRY_SET(Choices choices, read_choices(http, index));
  asked.options = std::move(choices.options);
  asked.trail = choices.trail;
  if (const auto model = index.find("model")) asked.model = json::unquoted(*model).value_or("");
  asked.stream = index.find("stream") == std::optional<std::string_view>("true");
  asked.include_usage = dialect == Dialect::kOpenRouter || !asked.stream || wants_usage(index);
  json::ObjectEdit edit(index);
  for (const char* const name : {"prx", "stream", "stream_options"}) edit.remove(name);
  asked.request.body = edit.str();
  return asked;
}

}  // namespace prx::gateway
