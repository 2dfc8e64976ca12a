#include "bench/common/load.hpp"

#include <charconv>
#include <cstdio>
#include <string_view>

#include "bench/common/measure.hpp"

namespace prx::bench {
namespace {

std::size_t number(std::string_view name, std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    die(std::string(name) + ": not a number: " + std::string(text));
  return value;
}

Mode mode_from(std::string_view text) {
  if (text == "json") return Mode::kJson;
  if (text == "sse") return Mode::kSse;
  if (text == "paced") return Mode::kPaced;
  die("--mode: json, sse or paced, not " + std::string(text));
}

void set_option(LoadOptions& options, std::string_view name, std::string_view value) {
  if (name == "--mode")
    options.mode = mode_from(value);
  else if (name == "--url")
    options.url = value;
  else if (name == "--plugins")
    options.plugins = value;
  else if (name == "--streams")
    options.streams = number(name, value);
  else if (name == "--warmup")
    options.warmup = number(name, value);
  else if (name == "--requests")
    options.requests = number(name, value);
  else if (name == "--events")
    options.events = number(name, value);
  else if (name == "--stream-events")
    options.stream_events = number(name, value);
  else if (name == "--opening-max")
    options.opening_max = number(name, value);
  else
    die("unknown option " + std::string(name));
}

}  // namespace

LoadOptions parse_load_options(int argc, char** argv) {
  LoadOptions options;
  for (int i = 1; i + 1 < argc; i += 2) set_option(options, argv[i], argv[i + 1]);
  if (argc % 2 == 0) die("an option without its value");
  if (options.url.empty()) die("--url is missing");
  if (options.streams == 0 || options.opening_max == 0)
    die("--streams and --opening-max are 1 or more");
  const bool paced = options.mode == Mode::kPaced;
  if ((paced ? options.events : options.requests) == 0)
    die(paced ? "--events is 0" : "--requests is 0");
  return options;
}

LoadMeter::LoadMeter() : resident_before_(resident_bytes()) {}

void LoadMeter::forget_memory() { resident_before_ = resident_bytes(); }

void LoadMeter::begin() {
  begun_ = true;
  start_ = std::chrono::steady_clock::now();
  cpu_ = process_cpu_time();
}

void LoadMeter::end() {
  cpu_ = process_cpu_time() - cpu_;
  wall_ = std::chrono::steady_clock::now() - start_;
  resident_after_ = resident_bytes();
}

void LoadMeter::print(std::size_t count, std::size_t streams) const {
  std::printf(
      "count=%zu cpu_ns=%lld wall_ns=%lld streams=%zu resident_before=%zu resident_after=%zu\n",
      count, static_cast<long long>(cpu_.count()), static_cast<long long>(wall_.count()), streams,
      resident_before_, resident_after_);
}

}  // namespace prx::bench
