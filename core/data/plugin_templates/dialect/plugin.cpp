// A provider that speaks Chat Completions, as most do: it says what is different here, the SDK does
// the rest (streams, tool calls, usage, errors, lists of models). See prx/sdk/chat_provider.hpp.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <prx/plugin.hpp>
#include <prx/sdk/chat_provider.hpp>
#include <prx/sdk/json_edit.hpp>

#include "prx_note.h"

namespace {

namespace sdk = prx::sdk;
using prx::Result;

class Provider final : public sdk::ChatProvider {
 public:
  using ChatProvider::ChatProvider;

  static Result<std::unique_ptr<Provider>> create(const sdk::Config& config, sdk::Host host) {
    sdk::ChatOptions options;
    options.title = "@TITLE@";
    options.base_url = config.string("base_url", "https://api.example.com/v1");
    options.headers = {{"x-region", config.string("region")}};  // left out while it is empty
    PRX_TRY_SET(sdk::ChatOptions usable, sdk::checked(std::move(options)));
    return std::make_unique<Provider>(std::move(usable), host);
  }

  static std::string describe() { return PRX_NOTE_CAPABILITIES; }

 protected:
  /// This server knows max_tokens only. What is not named keeps its bytes; a body that needs no
  /// change is not even copied.
  Result<std::optional<std::string>> edit_chat(const sdk::Request& request) const override {
    PRX_TRY_SET(const auto body, prx::json::ObjectIndex::parse(request.body));
    if (!body.find("max_completion_tokens")) return std::optional<std::string>();
    prx::json::ObjectEdit edit(body);
    edit.rename("max_completion_tokens", "max_tokens");
    return std::optional<std::string>(edit.str());
  }
};

}  // namespace

PRX_PLUGIN(Provider, PRX_NOTE_ID, PRX_NOTE_VERSION)
