#include "bench/http_load/options.hpp"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "bench/common/measure.hpp"
#include "bench/common/payload.hpp"

namespace prx::bench {
namespace {

std::size_t count_from(std::string_view name, std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    die(std::string(name) + ": not a number: " + std::string(text));
  return value;
}

Shape shape_from(std::string_view text) {
  if (text == "closed") return Shape::kClosed;
  if (text == "open") return Shape::kOpen;
  if (text == "paced") return Shape::kPaced;
  die("--shape: closed, open or paced, not " + std::string(text));
}

Answer answer_from(std::string_view text) {
  if (text == "json") return Answer::kJson;
  if (text == "stream") return Answer::kStream;
  if (text == "stamped") return Answer::kStamped;
  if (text == "refused") return Answer::kRefused;
  die("--answer: json, stream, stamped or refused, not " + std::string(text));
}

void set_load_option(HttpLoadOptions& options, std::string_view name, std::string_view value) {
  const std::array<std::pair<std::string_view, std::size_t*>, 7> counts{
      {{"--streams", &options.streams},
       {"--warmup", &options.warmup},
       {"--requests", &options.requests},
       {"--rate", &options.rate},
       {"--events", &options.events},
       {"--stream-events", &options.stream_events},
       {"--opening-max", &options.opening_max}}};
  for (const auto& [known, count] : counts)
    if (name == known) return static_cast<void>(*count = count_from(name, value));
  if (name == "--shape")
    options.shape = shape_from(value);
  else if (name == "--answer")
    options.answer = answer_from(value);
  else if (name == "--port")
    options.port = static_cast<std::uint16_t>(count_from(name, value));
  else if (name == "--path")
    options.path = value;
  else if (name == "--headers")
    options.headers = value;
  else if (name == "--watch")
    options.watch = static_cast<pid_t>(count_from(name, value));
  else
    die("unknown option " + std::string(name));
}

}  // namespace

HttpLoadOptions parse_http_load_options(int argc, char** argv) {
  HttpLoadOptions options;
  for (int i = 1; i + 1 < argc; i += 2) set_load_option(options, argv[i], argv[i + 1]);
  if (argc % 2 == 0) die("an option without its value");
  if (options.port == 0 || options.path.empty()) die("--port and --path are needed");
  if (options.streams == 0 || options.opening_max == 0)
    die("--streams and --opening-max are 1 or more");
  const bool paced = options.shape == Shape::kPaced;
  if (paced != (options.answer == Answer::kStamped))
    die("--shape paced and --answer stamped belong together");
  if ((paced ? options.events : options.requests) == 0)
    die(paced ? "--events is 0" : "--requests is 0");
  if ((options.shape == Shape::kOpen) != (options.rate > 0)) die("--rate is for --shape open");
  return options;
}

std::string request_bytes(const HttpLoadOptions& options) {
  const bool stream = options.answer == Answer::kStream || options.answer == Answer::kStamped;
  std::string body = request_body(stream);
  if (stream) body.insert(body.size() - 1, ",\"stream_options\":{\"include_usage\":true}");
  std::string out = "POST " + options.path +
                    " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
                    "\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
                    std::string(kApiKey) + "\r\n";
  std::string_view rest = options.headers;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    out.append(line).append("\r\n");
  }
  return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace prx::bench
