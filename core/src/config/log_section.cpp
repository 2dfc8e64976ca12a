#include "config/sections.hpp"

namespace prx::config {
namespace {

constexpr std::array<std::string_view, 6> kLevels = {"trace", "debug", "info",
                                                     "warn",  "error", "off"};
constexpr std::array<std::string_view, 2> kFormats = {"text", "json"};

}  // namespace

Result<void> read_log(TableReader& top, LoadState& state) {
  static const Table kNone;
  PRX_TRY_SET(const auto* table, top.table("log"));
  TableReader reader(top.context(), table ? *table : kNone, "log", Defaults::kRecord);
  PRX_TRY(reader.only(kLogKeys));
  auto& log = state.config.log;
  PRX_TRY_SET(log.level, reader.word("level", kLevels, log.level));
  PRX_TRY_SET(const auto file, reader.path_text("file"));
  log.file = top.context().resolve(file);
  PRX_TRY_SET(log.format, reader.word("format", kFormats, log.format));
  return {};
}

}  // namespace prx::config
