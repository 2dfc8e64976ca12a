// A plugin that keeps every rule: Chat Completions by the SDK. Its entry is prx_honest_query_v1;
// mutant.cpp has the exported one.
#include <memory>
#include <string>
#include <utility>

#include <prx/plugin.hpp>
#include <prx/sdk/chat_provider.hpp>

namespace {

namespace sdk = prx::sdk;

class Provider final : public sdk::ChatProvider {
 public:
  using ChatProvider::ChatProvider;

  static prx::Result<std::unique_ptr<Provider>> create(const sdk::Config& config, sdk::Host host) {
    sdk::ChatOptions options;
    options.title = "Mutant";
    options.base_url = config.string("base_url", "https://mutant.example.com/v1");
    options.headers = {{"x-region", config.string("region")}};
    PRX_TRY_SET(sdk::ChatOptions usable, sdk::checked(std::move(options)));
    return std::make_unique<Provider>(std::move(usable), host);
  }
  static std::string describe() { return R"({"stream":true,"tools":true})"; }
};

}  // namespace

PRX_PLUGIN(Provider, "mutant", "1.0.0")
