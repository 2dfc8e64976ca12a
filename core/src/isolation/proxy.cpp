#include "isolation/proxy.hpp"

#include <utility>

#include "prx/sdk/abi.hpp"

namespace prx::isolation {

namespace {

struct Instance {
  std::shared_ptr<Link> link;  // shared with what it has posted
  const prx_host* host;
};

RemoteOperation& operation_of(void* op) { return *static_cast<RemoteOperation*>(op); }

Result<std::shared_ptr<Link>> open(Module& from, LinkOptions options) {
  auto& last = from.slow_failure;
  const auto now = std::chrono::steady_clock::now();
  if (now < last.until && last.kind == options.kind && last.config_json == options.config_json)
    return Unexpected(last.error);
  std::string kind = options.kind, config = options.config_json;
  auto link = Link::open(from.ground, std::move(options));
  const auto after = std::chrono::steady_clock::now();
  if (!link && after - now >= Module::SlowFailure::kSlow)
    last = {after + Module::SlowFailure::kKept, std::move(kind), std::move(config), link.error()};
  return link;
}

std::int32_t create(void* module, const prx_host* host, prx_str kind, prx_str config,
                    const prx_fail* fail, void** instance) noexcept {
  auto& from = *static_cast<Module*>(module);
  LinkOptions options;
  options.source = from.source;
  options.provider = from.provider;
  options.kind = sdk::view(kind);
  options.config_json = sdk::view(config);
  options.host_name = sdk::view(host->name);
  options.host_version = sdk::view(host->version);
  auto link = open(from, std::move(options));
  if (!link) {
    sdk::report(fail, sdk::to_abi(link.error()));
    return static_cast<std::int32_t>(link.error().error_class);
  }
  *instance = std::make_unique<Instance>(Instance{std::move(*link), host}).release();
  return PRX_OK;
}

void destroy(void* instance) noexcept {
  const std::unique_ptr<Instance> owned(static_cast<Instance*>(instance));
  Link::close(std::move(owned->link));
}

void describe(void* instance, const prx_text_out* out) noexcept {
  out->write(out->ctx, sdk::str(static_cast<const Instance*>(instance)->link->description()));
}

std::int32_t start(void* instance, const prx_request* request, const prx_sink* sink,
                   const prx_fail*, void** op) noexcept {
  const auto& self = *static_cast<const Instance*>(instance);
  *op = &self.link->start(*self.host, *request, *sink);
  return PRX_OK;  // what goes wrong comes as ERROR
}

void cancel(void* op) noexcept { operation_of(op).link->cancel(operation_of(op)); }

void release(void* op) noexcept { operation_of(op).link->release(operation_of(op)); }

}  // namespace

const prx_provider& provider_table() {
  static constexpr prx_provider kTable{
      sizeof(prx_provider), 0, &create, &destroy, &describe, &start, &cancel, &release};
  return kTable;
}

void pause(void* operation, bool on) {
  operation_of(operation).link->pause(operation_of(operation), on);
}

void give_up(void* instance, const std::string& why) {
  static_cast<const Instance*>(instance)->link->give_up(why);
}

}  // namespace prx::isolation
