// Decoding one streamed chunk of about 230 bytes: the whole path (SSE lines, decoder, event)
// against a bare in-situ SAX pass over the same bytes.
#include <benchmark/benchmark.h>
#include <rapidjson/reader.h>

#include <cstring>
#include <string>
#include <vector>

#include "prx/sdk/chat_completions.hpp"
#include "prx/sdk/sse.hpp"

namespace {

constexpr int kEvents = 200;
constexpr std::size_t kPiece = 16'384;

std::string frame(int i, bool padded) {
  static const char* const kWords[] = {" the", " answer", " is",    " forty",
                                       "-two", ".",       " or\\n", " so"};
  std::string out =
      R"({"id":"gen-1700000000-AbCdEfGhIjKlMnOp","provider":"Acme","model":"acme/lantern-1","object":"chat.completion.chunk",)"
      R"("created":1700000000,"choices":[{"index":0,"delta":{"role":"assistant","content":")";
  out += kWords[i % 8];
  out += R"("},"finish_reason":null,"logprobs":null}])";
  if (padded)
    out += ",\"pad\":\"" + std::string(1 + static_cast<std::size_t>(i % 7), 'q') +
           std::to_string(i) + "\"";
  return out + "}";
}

std::string stream(bool padded) {
  std::string out;
  for (int i = 0; i < kEvents; ++i) out += "data: " + frame(i, padded) + "\n\n";
  return out;
}

std::int32_t count_event(void* ctx, const prx_event* event) noexcept {
  *static_cast<std::size_t*>(ctx) += event->text.len;
  return 0;
}

/// Copies the stream piece by piece into one buffer, as a socket would, and gives each to `feed`.
template <class F>
void feed_pieces(const std::string& body, std::vector<char>& buffer, F&& feed) {
  for (std::size_t at = 0; at < body.size(); at += kPiece) {
    const std::size_t size = std::min(kPiece, body.size() - at);
    std::memcpy(buffer.data(), body.data() + at, size);
    feed(buffer.data(), size);
  }
}

void decode(benchmark::State& state, bool padded) {
  const std::string body = stream(padded);
  std::vector<char> buffer(kPiece);
  std::size_t bytes = 0;
  const prx_sink sink{sizeof(prx_sink), 0, &bytes, &count_event};
  prx::sdk::ChatDecoder decoder({}, sink, "Acme");
  for (auto _ : state)
    feed_pieces(body, buffer, [&](char* p, std::size_t n) { decoder.data(p, n); });
  if (bytes == 0) state.SkipWithError("nothing decoded");
  state.SetItemsProcessed(state.iterations() * kEvents);
}

void DecodeChunkSameFrame(benchmark::State& state) { decode(state, false); }
BENCHMARK(DecodeChunkSameFrame);
void DecodeChunkOtherFrames(benchmark::State& state) { decode(state, true); }
BENCHMARK(DecodeChunkOtherFrames);

void SseLinesOnly(benchmark::State& state) {
  const std::string body = stream(false);
  std::vector<char> buffer(kPiece);
  prx::sdk::SseParser parser;
  prx::sdk::SseEvent event;
  for (auto _ : state)
    feed_pieces(body, buffer, [&](char* p, std::size_t n) {
      parser.feed(p, n);
      while (parser.get(event) == prx::sdk::SseResult::kEvent) benchmark::DoNotOptimize(event.data);
    });
  state.SetItemsProcessed(state.iterations() * kEvents);
}
BENCHMARK(SseLinesOnly);

/// What a decoder at least wants to know: the texts of "content".
struct ContentHandler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, ContentHandler> {
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    content = size == 7 && std::memcmp(text, "content", 7) == 0;
    return true;
  }
  bool String(const char*, rapidjson::SizeType size, bool) {
    if (content) bytes += size;
    return true;
  }
  bool content = false;
  std::size_t bytes = 0;
};

/// The denominator: frames already cut and terminated, one in-situ pass each.
void BareInsituSaxPass(benchmark::State& state) {
  std::vector<std::string> frames;
  for (int i = 0; i < kEvents; ++i) frames.push_back(frame(i, state.range(0) != 0));
  std::vector<char> buffer(1024);
  rapidjson::Reader reader;
  ContentHandler handler;
  for (auto _ : state)
    for (const std::string& text : frames) {
      std::memcpy(buffer.data(), text.c_str(), text.size() + 1);
      rapidjson::InsituStringStream in(buffer.data());
      reader.Parse<rapidjson::kParseInsituFlag | rapidjson::kParseStopWhenDoneFlag>(in, handler);
    }
  if (handler.bytes == 0) state.SkipWithError("nothing decoded");
  state.SetItemsProcessed(state.iterations() * kEvents);
}
BENCHMARK(BareInsituSaxPass)->Arg(0)->Arg(1);

}  // namespace
