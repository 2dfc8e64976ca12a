#include "bench/fallback_bench/caller.hpp"

#include <utility>

#include "bench/common/measure.hpp"
#include "bench/common/payload.hpp"

namespace prx::bench {
namespace {

std::string provider(const std::string& name, const std::string& origin) {
  return "[providers." + name + "]\nplugin = \"openrouter\"\nbase_url = \"" + origin +
         "/api/v1\"\napi_key = \"" + std::string(kApiKey) + "\"\n";
}

std::string configuration(const CallerOptions& options) {
  const std::string model(kModel);
  return "[default]\nchain = \"bench\"\n[log]\nlevel = \"off\"\n[plugins]\ndirs = [\"" +
         options.plugins + "\"]\n" + provider("first", options.first) +
         provider("second", options.second) +
         "[chains.bench]\nretries = 0\nhedge_after = \"off\"\ntargets = [\n"
         "  { provider = \"first\", model = \"" +
         model + "\" },\n  { provider = \"second\", model = \"" + model + "\" },\n]\n";
}

std::unique_ptr<Client> open_client(const CallerOptions& options) {
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  ConfigSource source;
  source.no_file = true;
  source.environment = nothing;
  auto config = Config::parse(configuration(options), "bench.toml", "/", source);
  if (!config) die(config.error().message);
  ClientOptions client_options;
  client_options.warm_up = false;
  client_options.environment = nothing;
  auto client = Client::open(std::move(*config), std::move(client_options));
  if (!client) die(client.error().message);
  return std::move(*client);
}

}  // namespace

FallbackCaller::FallbackCaller(const CallerOptions& options) : client_(open_client(options)) {
  request_.messages = {Message::user("Say something short.")};
}

FallbackCaller::~FallbackCaller() {
  stopping_ = true;
  client_.reset();
}

void FallbackCaller::start() { call_ = client_->start(request_, {}, *this); }

void FallbackCaller::on_end(ChatResult result) {
  if (stopping_) return;
  if (!result) die("a call failed: " + result.error().message);
  if (result->finish_reason != FinishReason::kStop) die("an answer came without its finish reason");
  start();
}

}  // namespace prx::bench
