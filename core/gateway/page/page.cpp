#include "gateway/page/page.hpp"

namespace prx::gateway {

std::string_view page_text();                                 // made by the build
std::pair<std::string_view, std::string_view> page_hashes();  // of its style and its script

void send_page(Responder& responder) {
  const auto [style, script] = page_hashes();
  ResponseHead head{200, "text/html; charset=utf-8"};
  head.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src " + std::string(style) + "; script-src " +
          std::string(script) +
          "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
          "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'");
  head.headers.emplace_back("X-Content-Type-Options", "nosniff");
  head.headers.emplace_back("Referrer-Policy", "no-referrer");
  head.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  head.headers.emplace_back("Cache-Control", "no-cache");
  responder.send(head, page_text());
}

}  // namespace prx::gateway
