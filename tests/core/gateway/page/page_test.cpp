// The page at "/" as it is served: what it may load, and who may have it.
#include "gateway/page/page.hpp"

#include <gmock/gmock.h>

#include <regex>

#include "core/gateway/over_simulator.hpp"
#include "gateway/access/digest.hpp"

namespace prx::gateway {
namespace {

using namespace test;  // its words
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kPageMax = 64 * 1024;  // bytes

std::string base64(const Digest& digest) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const unsigned char byte : digest) {
    bits = bits << 8U | byte;
    for (count += 8; count >= 6; count -= 6) out += kDigits[bits >> (count - 6) & 63U];
  }
  return out + kDigits[bits << (6 - count) & 63U] + '=';
}

/// What stands between the first `<name>` and `</name>`.
std::string inside(const std::string& page, const std::string& name) {
  const std::size_t begin = page.find('<' + name + '>') + name.size() + 2;
  return page.substr(begin, page.find("</" + name + '>') - begin);
}

class Page : public OverSimulator {
 protected:
  Page() : OverSimulator("") {}
  void ask_for_keys() {
    ServeConfig serve;
    serve.listen = "127.0.0.1:0";
    ServeKeyConfig alice;
    alice.name = "alice";
    alice.sha256 = hex(sha256("prx-alice").value());
    serve.keys.push_back(alice);
    gateway = std::move(Gateway::open({client.get()}, serve)).value();
    const std::string& url = gateway->url();
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
};

TEST_F(Page, IsOneDocumentThatLoadsNothing) {
  const Response page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body, StartsWith("<!DOCTYPE html>"));
  EXPECT_LE(page.body.size(), kPageMax);
  EXPECT_THAT(page.body, Not(HasSubstr("PAGE_"))) << "style and script are in it";
  EXPECT_THAT(page.body, Not(HasSubstr(" src=")));
  EXPECT_THAT(page.body, Not(HasSubstr("innerHTML")));
  const std::regex address("(https?:)?//[a-z0-9.]+\\.[a-z]+[^\"' ]*");
  for (std::sregex_iterator one(page.body.begin(), page.body.end(), address), end; one != end;
       ++one)
    EXPECT_EQ(one->str(), "http://www.w3.org/2000/svg") << "SVG's name, the only one";
}

TEST_F(Page, ItsPolicyLetsInItsOwnStyleAndScriptAlone) {
  const Response page = get("/");
  const std::string& policy = page.headers.at("content-security-policy");
  const auto source = [&](const std::string& name) {
    return name + "-src 'sha256-" +
           base64(sha256(inside(page.body, name == "script" ? name : "style")).value()) + "';";
  };
  EXPECT_THAT(policy, StartsWith("default-src 'none';"));
  EXPECT_THAT(policy, HasSubstr(source("script")));
  EXPECT_THAT(policy, HasSubstr(source("style")));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none';"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(page.headers.at("referrer-policy"), "no-referrer");
  EXPECT_EQ(page.headers.count("set-cookie"), 0u);
}

TEST_F(Page, NeedsNoKeyAndWhatItShowsDoes) {
  ask_for_keys();
  EXPECT_EQ(fetch(port, "GET", "/", "", "").status, 200);
  EXPECT_EQ(fetch(port, "GET", "/status", "", "").status, 401);
  EXPECT_EQ(fetch(port, "GET", "/status", "", "prx-alice").status, 200);
}

TEST_F(Page, IsNotGivenToWhoAsksByAnotherName) {
  RawClient one(port);
  one.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  const Response refused = one.read();
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, Not(HasSubstr("<html")));
}

TEST_F(Page, IsReadAlone) {
  const Response refused = post("/", "{}");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(get("/index.html").status, 404);
}

}  // namespace
}  // namespace prx::gateway
