#include "check/host/samples.hpp"

#include <initializer_list>
#include <string>
#include <utility>

namespace prx::check {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

const Headers& sse_head() {
  static const Headers headers = {{"content-type", "text/event-stream; charset=utf-8"},
                                  {"x-request-id", "req_check"}};
  return headers;
}
const Headers& json_head() {
  static const Headers headers = {{"content-type", "application/json"},
                                  {"x-request-id", "req_check"}};
  return headers;
}

std::string sse(std::initializer_list<std::string> frames) {
  std::string body;
  for (const std::string& frame : frames) body += "data: " + frame + "\n\n";
  return body + "data: [DONE]\n\n";
}

/// A chunk of the stream with that choice.
std::string chunk(const std::string& choice) {
  return R"({"id":"gen-check","object":"chat.completion.chunk","created":1700000000,)"
         R"("model":"check-1","choices":[)" +
         choice + "]}";
}
std::string delta(const std::string& members, int index = 0) {
  return chunk(R"({"index":)" + std::to_string(index) + R"(,"delta":{)" + members +
               R"(},"finish_reason":null})");
}
std::string finish(const std::string& reason, int index = 0) {
  return chunk(R"({"index":)" + std::to_string(index) + R"(,"delta":{},"finish_reason":")" +
               reason + R"("})");
}
std::string usage() {
  return R"({"id":"gen-check","object":"chat.completion.chunk","created":1700000000,)"
         R"("model":"check-1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":6,)"
         R"("total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},)"
         R"("completion_tokens_details":{"reasoning_tokens":2}}})";
}

Sample sample_of(std::string name, std::string body, std::optional<std::string> text = {}) {
  Sample sample;
  sample.name = std::move(name);
  sample.headers = sse_head();
  sample.body = std::move(body);
  sample.text = std::move(text);
  return sample;
}
Sample whole_of(std::string name, std::string body, std::optional<std::string> text = {}) {
  Sample sample = sample_of(std::move(name), std::move(body), std::move(text));
  sample.stream = false;
  sample.headers = json_head();
  return sample;
}
Sample of_operation(std::string operation, std::string body) {
  Sample sample = whole_of(operation, std::move(body));
  sample.op = std::move(operation);
  return sample;
}
Sample failing(Sample sample, std::string error) {
  sample.error = std::move(error);
  return sample;
}

Sample stream_sample() {
  return sample_of(
      "stream",
      sse({delta(R"("role":"assistant","content":"Hell")"), delta(R"("content":"o, w\u00f6rld ")"),
           delta("\"content\":\"\xE2\x82\xAC \xF0\x9F\x99\x82.\""), finish("stop"), usage()}),
      "Hello, w\xC3\xB6rld \xE2\x82\xAC \xF0\x9F\x99\x82.");
}

/// Comments that keep the connection alive, other line ends, fields that are no data.
Sample keep_alive_sample() {
  const std::string comment = ": OPENROUTER PROCESSING\r\n\r\n";
  return sample_of("keep-alive",
                   comment + "event: message\r\nid: 1\r\ndata: " +
                       delta(R"("role":"assistant","content":"Hi")") + "\r\n\r\n" + comment +
                       "data: " + finish("stop") + "\r\n\r\n" + comment + "data: [DONE]\r\n\r\n",
                   "Hi");
}

Sample reasoning_sample() {
  return sample_of("reasoning",
                   sse({delta(R"("role":"assistant","content":"","reasoning":"Let me ")"),
                        delta(R"("content":"","reasoning":"think.")"), delta(R"("content":"42")"),
                        finish("stop"), usage()}),
                   "42");
}

Sample tools_sample() {
  const auto call = [](const std::string& rest) { return R"("tool_calls":[)" + rest + "]"; };
  return sample_of("tools",
                   sse({delta(R"("role":"assistant","content":null,)" +
                              call(R"({"index":0,"id":"call_a","type":"function",)"
                                   R"("function":{"name":"weather","arguments":""}})")),
                        delta(call(R"({"index":0,"function":{"arguments":"{\"city\":"}})")),
                        delta(call(R"({"index":0,"function":{"arguments":"\"Oslo\"}"}})")),
                        delta(call(R"({"index":1,"id":"call_b","type":"function",)"
                                   R"("function":{"name":"time","arguments":"{}"}})")),
                        finish("tool_calls"), usage()}),
                   "");
}

Sample choices_sample() {
  return sample_of("choices",
                   sse({delta(R"("role":"assistant","content":"a")"),
                        delta(R"("role":"assistant","content":"b")", 1), finish("stop"),
                        finish("length", 1), usage()}),
                   "ab");
}

Sample whole_sample() {
  return whole_of(
      "whole",
      R"({"id":"gen-check","object":"chat.completion","created":1700000000,"model":"check-1",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hello, world."},)"
      R"("finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4,)"
      R"("total_tokens":13}})",
      "Hello, world.");
}

Sample whole_tools_sample() {
  return whole_of(
      "whole-tools",
      R"({"id":"gen-check","object":"chat.completion","created":1700000000,"model":"check-1",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[)"
      R"({"id":"call_a","type":"function","function":{"name":"weather","arguments":"{}"}}]},)"
      R"("finish_reason":"tool_calls"}]})",
      "");
}

const std::string& models_body() {
  static const std::string body =
      R"({"object":"list","data":[{"id":"check-1","object":"model","created":1700000000,)"
      R"("owned_by":"check"},{"id":"check-2","object":"model"}]})";
  return body;
}

void add_errors(std::vector<Sample>& samples) {
  const std::string limited =
      R"({"error":{"message":"Too many requests","type":"rate_limit_error","code":429}})";
  const std::string busy =
      R"({"id":"gen-check","object":"chat.completion.chunk","created":1700000000,)"
      R"("model":"check-1","error":{"code":502,"message":"Upstream went away"},"choices":[)"
      R"({"index":0,"delta":{"content":""},"finish_reason":"error"}]})";
  samples.push_back(failing(whole_of("error-in-200", limited), "rate_limit"));
  samples.push_back(failing(
      whole_of("error-402-in-200", R"({"error":{"message":"No credit is left","code":402}})"),
      "credit"));
  Sample json_to_stream = whole_of("error-in-200-stream", limited);
  json_to_stream.stream = true;
  samples.push_back(failing(std::move(json_to_stream), "rate_limit"));
  samples.push_back(failing(
      sample_of("error-mid-stream", sse({delta(R"("role":"assistant","content":"Hel")"), busy})),
      "overloaded"));
}

}  // namespace

std::vector<Sample> chat_completions_samples() {
  std::vector<Sample> samples = {stream_sample(),     keep_alive_sample(), reasoning_sample(),
                                 tools_sample(),      choices_sample(),    whole_sample(),
                                 whole_tools_sample()};
  add_errors(samples);
  samples.push_back(of_operation("models", models_body()));
  samples.push_back(of_operation("health", models_body()));
  samples.push_back(of_operation("warmup", models_body()));
  samples.push_back(of_operation(
      "account", R"({"data":{"label":"check","limit":10,"limit_remaining":9.5,"usage":0.5,)"
                 R"("total_credits":10,"total_usage":0.5}})"));
  samples.push_back(of_operation(
      "call", R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}]})"));
  return samples;
}

}  // namespace prx::check
