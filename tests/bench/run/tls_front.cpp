#include "bench/run/tls_front.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "bench/run/listener.hpp"

namespace prx::bench {
namespace {

constexpr std::chrono::seconds kToolMax{20};
constexpr const char* kSystemBundle = "/etc/ssl/certs/ca-certificates.crt";

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

Result<void> openssl(const std::vector<std::string>& arguments) {
  Command command;
  command.argv = {"openssl"};
  for (const std::string& argument : arguments) command.argv.push_back(argument);
  command.processor = processors().load;
  command.quiet = true;
  PRX_TRY(run(command, kToolMax));
  return {};
}

Result<void> make_certificates(const std::string& folder) {
  const std::vector<std::string> key{"-newkey", "ec",    "-pkeyopt", "ec_paramgen_curve:P-256",
                                     "-nodes",  "-days", "2"};
  std::vector<std::string> authority{
      "req",  "-x509",           "-subj", "/CN=bench authority", "-keyout", folder + "/ca.key",
      "-out", folder + "/ca.pem"};
  authority.insert(authority.end(), key.begin(), key.end());
  PRX_TRY(openssl(std::move(authority)));
  std::vector<std::string> server{"req",     "-x509",
                                  "-subj",   "/CN=bench server",
                                  "-CA",     folder + "/ca.pem",
                                  "-CAkey",  folder + "/ca.key",
                                  "-addext", "subjectAltName=IP:127.0.0.1",
                                  "-keyout", folder + "/server.key",
                                  "-out",    folder + "/server.pem"};
  server.insert(server.end(), key.begin(), key.end());
  return openssl(std::move(server));
}

// Each certificate of the system's bundle as a file of its own, plus our authority; hashed; and the
// bundle.
Result<void> make_store(const std::string& folder) {
  constexpr std::string_view end_line = "-----END CERTIFICATE-----";
  const std::string store = folder + "/store";
  std::filesystem::create_directory(store);
  const std::string bundle = read_file(kSystemBundle);
  const std::string own = read_file(folder + "/ca.pem");
  write_file(store + "/own.pem", own);
  std::size_t start = 0, number = 0;
  for (std::size_t end = 0; (end = bundle.find(end_line, start)) != std::string::npos;
       start = end) {
    end += end_line.size();
    write_file(store + "/" + std::to_string(number++) + ".pem",
               bundle.substr(start, end - start) + "\n");
  }
  PRX_TRY(openssl({"rehash", store}));
  write_file(store + "/ca-certificates.crt", bundle + own);
  return {};
}

Result<std::uint16_t> free_port() {
  PRX_TRY_SET(const Listener listener, Listener::open());
  return listener.port();
}

}  // namespace

Result<TlsFront> TlsFront::start(const std::string& folder, int upstream) {
  PRX_TRY(make_certificates(folder));
  PRX_TRY(make_store(folder));
  PRX_TRY_SET(const std::uint16_t port, free_port());
  Command command;
  command.argv = {find_program("nghttpx").value_or("nghttpx"),
                  "--conf=/dev/null",
                  "--single-process",
                  "--errorlog-file=/dev/null",
                  "--frontend=127.0.0.1," + std::to_string(port),
                  "--backend=127.0.0.1," + std::to_string(upstream),
                  folder + "/server.key",
                  folder + "/server.pem"};
  command.processor = processors().load;
  command.quiet = true;
  PRX_TRY_SET(Process process, Process::start(command));
  PRX_TRY(wait_for_port(port, kToolMax));
  return TlsFront(std::move(process), port);
}

}  // namespace prx::bench
