#include "prx/client.hpp"

#include "client/abi_convert.hpp"
#include "client/client_impl.hpp"
#include "client/forked.hpp"
#include "client/pull_stream.hpp"
#include "client/tool_run_loop.hpp"

namespace prx {

Call::~Call() = default;
Stream::~Stream() = default;

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Client::~Client() {
  if (impl_->home().left() || !impl_->close())
    static_cast<void>(impl_.release());  // a thread still uses it, here or in the parent
}

Result<std::unique_ptr<Client>> Client::open(Config config, ClientOptions options) {
  return open_with(std::move(config), std::move(options), nullptr);
}

Result<std::unique_ptr<Client>> Client::open_with(Config config, ClientOptions options,
                                                  std::shared_ptr<driver::HealthStore> board) {
  const bool warm_up = options.warm_up;
  PRX_TRY_SET(auto impl, Impl::open(std::move(config), std::move(options), std::move(board)));
  if (warm_up) impl->warm_up();
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

template <class Request>
std::unique_ptr<Call> Client::push(const Request& request, const CallOptions& options, Sink& sink) {
  if (impl_->home().left()) {
    sink.on_end(Unexpected(CallError(driver::used_after_fork())));
    return std::make_unique<driver::ForkedCall>();
  }
  std::optional<Error> refused;
  auto call = impl_->make_call(request, options, sink, refused);
  call->start(std::move(refused));
  return std::make_unique<driver::PushCall>(std::move(call));
}

std::unique_ptr<Call> Client::start(const ChatRequest& request, const CallOptions& options,
                                    Sink& sink) {
  return push(request, options, sink);
}

std::unique_ptr<Call> Client::start(const EndpointRequest& request, const CallOptions& options,
                                    Sink& sink) {
  return push(request, options, sink);
}

std::unique_ptr<Stream> Client::stream(const ChatRequest& request, const CallOptions& options) {
  if (impl_->home().left()) return std::make_unique<driver::ForkedStream>();
  auto stream = std::make_unique<driver::PullStream>(impl_->loop());
  std::optional<Error> refused;
  auto call = impl_->make_call(request, options, *stream, refused);
  stream->own(call);
  call->start(std::move(refused));
  return stream;
}

ChatResult Client::chat(const ChatRequest& request, const CallOptions& options) {
  if (driver::on_prx_thread()) return Unexpected(CallError(driver::blocking_on_loop()));
  driver::BlockingSink sink;
  const auto call = start(request, options, sink);
  return sink.wait();
}

EndpointResult Client::post(const EndpointRequest& request, const CallOptions& options) {
  if (driver::on_prx_thread()) return Unexpected(CallError(driver::blocking_on_loop()));
  driver::EndpointSink sink;
  const auto call = start(request, options, sink);
  return sink.wait();
}

RunResult Client::run(Conversation& conversation, const ToolBox& tools, const RunOptions& options) {
  return driver::ToolRunLoop(*this, conversation, tools, options).run();
}

RunResult Client::run(Conversation& conversation, const ToolBox& tools) {
  return run(conversation, tools, RunOptions{});
}

Result<std::vector<Model>> Client::models(const std::string& provider, const CallOptions& options) {
  PRX_TRY(impl_->check_may_wait());
  PRX_TRY_SET(const auto target, impl_->target(impl_->snapshot(), provider));
  if (auto unfit = target.instance->lacks("models")) return Unexpected(std::move(*unfit));
  std::vector<Model> models;
  const auto done = impl_->run(target, PRX_OP_MODELS, options, [&](const prx_event& event) {
    if (event.type == PRX_EV_ITEM)
      models.push_back(
          {std::string(driver::view(event.id)), std::string(driver::view(event.json))});
  });
  if (!done) return Unexpected(done.error());
  return models;
}

Result<Catalog> Client::catalog(const std::string& provider, const CatalogOptions& options) {
  PRX_TRY(impl_->check_may_wait());
  return impl_->catalog(provider, options);
}

Result<Health> Client::health(const std::string& provider, const CallOptions& options) {
  PRX_TRY_SET(auto reached, reach(provider, options));
  if (reached.refusal) return Unexpected(std::move(*reached.refusal));
  return std::move(reached.health);
}

Result<Reach> Client::reach(const std::string& provider, const CallOptions& options) {
  PRX_TRY(impl_->check_may_wait());
  PRX_TRY_SET(const auto target, impl_->target(impl_->snapshot(), provider));
  if (auto unfit = target.instance->lacks("health")) return Unexpected(std::move(*unfit));
  const auto began = std::chrono::steady_clock::now();
  Impl::Outcome outcome = impl_->run_to_end(target, PRX_OP_HEALTH, options, nullptr);
  if (outcome.error && outcome.error->http_status == 0)
    return Unexpected(std::move(*outcome.error));
  Reach reached;
  reached.refusal = std::move(outcome.error);
  Health& health = reached.health;
  health.provider = target.instance->config().name;
  health.latency = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  health.http_version = outcome.stats.http_version;
  health.connection_reused = outcome.stats.reused;
  return reached;
}

Result<void> Client::reload(Config config) {
  PRX_TRY(impl_->check_may_wait());
  return impl_->reload(std::move(config));
}

std::vector<PluginInfo> Client::plugins() const {
  std::vector<PluginInfo> out;
  if (impl_->home().left()) return out;
  const auto in_force = impl_->snapshot();
  for (const auto& candidate : in_force->candidates) out.push_back(candidate.info);
  return out;
}

std::shared_ptr<const Config> Client::config() const {
  if (impl_->home().left()) return std::make_shared<const Config>();
  return impl_->snapshot()->config;
}

CallCost cost_of(const std::vector<Attempt>& attempts) {
  CallCost cost;
  for (const auto& attempt : attempts) {
    cost.dollars += attempt.cost.value_or(0.0);
    cost.lower_bound = cost.lower_bound || !attempt.cost;
    cost.estimated = cost.estimated || attempt.cost_estimated;
  }
  return cost;
}

}  // namespace prx
