#include "gateway/chat/asked_chat.hpp"

#include <utility>

#include "gateway/choices.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

/// OpenAI sends usage to who asks for it; OpenRouter to everybody.
bool wants_usage(const json::ObjectIndex& body) {
  const auto options = body.find("stream_options");
  if (!options) return false;
  const auto index = json::ObjectIndex::parse(*options);
  return index && index->find("include_usage") == std::optional<std::string_view>("true");
}

Result<AskedChat> read_chat(HttpRequest&& http, Dialect dialect) {
  AskedChat asked;
  std::string body = std::move(http.body);
  {
    PRX_TRY_SET(const auto index, json::ObjectIndex::parse(body));
    PRX_TRY_SET(Choices choices, read_choices(http, index));
    asked.options = std::move(choices.options);
    asked.trail = choices.trail;
    if (const auto model = index.find("model")) asked.model = json::unquoted(*model).value_or("");
    asked.stream = index.find("stream") == std::optional<std::string_view>("true");
    asked.include_usage = dialect == Dialect::kOpenRouter || !asked.stream || wants_usage(index);
    if (index.find("prx")) body = json::ObjectEdit(index).remove("prx").str();
  }
  PRX_TRY_SET(asked.request, ChatRequest::from_json(std::move(body)));
  asked.options.stream_upstream = asked.stream;
  asked.options.tool_call_deltas = asked.stream;
  asked.options.frames = true;
  return asked;
}

}  // namespace prx::gateway
