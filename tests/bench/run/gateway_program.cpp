#include "bench/run/gateway_program.hpp"

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <utility>

#include "bench/common/payload.hpp"
#include "bench/run/listener.hpp"
#include "bench/run/statistics.hpp"

namespace prx::bench {
namespace {

constexpr std::chrono::seconds kReadyMax{20};
constexpr std::chrono::seconds kEndMax{20};
constexpr std::chrono::seconds kInstallMax{300};
constexpr const char* kPortkeyStart = "node_modules/@portkey-ai/gateway/build/start-server.js";

// With the newer @hono/node-server that its package brings along, its streams fail at once.
constexpr const char* kPortkeyPackage =
    R"({"private":true,"dependencies":{"@portkey-ai/gateway":"1.15.2"},)"
    R"("overrides":{"hono":"4.9.7","@hono/node-server":"1.13.8"}})";

void write_text(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::trunc) << text;
}

Result<int> unused_port() {
  PRX_TRY_SET(const Listener listener, Listener::open());
  return listener.port();
}

std::string origin(int port) { return "http://127.0.0.1:" + std::to_string(port); }

// Nothing is written outside of `folder`, no access log; the rest as Debian has it, but for what
// keeps connections.
std::string nginx_configuration(const std::string& folder, int port, int upstream) {
  std::string temporary;
  for (const char* const kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary += std::string("  ") + kind + "_temp_path " + folder + "/" + kind + ";\n";
  return "daemon off;\nmaster_process off;\nworker_processes 1;\npid " + folder +
         "/pid;\nerror_log /dev/null crit;\nevents { worker_connections 32768; }\nhttp {\n"
         "  access_log off;\n  keepalive_requests 100000000;\n" +
         temporary + "  upstream bench {\n    server 127.0.0.1:" + std::to_string(upstream) +
         ";\n    keepalive 256;\n    keepalive_requests 100000000;\n  }\n"
         "  server {\n    listen 127.0.0.1:" +
         std::to_string(port) +
         " backlog=4096;\n    location / {\n      proxy_pass http://bench;\n"
         "      proxy_http_version 1.1;\n      proxy_set_header Connection \"\";\n"
         "      proxy_buffering off;\n    }\n  }\n}\n";
}

std::string target_table(const std::string& name, int port) {
  return "[providers." + name + "]\nplugin = \"openrouter\"\nbase_url = \"" + origin(port) +
         "/api/v1\"\napi_key = \"" + std::string(kApiKey) + "\"\n";
}

// As somebody has it who configured nothing else, but for the one loop: nginx has one, too.
std::string prx_configuration(const Places& places, const Upstreams& upstreams, bool chain) {
  const std::string model(kModel);
  std::string out = "[default]\nprovider = \"first\"\nmodel = \"" + model + "\"\n";
  if (chain) out = "[default]\nchain = \"bench\"\n";
  out += "[serve]\nloops = 1\n[plugins]\ndirs = [\"" + places.plugins + "\"]\n" +
         target_table("first", upstreams.first);
  if (chain)
    out += target_table("second", upstreams.second) +
           "[chains.bench]\ntargets = [\n  { provider = \"first\", model = \"" + model +
           "\" },\n  { provider = \"second\", model = \"" + model + "\" },\n]\n";
  return out;
}

}  // namespace

struct GatewayStart {
  const Places& places;
  const Upstreams& upstreams;
  const std::vector<std::string>& wrapper;
  std::string folder = places.scratch + "/gateway";

  [[nodiscard]] Result<Process> process(std::vector<std::string> argv) const {
    Command command;
    command.argv = wrapper;
    command.argv.insert(command.argv.end(), argv.begin(), argv.end());
    command.environment = {"HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "PATH=/usr/bin:/bin",
                           "LANG=C.UTF-8"};
    command.processor = processors().subject;
    command.quiet = true;
    return Process::start(command);
  }

  [[nodiscard]] Result<GatewayProgram> direct() const {
    GatewayProgram out;
    out.port_ = upstreams.first;
    return out;
  }

  [[nodiscard]] Result<GatewayProgram> nginx() const {
    PRX_TRY_SET(const int port, unused_port());
    write_text(folder + "/nginx.conf", nginx_configuration(folder, port, upstreams.first));
    PRX_TRY_SET(Process started, process({find_program("nginx").value_or("nginx"), "-p", folder,
                                          "-c", folder + "/nginx.conf", "-e", "/dev/null"}));
    return listening(std::move(started), port);
  }

  [[nodiscard]] Result<GatewayProgram> prx(bool chain) const {
    const std::string file = folder + "/config.toml";
    write_text(file, prx_configuration(places, upstreams, chain));
    PRX_TRY_SET(Process started, process({places.prx, "--config", file, "serve", "--quiet",
                                          "--listen", "127.0.0.1:0"}));
    PRX_TRY_SET(const std::string url, started.read_line(kReadyMax));
    const std::size_t colon = url.rfind(':');
    if (colon == std::string::npos) return fail(ErrorClass::kInternal, "prx serve said: " + url);
    GatewayProgram out;
    out.port_ = std::stoi(url.substr(colon + 1));
    out.process_.emplace(std::move(started));
    return out;
  }

  [[nodiscard]] Result<GatewayProgram> portkey() const {
    PRX_TRY_SET(const int port, unused_port());
    PRX_TRY_SET(Process started, process({find_program("node").value_or("node"),
                                          places.scratch + "/portkey/" + kPortkeyStart,
                                          "--port=" + std::to_string(port), "--headless"}));
    PRX_TRY_SET(GatewayProgram out, listening(std::move(started), port));
    out.path_ = "/v1/chat/completions";
    out.headers_ =
        "x-portkey-provider: openai|x-portkey-custom-host: " + origin(upstreams.first) + "/api/v1";
    return out;
  }

  [[nodiscard]] static Result<GatewayProgram> listening(Process started, int port) {
    PRX_TRY(wait_for_port(static_cast<std::uint16_t>(port), kReadyMax));
    GatewayProgram out;
    out.port_ = port;
    out.process_.emplace(std::move(started));
    return out;
  }
};

std::optional<std::string> why_not(const Places& places, Gateway gateway) {
  const auto needs = [](const char* program) -> std::optional<std::string> {
    if (find_program(program)) return std::nullopt;
    return std::string(program) + " is not installed";
  };
  if (!built(places.programs + "/bench_http_load")) return "bench_http_load was not built";
  switch (gateway) {
    case Gateway::kDirect:
      return std::nullopt;
    case Gateway::kNginx:
      return needs("nginx");
    case Gateway::kPrx:
    case Gateway::kChain:
      if (!built(places.prx)) return "prx was not built";
      return std::nullopt;
    case Gateway::kPortkey:
      if (auto missing = needs("node")) return missing;
      return needs("npm");
  }
  return std::nullopt;
}

Result<GatewayProgram> GatewayProgram::start(const Places& places, Gateway gateway,
                                             const Upstreams& upstreams,
                                             const std::vector<std::string>& wrapper) {
  const GatewayStart start{places, upstreams, wrapper};
  std::filesystem::create_directories(start.folder);
  switch (gateway) {
    case Gateway::kDirect:
      return start.direct();
    case Gateway::kNginx:
      return start.nginx();
    case Gateway::kPrx:
      return start.prx(false);
    case Gateway::kChain:
      return start.prx(true);
    case Gateway::kPortkey:
      return start.portkey();
  }
  return start.direct();
}

Result<Finished> GatewayProgram::end() {
  ::kill(pid(), SIGTERM);
  return process_->finish(kEndMax);
}

Result<void> install_portkey(const Places& places) {
  const std::string folder = places.scratch + "/portkey";
  if (std::filesystem::exists(folder + "/" + kPortkeyStart)) return {};
  std::filesystem::create_directories(folder);
  write_text(folder + "/package.json", kPortkeyPackage);
  Command command;
  command.argv = {find_program("npm").value_or("npm"),
                  "install",
                  "--prefix",
                  folder,
                  "--ignore-scripts",
                  "--no-audit",
                  "--no-fund"};
  command.processor = processors().load;
  command.quiet = true;
  if (!run(command, kInstallMax))
    return fail(ErrorClass::kUnsupported, "npm cannot install it here");
  return {};
}

}  // namespace prx::bench
