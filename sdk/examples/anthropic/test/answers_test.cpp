// What comes back.
#include <string>

#include "plugin_test.hpp"

namespace anthropic::test {
namespace {

using namespace prx::sdk::testing;
using prx::ErrorClass;

const TestAsk kAsk{.body = R"({"model":"m","messages":[{"role":"user","content":"Hi"}]})"};

std::string start() {
  return frame(
             "message_start",
             R"("message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_read_input_tokens":3,"cache_creation_input_tokens":4,"output_tokens":1}})") +
         frame("ping");
}
std::string block(int index, std::string_view content, const std::string& deltas) {
  const std::string number = R"("index":)" + std::to_string(index);
  return frame("content_block_start", number + R"(,"content_block":)" + std::string(content)) +
         deltas + frame("content_block_stop", number);
}
std::string delta(int index, std::string_view json) {
  return frame("content_block_delta",
               R"("index":)" + std::to_string(index) + R"(,"delta":)" + std::string(json));
}
std::string stop(std::string_view reason) {
  return frame("message_delta",
               R"("delta":{"stop_reason":")" + std::string(reason) +
                   R"(","stop_sequence":null},"usage":{"input_tokens":null,"output_tokens":20})") +
         frame("message_stop");
}
std::string text_block(int index) {
  return block(index, R"({"type":"text","text":""})",
               delta(index, R"({"type":"text_delta","text":"Hel"})") +
                   delta(index, R"({"type":"text_delta","text":"lo \ud83d\ude00"})"));
}

const std::string kThinking =
    block(0, R"({"type":"thinking","thinking":"","signature":""})",
          delta(0, R"({"type":"thinking_delta","thinking":"Let \u006de"})") +
              delta(0, R"({"type":"thinking_delta","thinking":" see"})") +
              delta(0, R"({"type":"signature_delta","signature":"c2lnbmVk\/"})"));
const std::string kTools =
    block(2, R"({"type":"tool_use","id":"toolu_1","name":"f","input":{}})",
          delta(2, R"({"type":"input_json_delta","partial_json":""})") +
              delta(2, R"({"type":"input_json_delta","partial_json":"{\"x\": 1."})") +
              delta(2, R"({"type":"input_json_delta","partial_json":"50}"})")) +
    block(3, R"({"type":"tool_use","id":"toolu_2","name":"g","input":{}})", "");
const std::string kAnswer = start() + kThinking + text_block(1) + kTools + stop("tool_use");

/// All that the events say, in one text.
std::string told(const TestCall& call) {
  std::string out;
  for (const TestEvent& event : call.events) {
    out += std::to_string(event.type) + ':' + std::to_string(event.index) + ':' + event.id + ':' +
           event.name + ':' + event.text + ':' + event.json + '\n';
  }
  return out;
}
std::string arguments(const TestCall& call, std::uint32_t index) {
  std::string out;
  for (const TestEvent& event : call.events)
    if (event.type == PRX_EV_TOOL_CALL && event.index == index) out += event.text;
  return out;
}
std::string items(const TestCall& call, std::string_view name) {
  std::string out;
  for (const TestEvent& event : call.events)
    if (event.type == PRX_EV_ITEM && event.name == name) out += event.json;
  return out;
}

void reads_a_stream_cut_anywhere(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall at_once(instance, kAsk);
  instance.host.answer({.body = kAnswer, .headers = kStream});
  const std::string expected = told(at_once);
  for (std::size_t piece = 1; piece <= 64; ++piece) {
    const TestCall chat(instance, kAsk);
    instance.host.answer({.body = kAnswer, .headers = kStream, .piece = piece});
    bench.check(told(chat) == expected, "the same events, in pieces of " + std::to_string(piece));
  }
  bench.check(at_once.done() && at_once.text() == "Hello \xF0\x9F\x98\x80", "the text");
  bench.check(instance.host.breaches.empty(), "the contract is kept");
}

void reads_every_part(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall chat(instance, kAsk);
  instance.host.answer({.body = kAnswer, .headers = kStream});
  const TestEvent meta = event_of(chat, PRX_EV_META);
  bench.check(meta.id == "msg_1" && meta.name == "claude-x", "who answers");
  bench.check(event_of(chat, PRX_EV_REASONING).text == "Let me", "thinking is reasoning");
  bench.check(
      items(chat, "reasoning_details") ==
          R"([{"type":"reasoning.text","text":"Let \u006de see","signature":"c2lnbmVk\/","format":"anthropic-claude-v1","index":0}])",
      "and is kept byte for byte with its signature");
  bench.check(arguments(chat, 0) == R"({"x": 1.50})" && arguments(chat, 1) == "{}",
              "arguments are the model's bytes");
  const TestEvent finish = event_of(chat, PRX_EV_FINISH);
  bench.check(finish.finish == PRX_FINISH_TOOL_CALLS && finish.name == "tool_use",
              "the stop reason");
  const prx_usage usage = usage_of(chat);
  bench.check(usage.prompt_tokens == 17 && usage.cached_tokens == 3 &&
                  usage.cache_write_tokens == 4 && usage.completion_tokens == 20 &&
                  usage.total_tokens == 37,
              "a prompt is what was read, cached and written to the cache");
  bench.check(
      event_of(chat, PRX_EV_USAGE).json ==
          R"({"input_tokens":10,"cache_read_input_tokens":3,"cache_creation_input_tokens":4,"output_tokens":20})",
      "the whole usage is handed on");
}

void reads_the_same_from_a_whole_message(const Bench& bench) {
  const std::string body =
      R"({"id":"msg_2","type":"message","role":"assistant","model":"claude-x","content":[{"type":"thinking","thinking":"Hm","signature":"c2ln"},{"type":"redacted_thinking","data":"ZW5j"},{"type":"text","text":"Hello","citations":[{"type":"web_search_result_location","url":"https:\/\/a.example","title":"A","cited_text":"c","encrypted_index":"e"},{"type":"char_location","cited_text":"d"}]},{"type":"tool_use","id":"t","name":"f","input":{"x": 1e400}},{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2,"output_tokens_details":{"thinking_tokens":1}}})";
  TestInstance instance(bench.file);
  const TestCall chat(instance, {.flags = 0, .body = kAsk.body});
  instance.host.answer({.body = body, .piece = 7});
  bench.check(chat.done() && chat.text() == "Hello", "the text");
  bench.check(arguments(chat, 0) == R"({"x": 1e400})", "the arguments");
  bench.check(
      items(chat, "reasoning_details") ==
          R"([{"type":"reasoning.text","text":"Hm","signature":"c2ln","format":"anthropic-claude-v1","index":0}][{"type":"reasoning.encrypted","data":"ZW5j","format":"anthropic-claude-v1","index":1}])",
      "what was signed");
  bench.check(
      items(chat, "annotations") ==
          R"([{"type":"url_citation","url_citation":{"url":"https:\/\/a.example","title":"A","content":"c"}}])",
      "a cited page");
  bench.check(items(chat, "citation") == R"({"type":"char_location","cited_text":"d"})",
              "another citation");
  bench.check(
      items(chat, "content_block") ==
          R"({"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}})",
      "a tool of the server");
  bench.check(usage_of(chat).reasoning_tokens == 1, "the tokens of thinking");
}

struct Reason {
  const char* name;
  std::uint32_t finish;
};
const Reason kReasons[] = {
    {"end_turn", PRX_FINISH_STOP},       {"stop_sequence", PRX_FINISH_STOP},
    {"max_tokens", PRX_FINISH_LENGTH},   {"model_context_window_exceeded", PRX_FINISH_LENGTH},
    {"tool_use", PRX_FINISH_TOOL_CALLS}, {"refusal", PRX_FINISH_CONTENT_FILTER},
    {"pause_turn", PRX_FINISH_OTHER},    {"of_tomorrow", PRX_FINISH_OTHER},
};

void reads_every_stop_reason(const Bench& bench) {
  TestInstance instance(bench.file);
  for (const Reason& each : kReasons) {
    const TestCall chat(instance, kAsk);
    instance.host.answer({.body = start() + text_block(0) + stop(each.name), .headers = kStream});
    const TestEvent finish = event_of(chat, PRX_EV_FINISH);
    bench.check(chat.done() && finish.finish == each.finish && finish.name == each.name, each.name);
  }
  const TestCall refused(instance, kAsk);
  instance.host.answer(
      {.body = start() +
               frame("message_delta",
                     R"("delta":{"stop_reason":"refusal","stop_details":{"explanation":"No."}})") +
               frame("message_stop"),
       .headers = kStream});
  bench.check(items(refused, "refusal") == "\"No.\"", "why it refused");
}

void skips_what_it_does_not_know(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall chat(instance, kAsk);
  instance.host.answer(
      {.body = ": comment\n\n" + start() + frame("news", R"("of":"tomorrow")") +
               block(0, R"({"type":"web_search_tool_result","tool_use_id":"s","content":[]})", "") +
               block(1, R"({"type":"text","text":"Hi"})", delta(1, R"({"type":"new_delta"})")) +
               stop("end_turn"),
       .headers = kStream});
  bench.check(chat.done() && chat.text() == "Hi", "the rest is read");
  bench.check(items(chat, "content_block") ==
                  R"({"type":"web_search_tool_result","tool_use_id":"s","content":[]})",
              "a block of another kind is handed on");
}

void tells_when_the_next_request_may_come(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall chat(instance, kAsk);
  TestHeaders headers = kStream;
  headers.emplace_back("anthropic-ratelimit-requests-remaining", "0");
  headers.emplace_back("anthropic-ratelimit-requests-limit", "50");
  headers.emplace_back("anthropic-ratelimit-requests-reset", "2999-01-01T00:00:00Z");
  instance.host.answer({.body = kAnswer, .headers = headers});
  bench.check(event_of(chat, PRX_EV_META).json == R"({"next_request_ms":632448000})",
              "the reset, at most 366 days away, is shared by 50 requests");
}

}  // namespace

void check_answers(const Bench& bench) {
  reads_a_stream_cut_anywhere(bench);
  reads_every_part(bench);
  reads_the_same_from_a_whole_message(bench);
  reads_every_stop_reason(bench);
  skips_what_it_does_not_know(bench);
  tells_when_the_next_request_may_come(bench);

  TestInstance instance(bench.file);
  for (std::size_t size = 0; size + 2 < kAnswer.size(); ++size) {  // one line break is enough
    const TestCall chat(instance, kAsk);
    instance.host.answer({.body = std::string_view(kAnswer).substr(0, size), .headers = kStream});
    bench.check(error_of(chat).error_class == ErrorClass::kBadResponse,
                "cut at " + std::to_string(size) + ", it is no answer");
  }
  bench.check(instance.host.breaches.empty(), "the contract is kept");
}

}  // namespace anthropic::test
