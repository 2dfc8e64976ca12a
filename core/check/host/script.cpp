#include "check/host/script.hpp"

#include <algorithm>

namespace prx::check {

Script whole(const Sample& sample) { return split(sample, sample.body.size()); }

Script split(const Sample& sample, std::size_t at) {
  Script script;
  script.status = sample.status;
  script.headers = sample.headers;
  script.pieces.push_back({sample.body.substr(0, at)});
  script.pieces.push_back({sample.body.substr(std::min(at, sample.body.size()))});
  std::erase_if(script.pieces, [](const Piece& piece) { return piece.bytes.empty(); });
  return script;
}

Script pieces(const Sample& sample, std::size_t size, std::chrono::milliseconds wait) {
  Script script = whole(sample);
  script.pieces.clear();
  for (std::size_t at = 0; at < sample.body.size(); at += size)
    script.pieces.push_back({sample.body.substr(at, size), wait});
  return script;
}

Script cut(const Sample& sample, std::size_t size, bool clean_end) {
  Script script = whole(sample);
  script.pieces.clear();
  if (size > 0) script.pieces.push_back({sample.body.substr(0, size)});
  if (clean_end) return script;
  script.code = PRX_E_NETWORK;
  script.message = "the connection was cut in the middle of the body";
  return script;
}

Script broken(std::int32_t code, std::int32_t phase, std::string body) {
  Script script;
  script.head = phase > PRX_PHASE_HEAD;
  script.code = code;
  script.phase = phase;
  script.message = "the check's server failed here";
  script.headers = {{"content-type", "text/event-stream"}};
  if (!body.empty()) script.pieces.push_back({std::move(body)});
  return script;
}

}  // namespace prx::check
