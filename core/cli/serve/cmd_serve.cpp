// prx serve
#include <algorithm>
#include <chrono>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"
#include "cli/serve/file_watch.hpp"
#include "cli/serve/new_key.hpp"
#include "cli/serve/serve_signals.hpp"
#include "cli/serve/serve_text.hpp"
#include "cli/serve/service_manager.hpp"
#include "cli/serve/tls_renewal.hpp"
#include "cli/serve/watchdog.hpp"
#include "client/client_group.hpp"
#include "config/file_place.hpp"
#include "config/listen_place.hpp"
#include "gateway/access/budget_keeper.hpp"
#include "gateway/gateway.hpp"

namespace prx::cli {
namespace {

using Clock = std::chrono::steady_clock;
using What = ServeSignals::What;

constexpr std::chrono::milliseconds kLookEvery{1'000};  // at the file of the configuration

/// The configuration's file, whether it is there or not; "": none is read.
std::filesystem::path file_of(const GlobalOptions& globals) {
  if (globals.no_config) return {};
  const auto place = config::file_place(globals.config, process_environment());
  return place ? place->path : std::filesystem::path();
}

/// Those that were given by a service manager, or else the one that is configured.
Result<std::vector<gateway::Listener>> open_listeners(
    std::vector<gateway::Listener> given, const ServeConfig& serve,
    const std::shared_ptr<const gateway::TlsContext>& tls) {
  if (given.empty()) {
    PRX_TRY_SET(given.emplace_back(), gateway::listen_at(serve.listen));
  }
  for (auto& one : given)
    if (!one.is_unix()) one.tls = tls;
  return given;
}

gateway::Gateway::Clients all_of(const ClientGroup& clients) {
  gateway::Gateway::Clients out;
  for (std::size_t i = 0; i < clients.size(); ++i) out.push_back(&clients[i]);
  return out;
}

class Serve final : public Command {
 public:
  HelpText help() const override {
    return {"prx serve [OPTIONS]",
            "Offers the chains of the configuration as an OpenAI- and OpenRouter-compatible "
            "service on this\n"
            "machine, so that any program gets their fallbacks by another base URL. A request "
            "that names a model\n"
            "goes through the chain in force with that model; model chain:NAME asks for another "
            "chain.",
            "Endpoints, below /v1 and /api/v1:\n"
            "  POST /chat/completions   with and without streaming\n"
            "  POST /embeddings, /completions\n"
            "  GET  /models             chains and models; /models/ID: one\n"
            "  GET  /key                what the first provider says of its key\n"
            "and GET /healthz, /readyz, /metrics (Prometheus), /status (JSON).\n\n"
            "SIGTERM and Ctrl-C let the answers under way end ([serve] drain_timeout), a second "
            "one does not wait.\n"
            "A file that was written anew is read again, and at SIGHUP, which opens [serve] "
            "access_log anew too.\n\n"
            "Examples:\n"
            "  prx serve\n"
            "  prx serve --listen 127.0.0.1:0 --quiet\n"
            "  prx serve --new-key alice\n\n"
            "Anybody on this machine may ask, until there is a [serve.keys.NAME]: then each "
            "request needs a key,\n"
            "which may have an allow-list of models, limits and a budget, and other machines may "
            "be listened to.\n\n"
            "Exit codes: 0 when every answer had ended, 1 when some were cut off, 2 for a wrong "
            "option, 3 for a\n"
            "configuration that cannot be used, 6 when the port is taken.\n"};
  }

  void declare(Arguments& arguments) override {
    arguments.text("--listen", listen_, "ADDRESS:PORT",
                   "Instead of [serve] listen; port 0: any free one. Without keys a loopback "
                   "address");
    arguments.text("--new-key", new_key_, "NAME",
                   "Print a fresh key for a client and the lines that allow it, and nothing else");
    declare_overrides(arguments, overrides_);
    arguments.flag("-q,--quiet", quiet_, "Print the URL alone");
  }

  int run(const GlobalOptions& globals) override {
    if (new_key_) return make_key();
    const ServiceVariables variables = ServiceVariables::take();  // before there are threads
    auto given = given_listeners(variables);
    if (!given) return failed(given.error());
    if (listen_ && !given->empty())
      return refuse_listen("a service manager gave sockets (LISTEN_FDS); remove one of both");
    if (listen_)
      if (const auto place = config::listen_place(*listen_); !place)
        return refuse_listen(place.error().message);
    if (auto checked = check_overrides(overrides_); !checked) return refuse(checked.error(), false);
    auto signals = ServeSignals::open();
    if (!signals) return failed(signals.error());
    FileWatch watch(file_of(globals));  // before it is read: what is written meanwhile is told
    auto config = load_config(globals, overrides_);
    if (!config) return configuration_failure(config.error());
    ServeConfig serve = config->serve;
    if (listen_) {
      serve.listen = *listen_;
      if (const auto place = config::check_serve_listen(*listen_, !serve.keys.empty()); !place)
        return refuse_listen(place.error().message);
    }
    TlsRenewal tls;
    if (auto opened = tls.open(serve.tls); !opened) return configuration_failure(opened.error());
    gateway::GatewayOptions options = options_of(serve);
    auto clients = ClientGroup::open(*config, client_options(options, gateway::loops_of(serve)));
    if (!clients) return configuration_failure(clients.error());
    auto listeners = open_listeners(std::move(*given), serve, tls.context());
    if (!listeners) return failed(listeners.error());
    auto gateway = gateway::Gateway::open_on(std::move(*listeners), all_of(**clients), serve,
                                             std::move(options));
    if (!gateway && gateway.error().error_class == ErrorClass::kInvalidRequest)
      return configuration_failure(gateway.error());
    if (!gateway) return failed(gateway.error());
    const auto in_force = (**clients)[0].config();
    print_warnings(*in_force);
    const int printed = print(quiet_ ? url_lines(**gateway) : instructions(**gateway, *in_force));
    if (printed == kExitOutput) return printed;
    const ServiceManager manager(variables);
    return attend({globals, **clients, **gateway, *signals, watch, tls, manager}, serve);
  }

 private:
  /// What runs, until it ends.
  struct Running {
    const GlobalOptions& globals;
    ClientGroup& clients;
    gateway::Gateway& gateway;
    ServeSignals& signals;
    FileWatch& watch;
    TlsRenewal& tls;
    const ServiceManager& manager;
    [[nodiscard]] std::string status() const { return status_text(gateway, *clients[0].config()); }
  };

  [[nodiscard]] int attend(const Running& now, const ServeConfig& serve) const {
    if (auto told = now.manager.ready(now.status()); !told) return failed(told.error());
    Watchdog watchdog(now.manager, now.gateway);
    for (;;) {
      watchdog.look();
      const What what = now.signals.wait(watchdog.patience(kLookEvery));
      if (what == What::kEnd) break;
      if (what == What::kReload) {
        now.gateway.reopen_log();
        now.watch.read_now();
      }
      if (what == What::kReload || now.watch.changed()) {
        now.manager.reloading();
        reload(now.globals, now.clients, now.gateway);
        (void)now.manager.ready(now.status());
      }
      now.tls.look(what == What::kReload);
    }
    now.manager.stopping("Lets the answers under way end");
    return drain(now.signals, now.gateway, watchdog, serve.drain_timeout);
  }

  [[nodiscard]] int refuse_listen(const std::string& why) const {
    return refuse(fail(ErrorClass::kInvalidRequest, "--listen: " + why).error(), false);
  }
  [[nodiscard]] int make_key() const {
    const auto text = new_key_text(*new_key_);
    if (!text) return failed(text.error());
    if (const int printed = print(*text); printed != kExitOk) return printed;
    if (!quiet_)
      message(
          "the first line is the key, which is shown this once; the others belong into the "
          "configuration");
    return kExitOk;
  }
  /// What is wrong with how it was started: its arguments, or what a service manager gave.
  [[nodiscard]] int failed(const Error& error) const {
    if (error.error_class == ErrorClass::kInvalidRequest) return refuse(error, false);
    message(error.message);
    return exit_code(error.error_class);
  }

  /// Of as many clients, each with a watch of its own among `options`.
  static std::vector<ClientOptions> client_options(gateway::GatewayOptions& options,
                                                   std::size_t count) {
    std::vector<ClientOptions> out(count);
    for (ClientOptions& one : out) {
      options.watches.push_back(std::make_shared<gateway::Watch>());
      one.metrics = gateway::Watch::sink_of(options.watches.back());
    }
    return out;
  }
  static gateway::GatewayOptions options_of(const ServeConfig& serve) {
    gateway::GatewayOptions out;
    out.say = [](std::string_view line) { message(line); };
    out.state_folder = gateway::state_folder(process_environment());
    const bool budgets = std::any_of(serve.keys.begin(), serve.keys.end(),
                                     [](const ServeKeyConfig& key) { return key.budget; });
    if (budgets && out.state_folder.empty())
      message(
          "budgets begin anew with each start: neither XDG_STATE_HOME nor HOME is set; set "
          "one");
    return out;
  }

  /// What cannot be used changes nothing, and is said.
  void reload(const GlobalOptions& globals, ClientGroup& clients, gateway::Gateway& gateway) const {
    const auto stays = [](const Error& why) {
      message("the configuration stays as it was: " + why.message);
    };
    auto config = load_config(globals, overrides_);
    if (!config) return stays(config.error());
    const ServeConfig serve = config->serve;
    if (const auto done = gateway.check_reload(serve); !done) return stays(done.error());
    if (const auto done = clients.reload(*config); !done) return stays(done.error());
    gateway.reload(serve);
    message("the configuration was read again: chats are answered by " +
            targets_of(*clients[0].config()));
  }

  static int drain(ServeSignals& signals, gateway::Gateway& gateway, Watchdog& watchdog,
                   Milliseconds limit) {
    gateway.drain([&signals] { signals.drained(); });
    const auto until = Clock::now() + limit;
    for (;;) {
      watchdog.look();
      const auto rest = std::chrono::ceil<Milliseconds>(until - Clock::now());
      const What what = signals.wait(watchdog.patience(std::max(rest, Milliseconds{0})));
      if (what == What::kDrained) return kExitOk;
      if (what == What::kReload || (what == What::kNothing && Clock::now() < until)) continue;
      const std::size_t left = gateway.counts().exchanges;
      if (left == 0) return kExitOk;
      message(std::to_string(left) + (left == 1 ? " answer was" : " answers were") + " cut off" +
              (what == What::kEnd ? "" : "; [serve] drain_timeout gives them longer"));
      return kExitCut;
    }
  }

  std::optional<std::string> listen_, new_key_;
  Overrides overrides_;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> make_serve() { return std::make_unique<Serve>(); }

}  // namespace prx::cli
