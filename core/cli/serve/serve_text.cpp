#include "cli/serve/serve_text.hpp"

#include <algorithm>

namespace prx::cli {
namespace {

bool is_unix(const std::string& url) { return url.starts_with("unix:"); }

std::string comma_list(const std::vector<std::string>& urls) {
  std::string out;
  for (const auto& url : urls) out += (out.empty() ? "" : ", ") + url;
  return out;
}

}  // namespace

std::string targets_of(const Config& config) {
  std::string out;
  if (const ChainConfig* const chain = config.find_chain(config.chain))
    for (const TargetConfig& target : chain->targets)
      out += (out.empty() ? "" : ", then ") + target.provider;
  return out.empty() ? config.first_provider() : out;
}

std::string status_text(const gateway::Gateway& gateway, const Config& config) {
  return "Listens on " + comma_list(gateway.urls()) + "; chats are answered by " +
         targets_of(config);
}

std::string url_lines(const gateway::Gateway& gateway) {
  std::string out;
  for (const auto& url : gateway.urls()) out += url + '\n';
  return out;
}

std::string instructions(const gateway::Gateway& gateway, const Config& config) {
  const auto& urls = gateway.urls();
  const auto reached = std::find_if_not(urls.begin(), urls.end(), is_unix);
  const std::string url = reached == urls.end() ? "http://localhost" : *reached;
  const bool has_keys = !config.serve.keys.empty();
  std::string out = "Chats are answered by " + targets_of(config) + ".\n";
  if (urls.size() > 1 || reached == urls.end()) out += "It listens on " + comma_list(urls) + ".\n";
  return out + "  as OpenAI       " + url +
         "/v1\n"
         "  as OpenRouter   " +
         url +
         "/api/v1\n\n"
         "A program that speaks OpenAI's protocol is led here by\n"
         "  export OPENAI_BASE_URL=" +
         url + "/v1 OPENAI_API_KEY=" + (has_keys ? "KEY\n" : "unused\n") +
         (has_keys ? "where KEY is one of [serve.keys.NAME] (prx serve --new-key NAME makes one).\n"
                   : "") +
         "A configuration that was written anew is read again. Ctrl-C lets answers end, and stops "
         "it.\n";
}

}  // namespace prx::cli
