#include "config/listen_place.hpp"
#include "config/sections.hpp"

namespace prx::config {

Result<void> read_serve(TableReader& top, LoadState& state) {
  static const Table kNone;
  PRX_TRY_SET(const auto* table, top.table("serve"));
  TableReader reader(top.context(), table ? *table : kNone, "serve",
                     table ? Defaults::kRecord : Defaults::kSkip);
  PRX_TRY(reader.only(kServeKeys));
  ServeConfig& serve = state.config.serve;
  PRX_TRY_SET(serve.listen, reader.filled_text("listen", serve.listen));
  PRX_TRY(read_serve_access(reader, serve));
  if (const auto place = check_serve_listen(serve.listen, !serve.keys.empty()); !place)
    return reader.context().error(reader.find("listen")->place,
                                  reader.name_of("listen") + ": " + place.error().message);
  if (reader.find("loops") != nullptr) {
    PRX_TRY_SET(serve.loops, reader.integer("loops", Range<int>{1, 64}, 1));
  }
  PRX_TRY_SET(serve.connections_max,
              reader.integer("connections_max", Range<int>{1, 1'000'000}, serve.connections_max));
  PRX_TRY_SET(serve.body_max,
              reader.integer("body_max", Range<int>{1'024, 1 << 30}, serve.body_max));
  PRX_TRY_SET(serve.idle_timeout,
              reader.duration("idle_timeout", Milliseconds{1}, serve.idle_timeout));
  PRX_TRY_SET(serve.drain_timeout,
              reader.duration("drain_timeout", Milliseconds{0}, serve.drain_timeout));
  return read_serve_tls(reader, state);
}

Result<void> check_serve_listen(std::string_view place, bool has_keys) {
  PRX_TRY_SET(const ListenPlace where, listen_place(place));
  return check_serve_reach(place, where.loopback, has_keys);
}

Result<void> check_serve_reach(std::string_view place, bool loopback, bool has_keys) {
  if (loopback || has_keys) return {};
  return fail(ErrorClass::kInvalidRequest,
              '\'' + std::string(place) +
                  "' is reached from other machines, and nobody is asked for a key; add a "
                  "[serve.keys.NAME] (prx serve --new-key NAME writes it), or listen on 127.0.0.1 "
                  "or [::1]");
}

}  // namespace prx::config
