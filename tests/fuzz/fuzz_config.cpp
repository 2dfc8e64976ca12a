// Any text is a configuration or an error with one line, and the same each time. No command is run,
// no key file read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "prx/config.hpp"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

prx::ConfigSource fuzz_source() {
  prx::ConfigSource source;
  source.read_secrets = false;
  source.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "A") return "value";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  return source;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto source = fuzz_source();
  const auto first = prx::Config::parse(text, "fuzz.toml", "", source);
  const auto second = prx::Config::parse(text, "fuzz.toml", "", source);
  check(first.has_value() == second.has_value());
  if (!first) {
    check(first.error() == second.error());
    check(first.error().message.find('\n') == std::string::npos);
    check(first.error().message.substr(0, 9) == "fuzz.toml");
    return 0;
  }
  check(*first == *second);
  check(first->find_provider(first->provider) != nullptr);
  check(first->find_chain(first->chain) != nullptr);
  return 0;
}
