#include "faults/stage.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "support/open_client.hpp"

namespace prx::faults {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kProviders{"openrouter", "openai", "third"};
constexpr std::array<std::string_view, 3> kModels{"anthropic/claude-sonnet-4", "gpt-4o",
                                                  "gpt-4o-mini"};

/// As a value in the language of faults.
std::string escaped(const std::string& text) {
  std::string out;
  std::array<char, 4> hex{};
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    std::snprintf(hex.data(), hex.size(), "%%%02X", static_cast<unsigned char>(c));
    out += plain ? std::string(1, c) : hex.data();
  }
  return out;
}

/// What a target says when all is well.
std::string answer_of(const Target& target) {
  std::string out = "answer?text=" + escaped(target.text);
  if (!target.arguments.empty()) out += "+tool-answer?arguments=" + escaped(target.arguments);
  if (target.calls > 1) out += "+parallel-tools";
  return out;
}

/// A port of loopback where nobody listens, for as long as the socket is open.
std::pair<int, std::uint16_t> bound_socket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("cannot bind a socket");
  return {descriptor, ntohs(address.sin_port)};
}

void write_private(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  ::chmod(path.c_str(), 0600);
}

}  // namespace

std::string answer_text(char letter) {
  std::string out;
  for (int i = 1; i <= kTokens; ++i)
    out += (i > 1 ? " " : "") + std::string(1, letter) + std::to_string(i);
  return out;
}

std::string_view provider_name(std::size_t target) { return kProviders.at(target); }
std::string_view model_name(std::size_t target) { return kModels.at(target); }

std::string replaced(std::string text, std::string_view mark, const std::string& by) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark))
    text.replace(at, mark.size(), by);
  return text;
}

std::string with_variant(std::string text, const std::string& variant) {
  return replaced(std::move(text), "{k}", variant);
}

House::House() {
  std::string name = (fs::canonical(fs::temp_directory_path()) / "prx-faults-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  folder = name;
  fs::create_directory(folder / "plugins");
  ::chmod((folder / "plugins").c_str(), 0755);
  for (const char* file : {"openrouter.so", "openai.so"}) {
    fs::copy_file(fs::path(PRX_BINARY_DIR) / "lib/prx/plugins" / file, folder / "plugins" / file);
    ::chmod((folder / "plugins" / file).c_str(), 0755);
  }
  good = authority.issue("DNS:localhost,IP:127.0.0.1");
  expired = authority.issue("DNS:localhost,IP:127.0.0.1", true);
}

House::~House() {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

Stage::Stage(const House& house, const Scenario& scenario, Wire wire)
    : house_(house), scenario_(scenario), wire_(wire) {
  sim::SimulatorOptions options;
  options.script = script();
  auto started = sim::Simulator::start(std::move(options));
  if (!started) throw std::runtime_error(started.error().message);
  simulator_ = std::move(*started);
  if (wire == Wire::kHttp2)
    front_ = std::make_unique<test::Nghttpx>(
        test::Nghttpx::Options{house.good, simulator_->port(), "h2,http/1.1", false});
  for (const Target& target : scenario.targets) {
    if (target.reach == Reach::kBadCertificate && !bad_front_)
      bad_front_ = std::make_unique<test::Nghttpx>(
          test::Nghttpx::Options{house.expired, simulator_->port(), "h2,http/1.1", false});
    if (target.reach == Reach::kRefused && refusing_ < 0)
      std::tie(refusing_, refusing_port_) = bound_socket();
  }
}

Stage::~Stage() {
  if (refusing_ >= 0) ::close(refusing_);
}

std::string Stage::key(const Cell& cell, std::size_t target, std::size_t number) const {
  return "sk-wall-" + std::to_string(static_cast<int>(cell.host)) + "-" +
         std::to_string(cell.variant) + "-" + std::to_string(target) + "-" +
         std::to_string(number) + "-0123456789abcdef";
}

sim::FaultScript Stage::script() const {
  sim::FaultScript out;
  const auto add = [&](std::string key, const std::string& faults, const Target& target) {
    sim::FaultRule rule;
    rule.key = std::move(key);
    auto parsed = sim::parse_faults(answer_of(target) + (faults.empty() ? "" : "+" + faults));
    if (!parsed) throw std::runtime_error(scenario_.name + ": " + parsed.error().message);
    rule.faults = std::move(*parsed);
    out.rules.push_back(std::move(rule));
  };
  for (const Host host : scenario_.hosts)
    for (std::size_t variant = 0; variant < scenario_.variants.size(); ++variant)
      for (std::size_t i = 0; i < scenario_.targets.size(); ++i) {
        const Target& target = scenario_.targets[i];
        std::vector<std::string> faults = target.key_faults;
        faults.push_back(target.faults);
        for (std::size_t number = 0; number < faults.size(); ++number)
          add(key({host, variant}, i, number),
              replaced(with_variant(faults[number], scenario_.variants[variant]), "{w}",
                       wire_ == Wire::kHttp2 ? "&ms=40" : ""),
              target);
      }
  return out;
}

std::string Stage::base_url(std::size_t target) const {
  const Reach reach = scenario_.targets[target].reach;
  const std::string path = target == 0 ? "/api/v1" : "/v1";
  if (reach == Reach::kRefused) return "http://127.0.0.1:" + std::to_string(refusing_port_) + path;
  if (reach == Reach::kBadCertificate)
    return "https://localhost:" + std::to_string(bad_front_->port()) + path;
  if (wire_ == Wire::kHttp2) return "https://localhost:" + std::to_string(front_->port()) + path;
  return "http://127.0.0.1:" + std::to_string(simulator_->port()) + path;
}

std::string Stage::toml(const Cell& cell) const {
  std::string text = "[default]\nchain = \"wall\"\n[log]\nlevel = \"off\"\n";
  if (scenario_.shared_health) text += "[reliability]\nshare_health = true\n";
  std::string targets;
  for (std::size_t i = 0; i < scenario_.targets.size(); ++i) {
    const Target& target = scenario_.targets[i];
    const std::string name(provider_name(i));
    text += "[providers." + name + "]\nplugin = \"" + (i == 0 ? "openrouter" : "openai") +
            "\"\nbase_url = \"" + base_url(i) + "\"\napi_keys = [";
    for (std::size_t number = 0; number <= target.key_faults.size(); ++number)
      text += "\"" + key(cell, i, number) + "\", ";
    text += "]\nca_file = \"" + house_.authority.ca_file() + "\"\n";
    targets += "  { provider = \"" + name + "\", model = \"" + std::string(model_name(i)) + "\"" +
               (target.options.empty() ? "" : ", " + target.options) + " },\n";
  }
  text += "[chains.wall]\ntargets = [\n" + targets + "]\n";
  for (const auto& [name, value] : scenario_.chain) text += name + " = " + value + "\n";
  return text;
}

std::string Stage::config_file(const Cell& cell) const {
  const fs::path path = house_.folder / ("config-" + std::to_string(simulator_->port()) + "-" +
                                         std::to_string(static_cast<int>(cell.host)) + "-" +
                                         std::to_string(cell.variant) + ".toml");
  write_private(path, toml(cell));
  return path;
}

std::map<std::string, std::string> Stage::environment() const {
  std::map<std::string, std::string> out{
      {"HOME", house_.folder.string()},
      {"PATH", "/usr/bin:/bin"},
      {"PRX_PLUGIN_PATH", (house_.folder / "plugins").string()},
      {"XDG_RUNTIME_DIR", house_.folder.string()},
  };
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) out[name] = value;
  return out;
}

std::unique_ptr<Client> Stage::open(const Cell& cell) const {
  return test::open_client(toml(cell), environment());
}

std::vector<sim::RequestRecord> Stage::requests(const Cell& cell, std::size_t target) const {
  std::vector<sim::RequestRecord> out;
  const std::size_t keys = scenario_.targets[target].key_faults.size() + 1;
  for (auto& request : simulator_->requests())
    for (std::size_t number = 0; number < keys; ++number)
      if (request.key_is(key(cell, target, number))) out.push_back(std::move(request));
  return out;
}

bool Stage::settled(const Cell& cell) const {
  const auto any_open = [&](const sim::Stats&) { return false; };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (true) {
    bool open = false;
    for (std::size_t i = 0; i < scenario_.targets.size(); ++i)
      for (const auto& request : requests(cell, i))
        open = open || request.outcome == sim::Outcome::kOpen;
    if (!open) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    static_cast<void>(simulator_->wait_for(any_open, milliseconds(20)));
  }
}

}  // namespace prx::faults
