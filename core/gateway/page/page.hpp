/// \file page.hpp
/// The page at "/": what GET /status tells, drawn by a browser. One document without any other
/// file, made of index.html, page.css and page.js by the build (core/cmake/embed_page.cmake).
#pragma once

#include "gateway/http/response.hpp"

namespace prx::gateway {

/// Sends it. It holds no data, so who gets it needs no key: the page asks for one, keeps it in
/// memory, and sends it with each GET /status. Its policy lets in its own style and script, by
/// their hashes, and requests to this server, and nothing else.
/// \see https://www.w3.org/TR/CSP3/
void send_page(Responder& responder);

}  // namespace prx::gateway
