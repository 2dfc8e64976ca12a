/// \file entry.hpp
/// The C tables of a plugin, made from a provider class. PRX_PLUGIN (prx/plugin.hpp) is the way to
/// use it.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "prx/plugin.h"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/config.hpp"
#include "prx/sdk/host.hpp"
#include "prx/sdk/http_operation.hpp"
#include "prx/sdk/http_provider.hpp"
#include "prx/sdk/op.hpp"
#include "prx/sdk/operation.hpp"

namespace prx::sdk::detail {

/// A provider that can refuse its configuration has this; others are constructed from (config,
/// host).
template <class P>
concept Creates = requires(const Config& config, Host host) {
  { P::create(config, host) } -> std::same_as<Result<std::unique_ptr<P>>>;
};

template <class P>
[[nodiscard]] Result<std::unique_ptr<P>> create_provider(const Config& config, Host host) {
  if constexpr (Creates<P>) {
    auto created = P::create(config, host);
    if (created && *created == nullptr)
      return fail(ErrorClass::kInternal, "bug in the plugin: create() returned a null pointer");
    return created;
  } else {
    return std::make_unique<P>(config, host);
  }
}

template <class P>
[[nodiscard]] Result<std::shared_ptr<Operation>> start_operation(P& provider, Host host,
                                                                 const prx_request& abi_request,
                                                                 const prx_sink& sink) {
  if (abi_request.op < PRX_OP_CHAT || abi_request.op > PRX_OP_CALL)
    return fail(ErrorClass::kUnsupported,
                "this plugin knows no operation " + std::to_string(abi_request.op));
  if constexpr (std::derived_from<P, HttpProvider>) {
    Request request = to_request(abi_request);
    std::as_const(provider).choose(request);
    PRX_TRY_SET(const HttpCall call, std::as_const(provider).request(request));
    auto operation = std::make_shared<HttpOperation>(provider, request, sink);
    PRX_TRY(operation->send(call));
    return std::shared_ptr<Operation>(std::move(operation));
  } else {
    // The author's start() runs on the next turn of the loop, so that it may send events at once.
    auto state = std::make_shared<OpState>(host, abi_request, sink);
    const bool begun = Op(state).begin([&provider](Op op) {
      const Request request = op.request();
      provider.start(std::move(op), request);
    });
    if (!begun) return fail(ErrorClass::kInternal, "the host has no timer for this operation");
    return std::shared_ptr<Operation>(std::move(state));
  }
}

/// One instance as the C interface sees it.
template <class P>
struct Instance {
  Host host;
  std::unique_ptr<P> provider;
};

/// Runs `body`, which returns a Result<void>, and turns what it says or throws into a status.
template <class Body>
[[nodiscard]] std::int32_t status_of(const prx_fail* fail, Body&& body) noexcept {
  std::int32_t status = PRX_E_INTERNAL;
  guard(
      [&] {
        const Result<void> result = body();
        status = result ? PRX_OK : static_cast<std::int32_t>(result.error().error_class);
        if (result) return;
        const Error error = with_clean_texts(result.error());
        report(fail, to_abi(error));
      },
      [&](const prx_error& bug) { report(fail, bug); });
  return status;
}

template <class P>
class Entry {
 public:
  /// The table that prx_plugin_query_v1 returns; the texts are literals.
  [[nodiscard]] static constexpr prx_plugin plugin(std::string_view id, std::string_view version) {
    return {sizeof(prx_plugin),
            PRX_ABI_MAJOR,
            PRX_ABI_MINOR,
            0,
            {id.data(), id.size()},
            {version.data(), version.size()},
            &init,
            &deinit,
            &interface_of};
  }

 private:
  static std::int32_t init(const prx_host*, const prx_fail*, void** module) noexcept {
    *module = nullptr;  // no state outside the instances
    return PRX_OK;
  }
  static void deinit(void*) noexcept {}
  static const void* interface_of(prx_str id) noexcept {
    return view(id) == PRX_PROVIDER_ID ? &kProvider : nullptr;
  }

  static std::int32_t create(void*, const prx_host* host, prx_str kind, prx_str config_json,
                             const prx_fail* fail, void** instance) noexcept {
    return status_of(fail, [&]() -> Result<void> {
      PRX_TRY_SET(const Config config, Config::parse(view(kind), view(config_json)));
      PRX_TRY_SET(auto provider, create_provider<P>(config, Host(host)));
      *instance =
          std::make_unique<Instance<P>>(Instance<P>{Host(host), std::move(provider)}).release();
      return {};
    });
  }
  static void destroy(void* instance) noexcept {
    const std::unique_ptr<Instance<P>> last(static_cast<Instance<P>*>(instance));
  }
  static void describe(void* instance, const prx_text_out* out) noexcept {
    guard(
        [&] {
          const std::string text = static_cast<Instance<P>*>(instance)->provider->describe();
          out->write(out->ctx, str(text));
        },
        [out](const prx_error&) { out->write(out->ctx, str("{}")); });
  }
  static std::int32_t start(void* instance, const prx_request* request, const prx_sink* sink,
                            const prx_fail* fail, void** op) noexcept {
    return status_of(fail, [&]() -> Result<void> {
      auto& self = *static_cast<Instance<P>*>(instance);
      PRX_TRY_SET(const auto operation,
                  start_operation(*self.provider, self.host, *request, *sink));
      *op = Operation::give(operation);
      return {};
    });
  }
  static void cancel(void* op) noexcept { Operation::cancel(op); }
  static void release(void* op) noexcept { Operation::release(op); }

  static constexpr prx_provider kProvider{
      sizeof(prx_provider), 0, &create, &destroy, &describe, &start, &cancel, &release};
};

}  // namespace prx::sdk::detail
