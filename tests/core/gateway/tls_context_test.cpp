// The files of a certificate: read, refused, warned of, and read again.
#include "gateway/http/tls_context.hpp"

#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fstream>
#include <thread>

#include "core/gateway/tls_fixture.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using namespace test;  // its words
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A digest of what a server shows.
std::string shown(const TlsClient& client) {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(client.ssl()),
                                                           X509_free);
  if (!certificate) return "";
  unsigned char digest[32];
  unsigned size = 0;
  X509_digest(certificate.get(), EVP_sha256(), digest, &size);
  return {reinterpret_cast<const char*>(digest), size};
}

TEST_F(TlsTest, ARenewedCertificateIsOfNewConnectionsAlone) {
  const auto first = certificates().issue("IP:127.0.0.1"), second = certificates().issue("IP:::1");
  const std::filesystem::path folder = std::filesystem::path(first.certificate).parent_path();
  const ServeTlsConfig files{folder / "live.pem", folder / "live.key"};
  copy_over(first.certificate, files.certificate);
  copy_over(first.key, files.key);
  open({}, files);
  TlsClient before(port);
  copy_over(second.certificate, files.certificate);
  const auto half = context->reload();
  ASSERT_FALSE(half) << "the key is still the other one's";
  EXPECT_THAT(half.error().message, HasSubstr("is not the key of the certificate in"));
  EXPECT_EQ(shown(TlsClient(port)), shown(before));
  copy_over(second.key, files.key);
  ASSERT_TRUE(context->reload());
  EXPECT_NE(shown(TlsClient(port)), shown(before));
  before.send(post("hi"));
  EXPECT_TRUE(before.read_until("\r\n\r\nhi"));
}

TEST_F(TlsTest, ARenewalMayComeWhileClientsCome) {
  open();
  std::atomic<bool> over{false};
  std::thread renewing([&] {
    while (!over) EXPECT_TRUE(context->reload());
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(TlsClient(port).is_up());
  over = true;
  renewing.join();
}

std::string problem_of(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  const auto opened = TlsContext::open({certificate, key});
  if (opened) return "none";
  EXPECT_EQ(opened.error().error_class, ErrorClass::kInvalidRequest);
  return opened.error().message;
}

TEST(TlsContext, SaysWhichFileIsWrongAndWhatToDo) {
  const auto& pair = usual_pair();
  const auto other = certificates().issue("IP:127.0.0.1");
  const std::filesystem::path folder = std::filesystem::path(pair.certificate).parent_path();
  const std::string missing = folder / "missing.pem", locked = folder / "locked.key",
                    garbage = folder / "garbage.pem", broken_chain = folder / "chain.pem";
  EXPECT_EQ(
      std::system(
          ("openssl pkey -aes128 -passout pass:x -in " + pair.key + " -out " + locked).c_str()),
      0);
  std::ofstream(garbage) << "not a PEM file\n";
  copy_over(pair.certificate, broken_chain);
  std::ofstream(broken_chain, std::ios::app)
      << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_THAT(problem_of(missing, pair.key),
              AllOf(HasSubstr("'certificate' in [serve.tls], " + missing), HasSubstr("; ")));
  EXPECT_THAT(problem_of(pair.certificate, missing), HasSubstr("'key' in [serve.tls], " + missing));
  EXPECT_THAT(problem_of(folder, pair.key), HasSubstr("'certificate'"));
  EXPECT_THAT(problem_of(garbage, pair.key), HasSubstr("holds no certificate; write it"));
  EXPECT_THAT(problem_of(pair.certificate, garbage), HasSubstr("holds no private key; write it"));
  EXPECT_THAT(problem_of(pair.certificate, pair.certificate), HasSubstr("holds no private key"));
  EXPECT_THAT(problem_of(pair.certificate, other.key), HasSubstr("name the two files"));
  EXPECT_THAT(problem_of(pair.certificate, locked), HasSubstr("is encrypted; decrypt it"));
  EXPECT_THAT(problem_of(broken_chain, pair.key), HasSubstr("behind the first is damaged"));
}

TEST(TlsContext, WarnsOfACertificateThatIsOverAndOfAKeyThatOthersCanRead) {
  const auto old = certificates().issue("IP:127.0.0.1", true);
  std::filesystem::permissions(old.key, std::filesystem::perms(0644));
  const auto opened = TlsContext::open(files_of(old));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_THAT((*opened)->warnings(), ElementsAre(HasSubstr("has expired; put a renewed one there"),
                                                 HasSubstr("run chmod 600 on it")));
  const auto fresh = TlsContext::open(files_of(usual_pair()));
  ASSERT_TRUE(fresh);
  EXPECT_THAT((*fresh)->warnings(), ElementsAre());
}

TEST_F(TlsTest, TheCertificatesBehindTheFirstAreShown) {
  const auto& pair = usual_pair();
  const std::filesystem::path chain =
      std::filesystem::path(pair.certificate).parent_path() / "with_ca.pem";
  copy_over(pair.certificate, chain);
  std::ifstream ca(certificates().ca_file());
  std::ofstream(chain, std::ios::app) << ca.rdbuf();
  open({}, {chain, pair.key});
  TlsClient client(port);
  ASSERT_TRUE(client.is_up());
  EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(client.ssl())), 2);
}

}  // namespace
}  // namespace prx::gateway
