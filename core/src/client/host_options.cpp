#include "client/host_options.hpp"

#include <algorithm>

#include "config/http_values.hpp"
#include "os/file.hpp"

namespace prx {

namespace {

Unexpected<Error> refused(const std::string& message) {
  return fail(ErrorClass::kInvalidRequest, "the host's options: " + message);
}

Result<void> check_authorities(const ClientOptions& options) {
  constexpr std::string_view kCertificate = "-----BEGIN CERTIFICATE-----";
  if (!options.ca_file.empty() && !options.ca_pem.empty())
    return refused("ca_file and ca_pem are both set; leave one out");
  if (!options.ca_pem.empty() && options.ca_pem.find(kCertificate) == std::string::npos)
    return refused("ca_pem holds no certificate; give PEM text");
  if (options.ca_file.empty()) return {};
  const auto file = os::read_file(options.ca_file, config::kCaFileMax, os::FileKind::kRegular);
  if (!file) return refused("ca_file " + options.ca_file.string() + ' ' + file.error().message);
  if (file->text.find("CERTIFICATE-----") == std::string::npos)  // or a TRUSTED one
    return refused("ca_file " + options.ca_file.string() +
                   " holds no certificate; name a file of PEM text");
  return {};
}

/// They go into a header.
Result<void> check_name(const std::string& text, const std::string& what) {
  const bool is_printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (is_printable) return {};
  return refused(what + " has a character that no header may have; give printable ASCII");
}

bool says_log(const Setting& setting) {
  return setting.path.starts_with("log.") && setting.origin != "default";
}

}  // namespace

Result<void> check_host_options(const ClientOptions& options) {
  if (options.proxy && !options.proxy->url.empty() &&
      !http::Proxies::of_host(options.proxy->url, options.proxy->no_proxy))
    return refused("the URL of the proxy names none; give one such as http://proxy.example:3128");
  PRX_TRY(check_name(options.host_name, "host_name"));
  PRX_TRY(check_name(options.host_version, "host_version"));
  return check_authorities(options);
}

LogConfig log_config(const Config& config, const ClientOptions& options) {
  LogConfig log = config.log;
  const auto& settings = config.settings;
  const bool asked = std::any_of(settings.begin(), settings.end(), says_log);
  if (!options.log && !asked) log.level = "off";
  return log;
}

void set_wire_options(const ClientOptions& host, const std::filesystem::path& ca_file,
                      http::TransportOptions& out) {
  out.environment = host.environment;
  if (host.proxy) out.proxies = http::Proxies::of_host(host.proxy->url, host.proxy->no_proxy);
  if (!ca_file.empty()) {
    out.ca_file = ca_file.string();
  } else if (!host.ca_file.empty()) {
    out.ca_file = host.ca_file.string();
  } else if (!host.ca_pem.empty()) {
    out.ca_pem = host.ca_pem;
  }
}

}  // namespace prx
