// A host's own proxy and certificate authorities, and what wins over what: real sockets, a proxy
// that makes tunnels, and a server with a certificate of the test's own authority.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "e2e/rig.hpp"
#include "support/wire_server.hpp"

namespace prx::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kName = "api.example.test";

std::string place(const WireServer& proxy) {
  return "http://127.0.0.1:" + std::to_string(proxy.port());
}

/// A provider whose name only the proxy knows, with TLS.
struct FarRig {
  FarRig() : front(rig.simulator->port(), {.names = std::string("DNS:") + kName}) {
    rig.environment["OPENROUTER_BASE_URL"] = std::string("https://") + kName + "/api/v1";
    rig.toml = "[reliability]\nretries = 0\n";
  }

  /// A proxy that makes tunnels to the provider, and counts them.
  WireServer::Script tunnel() {
    return [this](WireConnection& connection) {
      if (!connection.read_request().starts_with(std::string("CONNECT ") + kName + ":443 ")) return;
      connection.write("HTTP/1.1 200 OK\r\n\r\n");
      connection.relay(front.proxy.port());
    };
  }

  [[nodiscard]] std::string ca_pem() const {
    std::stringstream text;
    text << std::ifstream(front.authority.ca_file()).rdbuf();
    return text.str();
  }

  [[nodiscard]] Result<std::unique_ptr<Client>> open(ClientOptions options) {
    options.warm_up = false;
    options.log = rig.log.sink();
    return Client::open(*parse_config(text(), rig.environment), std::move(options));
  }

  [[nodiscard]] std::string text() const {
    return rig.openrouter.empty() ? rig.toml
                                  : rig.toml + "[providers.openrouter]\n" + rig.openrouter;
  }

  Rig rig;
  Front front;
};

ChatResult chat_with(FarRig& far, ClientOptions options) {
  const auto client = far.open(std::move(options));
  EXPECT_TRUE(client) << client.error().message;
  return (*client)->chat(ask("hi"));
}

TEST(HostProxy, ItIsWhereTheHostSaysAndNotWhereTheEnvironmentDoes) {
  FarRig far;
  WireServer of_host(far.tunnel()), of_environment(far.tunnel());
  far.rig.environment["https_proxy"] = place(of_environment);
  ClientOptions options;
  options.ca_file = far.front.authority.ca_file();
  expect_answer(chat_with(far, options));
  EXPECT_EQ(of_environment.connections(), 1) << "without a word of the host";
  options.proxy = ProxyOptions{place(of_host), ""};
  expect_answer(chat_with(far, options));
  EXPECT_EQ(of_environment.connections(), 1);
  EXPECT_EQ(of_host.connections(), 1);
}

TEST(HostProxy, NoneMeansNoneWhateverTheEnvironmentSays) {
  FarRig far;
  WireServer of_environment(far.tunnel());
  far.rig.environment["https_proxy"] = place(of_environment);
  ClientOptions options;
  options.ca_file = far.front.authority.ca_file();
  options.proxy = ProxyOptions{};
  EXPECT_EQ(expect_failure(chat_with(far, options)).error_class, ErrorClass::kNetwork);
  EXPECT_EQ(of_environment.connections(), 0);
}

TEST(HostProxy, ItsExemptionsAreItsOwn) {
  FarRig far;
  WireServer of_host(far.tunnel());
  far.rig.environment["no_proxy"] = "*";
  ClientOptions options;
  options.ca_file = far.front.authority.ca_file();
  options.proxy = ProxyOptions{place(of_host), "other.example.test"};
  expect_answer(chat_with(far, options));
  options.proxy->no_proxy = "example.test";
  EXPECT_FALSE(chat_with(far, options));
  EXPECT_EQ(of_host.connections(), 1);
}

TEST(HostProxy, ThisMachineIsReachedWithoutIt) {
  Rig rig;
  WireServer proxy([](WireConnection&) {});
  ClientOptions options;
  options.warm_up = false;
  options.log = rig.log.sink();
  options.proxy = ProxyOptions{place(proxy), ""};
  const auto client = Client::open(*rig.parse(), options);
  ASSERT_TRUE(client);
  expect_answer((*client)->chat(ask("hi")));
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(HostProxy, OneThatRefusesIsNamedAsTheProgramsAndWithoutItsPassword) {
  FarRig far;
  WireServer proxy(always("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
  ClientOptions options;
  options.proxy = ProxyOptions{"http://me:s3cret@127.0.0.1:" + std::to_string(proxy.port()), ""};
  const CallError error = expect_failure(chat_with(far, options));
  EXPECT_THAT(error.message, HasSubstr("the program's proxy setting"));
  EXPECT_THAT(error.message + far.rig.log.all(), Not(HasSubstr("s3cret")));
}

TEST(HostProxy, WhatIsNoProxyIsRefusedWhenTheClientOpens) {
  for (const char* url : {"ftp://proxy:21", "http://", "a b", "://", "http://proxy:99999"}) {
    FarRig far;
    ClientOptions options;
    options.proxy = ProxyOptions{url, ""};
    const auto client = far.open(options);
    ASSERT_FALSE(client) << url;
    EXPECT_EQ(client.error().error_class, ErrorClass::kInvalidRequest);
    EXPECT_THAT(client.error().message,
                HasSubstr("the host's options: the URL of the proxy names none"));
  }
}

/// A provider behind TLS on this machine.
struct TlsRig {
  TlsRig() : front(rig.simulator->port(), {}) {
    rig.environment["OPENROUTER_BASE_URL"] = front.url("/api/v1");
    rig.toml = "[reliability]\nretries = 0\n";
  }
  ChatResult chat(ClientOptions options, const std::string& table = {}) {
    options.warm_up = false;
    options.log = rig.log.sink();
    const auto client = Client::open(*parse_config(rig.toml + table, rig.environment), options);
    EXPECT_TRUE(client) << client.error().message;
    return (*client)->chat(ask("hi"));
  }
  Rig rig;
  Front front;
};

std::string contents(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(HostAuthorities, AFileOrATextIsTrusted) {
  TlsRig tls;
  EXPECT_FALSE(tls.chat({})) << "the system does not know it";
  ClientOptions file;
  file.ca_file = tls.front.authority.ca_file();
  expect_answer(tls.chat(file));
  for (const bool one_shot : {false, true}) {
    ClientOptions text;
    text.one_shot = one_shot;
    text.ca_pem = contents(tls.front.authority.ca_file());
    expect_answer(tls.chat(text));
  }
}

TEST(HostAuthorities, TheyReplaceTheSystemsAndAProvidersOwnReplacesThem) {
  TlsRig tls;
  const Certificates other;
  for (const bool as_text : {false, true}) {
    ClientOptions options;
    if (as_text) {
      options.ca_pem = contents(other.ca_file());
    } else {
      options.ca_file = other.ca_file();
    }
    const CallError error = expect_failure(tls.chat(options));
    EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
    EXPECT_THAT(error.message, HasSubstr("not trusted"));
    expect_answer(tls.chat(
        options, "[providers.openrouter]\nca_file = \"" + tls.front.authority.ca_file() + "\"\n"));
  }
}

TEST(HostAuthorities, WhatCannotBeAuthoritiesIsRefusedWhenTheClientOpens) {
  Rig rig;
  const auto refusal = [&](const ClientOptions& options) {
    const auto client = Client::open(*rig.parse(), options);
    return client ? std::string("opened") : client.error().message;
  };
  ClientOptions options;
  options.ca_file = "/nowhere/ca.pem";
  EXPECT_THAT(refusal(options),
              HasSubstr("ca_file /nowhere/ca.pem cannot be read: No such file or directory"));
  std::string folder = (std::filesystem::temp_directory_path() / "prx-ca-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  options.ca_file = std::filesystem::path(folder) / "pipe";
  ASSERT_EQ(::mkfifo(options.ca_file.c_str(), 0600), 0);
  EXPECT_THAT(refusal(options), HasSubstr("is not a regular file")) << "and the loop is not held";
  options.ca_file = "/dev/null";
  EXPECT_THAT(refusal(options), HasSubstr("is not a regular file"));
  options.ca_file = std::filesystem::path(folder) / "empty.pem";
  std::ofstream(options.ca_file) << "no certificate";
  EXPECT_THAT(refusal(options), HasSubstr("empty.pem holds no certificate"));
  std::filesystem::remove_all(folder);
  options.ca_pem = "-----BEGIN CERTIFICATE-----";
  EXPECT_THAT(refusal(options), HasSubstr("ca_file and ca_pem are both set"));
  options.ca_file.clear();
  options.ca_pem = "no certificate";
  EXPECT_THAT(refusal(options), HasSubstr("ca_pem holds no certificate"));
}

TEST(HostAuthorities, ATextThatIsNoCertificateFailsTheCallAndNotTheProgram) {
  TlsRig tls;
  ClientOptions options;
  options.ca_pem = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
  const CallError error = expect_failure(tls.chat(options));
  EXPECT_EQ(error.error_class, ErrorClass::kInternal);
  EXPECT_THAT(error.message, HasSubstr("the certificate authorities could not be read"));
}

}  // namespace
}  // namespace prx::test
