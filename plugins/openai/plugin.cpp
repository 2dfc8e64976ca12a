// OpenAI, and servers that speak its Chat Completions at another base_url.
#include "prx/plugin.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "prx/sdk/chat_provider.hpp"
#include "prx_note.h"

namespace {

using prx::Result;
using prx::json::ObjectEdit;
using prx::json::ObjectIndex;
using prx::sdk::ChatOptions;
using prx::sdk::ChatProvider;
using prx::sdk::Config;
using prx::sdk::Host;
using prx::sdk::Request;

/// `stream_options` that ask for usage, or nullopt when they already say something about it.
Result<std::optional<std::string>> with_usage(std::optional<std::string_view> stream_options) {
  if (!stream_options || *stream_options == "null")
    return std::optional<std::string>(R"({"include_usage":true})");
  PRX_TRY_SET(const ObjectIndex options, ObjectIndex::parse(*stream_options));
  if (options.find("include_usage")) return std::optional<std::string>();
  return std::optional<std::string>(ObjectEdit(options).set("include_usage", "true").str());
}

class OpenAi final : public ChatProvider {
 public:
  using ChatProvider::ChatProvider;

  static Result<std::unique_ptr<OpenAi>> create(const Config& config, Host host) {
    ChatOptions options;
    options.title = "OpenAI";
    options.base_url = config.string("base_url", "https://api.openai.com/v1");
    options.headers = {{"OpenAI-Organization", config.string("organization")},
                       {"OpenAI-Project", config.string("project")}};
    PRX_TRY_SET(ChatOptions usable, prx::sdk::checked(std::move(options)));
    return std::make_unique<OpenAi>(std::move(usable), host);
  }

  [[nodiscard]] static std::string describe() { return PRX_NOTE_CAPABILITIES; }

 protected:
  /// A stream tells its usage only when asked to.
  /// \see https://platform.openai.com/docs/api-reference/chat/create
  [[nodiscard]] Result<std::optional<std::string>> edit_chat(
      const Request& request) const override {
    if (!request.stream) return std::optional<std::string>();
    PRX_TRY_SET(const ObjectIndex body, ObjectIndex::parse(request.body));
    PRX_TRY_SET(auto options, with_usage(body.find("stream_options")));
    if (!options) return options;
    return std::optional<std::string>(
        ObjectEdit(body).set("stream_options", std::move(*options)).str());
  }
};

}  // namespace

PRX_PLUGIN(OpenAi, PRX_NOTE_ID, PRX_NOTE_VERSION)
