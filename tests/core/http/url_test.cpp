#include "http/url.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "http/response_head.hpp"

namespace prx::http::test {
namespace {

Proxies proxies(const std::map<std::string, std::string>& variables) {
  return Proxies([&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string proxy_for(const Proxies& all, const std::string& url) {
  const Proxy* const proxy = all.find(*parse_endpoint(url));
  return proxy == nullptr ? "" : proxy->url;
}

TEST(Endpoint, HasHostPortAndSecurity) {
  const auto plain = parse_endpoint("http://Example.test/p?q");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "Example.test");
  EXPECT_EQ(plain->port, 80);
  EXPECT_FALSE(plain->secure);
  const auto v6 = parse_endpoint("HTTPS://[::1]:8443?x");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 8443);
  EXPECT_TRUE(v6->secure);
}

TEST(Endpoint, RefusesWhatCannotBeSent) {
  for (const char* url :
       {"", "x", "http://", "ftp://h/", "http://h:0/", "http://h:70000/", "http://h:1x/",
        "http://u@h/", "http://h/a b", "http://[::1/", "http://[::1]x/", "http://h/\x01"})
    EXPECT_FALSE(parse_endpoint(url)) << url;
}

TEST(LocalName, IsWhatNeedsNoResolver) {
  for (const char* name : {"127.0.0.1", "::1", "localhost", "LOCALHOST", "a.localhost"})
    EXPECT_TRUE(is_local_name(name)) << name;
  for (const char* name : {"localhost.example", "notlocalhost", "1.2.3", "example"})
    EXPECT_FALSE(is_local_name(name)) << name;
}

TEST(Proxies, ComeFromTheVariableOfTheScheme) {
  const Proxies all = proxies({{"http_proxy", "p:1"}, {"HTTPS_PROXY", "https://s:2/"}});
  EXPECT_EQ(proxy_for(all, "http://a/"), "http://p:1");
  EXPECT_EQ(proxy_for(all, "https://a/"), "https://s:2");
  EXPECT_EQ(proxy_for(proxies({{"HTTP_PROXY", "p:1"}}), "http://a/"), "");
  EXPECT_EQ(proxy_for(proxies({{"ALL_PROXY", "socks5://p"}}), "http://a/"), "socks5h://p");
  EXPECT_EQ(proxy_for(proxies({}), "http://a/"), "");
}

TEST(Proxies, ExemptHostsDomainsAndNetworks) {
  const Proxies all =
      proxies({{"all_proxy", "p:1"}, {"no_proxy", "one.test, .two.test,10.0.0.0/8 fe80::/10"}});
  for (const char* host : {"one.test", "a.ONE.test", "x.two.test", "10.9.8.7", "[fe80::1]"})
    EXPECT_EQ(proxy_for(all, "http://" + std::string(host) + "/"), "") << host;
  for (const char* host : {"bone.test", "11.0.0.1", "[2001:db8::1]"})
    EXPECT_NE(proxy_for(all, "http://" + std::string(host) + "/"), "") << host;
  EXPECT_EQ(proxy_for(proxies({{"all_proxy", "p"}, {"NO_PROXY", "*"}}), "http://a/"), "");
}

TEST(Proxies, NeverServeLoopbackHosts) {
  const Proxies all = proxies({{"http_proxy", "p:1"}, {"all_proxy", "p:1"}, {"no_proxy", ""}});
  for (const char* host :
       {"127.0.0.1", "127.200.3.4", "127.1", "0x7f.1", "2130706433", "0.0.0.0", "localhost",
        "LOCALHOST.", "a.localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]"})
    for (const char* scheme : {"http://", "https://"})
      EXPECT_EQ(proxy_for(all, scheme + std::string(host) + ":8080/"), "") << host;
  for (const char* host : {"128.0.0.1", "127.example", "localhost.example", "notlocalhost", "[::2]",
                           "[::ffff:10.0.0.1]", "12.7.0.1"})
    EXPECT_NE(proxy_for(all, "http://" + std::string(host) + "/"), "") << host;
}

TEST(Proxies, AreNamedWithoutTheirUser) {
  const Proxies all = proxies({{"HTTPS_PROXY", "http://me:s3cret@proxy.test:3128/"}});
  const Proxy* const proxy = all.find(*parse_endpoint("https://a/"));
  ASSERT_NE(proxy, nullptr);
  EXPECT_EQ(proxy->name(), "proxy 'proxy.test:3128' (HTTPS_PROXY)");
}

TEST(HeaderList, RemovesEveryHeaderOfAName) {
  HeaderList headers{{"A", "1"}, {"b", ""}, {"a", "22"}, {"C", "3"}};
  headers.remove("a");
  EXPECT_TRUE(headers == (HeaderList{{"b", ""}, {"C", "3"}}));
  headers.add("D", "Bearer ", "k");
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers[0], (HeaderList::Header{"b", ""}));
  EXPECT_EQ(headers[2], (HeaderList::Header{"D", "Bearer k"}));
  EXPECT_STREQ(headers.line(0), "b;");
  EXPECT_STREQ(headers.line(2), "D: Bearer k");
  headers.remove("b");
  headers.remove("C");
  headers.remove("d");
  EXPECT_TRUE(headers == HeaderList());
}

TEST(ResponseHead, JoinsFoldedLinesAndKeepsItsLimits) {
  ResponseHead head(2, 100);
  EXPECT_EQ(head.take("HTTP/2 200\r\n"), ResponseHead::State::kMore);
  EXPECT_EQ(head.take("A: 1\r\n"), ResponseHead::State::kMore);
  EXPECT_EQ(head.take("  2\r\n"), ResponseHead::State::kMore);
  EXPECT_EQ(head.take("\r\n"), ResponseHead::State::kComplete);
  EXPECT_EQ(head.version(), 20);
  EXPECT_EQ(head.headers()[0], (Header{"a", "1 2"}));
  head.clear();
  EXPECT_EQ(head.take("nonsense"), ResponseHead::State::kBroken);
  head.clear();
  EXPECT_EQ(head.take("HTTP/1.1 99 X"), ResponseHead::State::kBroken);
  head.clear();
  EXPECT_EQ(head.take(std::string(101, 'x')), ResponseHead::State::kTooLarge);
}

}  // namespace
}  // namespace prx::http::test
