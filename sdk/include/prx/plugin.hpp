// clang-format off
/// \file plugin.hpp
/// The C++ layer over prx/plugin.h, headers only. Three steps; take the highest that fits:
///
///   ChatProvider  (prx/sdk/chat_provider.hpp) speaks Chat Completions: say what differs
///   HttpProvider  (prx/sdk/http_provider.hpp) speaks HTTP: give a request and a decoder
///   Op            (prx/sdk/op.hpp)            anything: emit events into an operation
///
/// A provider is a class with these members, and one PRX_PLUGIN line in one source file:
///
///     class Echo {
///      public:
///       Echo(const prx::sdk::Config& config, prx::sdk::Host host);
///       std::string describe() const;  // what it can do, as a JSON object
///       void start(prx::sdk::Op op, const prx::sdk::Request& request);  // not for HttpProvider
///     };
///     PRX_PLUGIN(Echo, "echo", "1.0.0")
///
/// One that may refuse its configuration has, in place of that constructor:
///
///       static prx::Result<std::unique_ptr<Echo>> create(const prx::sdk::Config& config,
///                                                        prx::sdk::Host host);
// clang-format on
///
/// What the layer keeps for the author: no exception crosses the C interface; each operation ends
/// exactly once; nothing is emitted from inside prx_provider::start; a cancel undoes timers and
/// requests.
///
/// Threads: constructor and destructor one at a time; describe() any thread; start() on the loop of
/// the operation, on several loops at once, so guard what they share.
#pragma once

#include "prx/plugin.h"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/config.hpp"
#include "prx/sdk/entry.hpp"
#include "prx/sdk/event_writer.hpp"
#include "prx/sdk/host.hpp"
#include "prx/sdk/http_provider.hpp"
#include "prx/sdk/op.hpp"
#include "prx/sdk/operation.hpp"

/// Defines the entry symbol; once per plugin, at global scope. id and version are those of the
/// note; prx_add_plugin() defines PRX_NOTE_ID and PRX_NOTE_VERSION from it.
#define PRX_PLUGIN(Provider, id, version)                                      \
  extern "C" PRX_EXPORT const prx_plugin* prx_plugin_query_v1(void) noexcept { \
    static constexpr prx_plugin prx_plugin_table =                             \
        ::prx::sdk::detail::Entry<Provider>::plugin(id, version);              \
    return &prx_plugin_table;                                                  \
  }
