#include "config/sections.hpp"

namespace prx::config {
namespace {

constexpr std::array<std::string_view, 2> kTlsKeys = {"certificate", "key"};

Result<std::filesystem::path> read_path(TableReader& reader, Place table, std::string_view key) {
  PRX_TRY_SET(const auto path, reader.path_text(key));
  if (!path.empty()) return reader.context().resolve(path);
  return reader.context().error(
      table, "[serve.tls] lacks '" + std::string(key) +
                 "'; name a PEM file there, or remove the table to serve without TLS");
}

}  // namespace

Result<void> read_serve_tls(TableReader& serve, LoadState& state) {
  PRX_TRY_SET(const auto* table, serve.table("tls"));
  if (table == nullptr) return {};
  const Place place = serve.find("tls")->place;
  TableReader reader(serve.context(), *table, serve.path_of("tls"));
  PRX_TRY(reader.only(kTlsKeys));
  ServeTlsConfig& tls = state.config.serve.tls;
  PRX_TRY_SET(tls.certificate, read_path(reader, place, "certificate"));
  PRX_TRY_SET(tls.key, read_path(reader, place, "key"));
  return {};
}

}  // namespace prx::config
