// Setting model and stream in a request body of 256 KB: splice against parse, edit and write of a
// tree.
#include <benchmark/benchmark.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>

#include "prx/sdk/json_edit.hpp"

namespace {

std::string body_of(std::size_t size) {
  std::string out = R"({"model":"a/b","temperature":0.5,"messages":[)";
  for (int i = 0; out.size() < size; ++i) {
    if (i > 0) out += ',';
    out +=
        R"({"role":"user","content":"Line )" + std::to_string(i) +
        R"( of a prompt with \"quotes\", a\nbreak and some ordinary words that go on for a while, as prompts do."})";
  }
  return out + R"(],"max_tokens":100})";
}

void SpliceBody(benchmark::State& state) {
  const std::string body = body_of(256u << 10);
  for (auto _ : state) {
    const auto index = prx::json::ObjectIndex::parse(body);
    const std::string out =
        prx::json::ObjectEdit(*index).set("model", "\"vendor/model\"").set("stream", "true").str();
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(SpliceBody)->Unit(benchmark::kMicrosecond);

void RapidJsonTree(benchmark::State& state) {
  const std::string body = body_of(256u << 10);
  for (auto _ : state) {
    rapidjson::Document root;
    root.Parse(body.data(), body.size());
    root["model"].SetString("vendor/model");
    root.AddMember("stream", true, root.GetAllocator());
    rapidjson::StringBuffer out;
    rapidjson::Writer<rapidjson::StringBuffer> writer(out);
    root.Accept(writer);
    benchmark::DoNotOptimize(out.GetString());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(RapidJsonTree)->Unit(benchmark::kMicrosecond);

void ValidateBody(benchmark::State& state) {
  const std::string body = body_of(256u << 10);
  for (auto _ : state) {
    const bool ok = prx::json::validate(body).has_value();
    benchmark::DoNotOptimize(ok);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(ValidateBody)->Unit(benchmark::kMicrosecond);

}  // namespace
