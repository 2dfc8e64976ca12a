// What is sent.
#include <string>

#include "plugin_test.hpp"

namespace anthropic::test {
namespace {

using namespace prx::sdk::testing;
using prx::ErrorClass;

/// A request of Chat Completions without its model, and what of it is sent after the model.
struct Translation {
  const char* chat;
  const char* sent;
};

#define USER_HI R"({"role":"user","content":"Hi"})"
#define SENT_HI R"({"role":"user","content":[{"type":"text","text":"Hi"}]})"
#define ONLY_HI R"("max_tokens":8192,"messages":[)" SENT_HI "]"

const Translation kMessages[] = {
    {R"("messages":[)" USER_HI "]", ONLY_HI},
    // Instructions of both roles go apart, in their order.
    {R"("messages":[{"role":"system","content":"Be brief"},{"role":"developer","content":[{"type":"text","text":"Be kind","cache_control":{"type":"ephemeral"}}]},)" USER_HI
     "]",
     R"("max_tokens":8192,"system":[{"type":"text","text":"Be brief"},{"type":"text","text":"Be kind","cache_control":{"type":"ephemeral"}}],"messages":[)" SENT_HI
     "]"},
    // Turns alternate; what is empty is left out; escapes stay as they were written.
    {R"("messages":[)" USER_HI
     R"(,{"role":"user","content":"A\u00e4\/"},{"role":"assistant","content":""},{"role":"user","content":"B"}])",
     R"("max_tokens":8192,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"text","text":"A\u00e4\/"},{"type":"text","text":"B"}]}])"},
    // Calls of tools and their results, those of one turn together; numbers keep their digits.
    {R"("messages":[)" USER_HI
     R"(,{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1.50, \"y\":1e400}"}},{"id":"b:0","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"a","content":"one"},{"role":"tool","tool_call_id":"b:0","content":[{"type":"text","text":"two"}]},{"role":"user","content":"Go on"}])",
     R"("max_tokens":8192,"messages":[)" SENT_HI
     R"(,{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x": 1.50, "y":1e400}},{"type":"tool_use","id":"b_3a0","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"one"}]},{"type":"tool_result","tool_use_id":"b_3a0","content":[{"type":"text","text":"two"}]},{"type":"text","text":"Go on"}]}])"},
    // Pictures and files, within the request and on the web.
    {R"("messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO\/"}},{"type":"image_url","image_url":{"url":"https://a.example/b.png"},"cache_control":{"type":"ephemeral"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}},{"type":"file","file":{"file_id":"file_1"}}]}])",
     R"("max_tokens":8192,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO/"}},{"type":"image","source":{"type":"url","url":"https://a.example/b.png"},"cache_control":{"type":"ephemeral"}},{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"a.pdf"},{"type":"document","source":{"type":"file","file_id":"file_1"}}]}])"},
    // What was signed goes back first and unchanged, pieces of one block joined; what another
    // vendor signed does not.
    {
        R"("messages":[)" USER_HI
        R"(,{"role":"assistant","content":"Ho","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"H\u006d","format":"anthropic-claude-v1","index":0},{"type":"reasoning.text","signature":"c2ln\/==","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"ZW5j","format":"anthropic-claude-v1","index":1},{"type":"reasoning.encrypted","data":"b3Bl","format":"openai-responses-v1","index":2},{"type":"reasoning.text","text":"unsigned","format":"anthropic-claude-v1","index":3}]}])",
        R"("max_tokens":8192,"messages":[)" SENT_HI
        R"(,{"role":"assistant","content":[{"type":"thinking","thinking":"H\u006d","signature":"c2ln\/=="},{"type":"redacted_thinking","data":"ZW5j"},{"type":"text","text":"Ho"}]}])"},
};

const Translation kOptions[] = {
    {R"("messages":[)" USER_HI
     R"(],"max_completion_tokens":9,"stop":"END","temperature":1.5,"top_p":0.9,"top_k":3,"user":"u1","stream":true,"stream_options":{"include_usage":true},"seed":7,"n":1,"logprobs":false,"provider":{"sort":"price"},"service_tier":"flex","stop_sequences":null,"inference_geo":"us")",
     R"("max_tokens":9,"messages":[)" SENT_HI
     R"(],"stop_sequences":["END"],"top_k":3,"temperature":1,"metadata":{"user_id":"u1"},"top_p":0.9,"stream":true,"inference_geo":"us")"},
    {R"("messages":[)" USER_HI
     R"(],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","required":[]},"strict":true}},{"type":"function","function":{"name":"g"}},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":"required","parallel_tool_calls":false)",
     ONLY_HI
     R"(,"tools":[{"name":"f","description":"d","input_schema":{"type":"object","required":[]},"strict":true},{"name":"g","input_schema":{"type":"object","properties":{}}},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"any","disable_parallel_tool_use":true})"},
    {R"("messages":[)" USER_HI
     R"(],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}})",
     ONLY_HI
     R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"tool","name":"f"})"},
    {R"("messages":[)" USER_HI
     R"(],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"reasoning":{"effort":"low"},"temperature":0.5)",
     R"("max_tokens":8192,"messages":[)" SENT_HI
     R"(],"thinking":{"type":"adaptive"},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}})"},
    {R"("messages":[)" USER_HI
     R"(],"reasoning":{"enabled":false},"response_format":{"type":"text"})",
     ONLY_HI},
    // What is said in the API's own words goes before what is derived.
    {R"("messages":[)" USER_HI
     R"(],"thinking":{"type":"disabled"},"reasoning_effort":"high","output_config":{"effort":"max"},"metadata":{"user_id":"m"},"user":"u")",
     ONLY_HI
     R"(,"output_config":{"effort":"max"},"metadata":{"user_id":"m"},"thinking":{"type":"disabled"})"},
};

/// A request that is not sent.
struct Refusal {
  const char* chat;
  ErrorClass error_class;
  const char* words;
};
const Refusal kRefusals[] = {
    {R"("messages":[])", ErrorClass::kInvalidRequest, "nothing but instructions"},
    {R"("messages":7)", ErrorClass::kInvalidRequest, "messages is no list"},
    {R"("messages":[7])", ErrorClass::kInvalidRequest, "messages[0]"},
    {R"("messages":[{"role":"critic","content":"a"}])", ErrorClass::kUnsupported, "critic"},
    {R"("messages":[{"role":"user","content":[{"type":"input_audio"}]}])", ErrorClass::kUnsupported,
     "audio"},
    {R"("messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://a"}}]}])",
     ErrorClass::kInvalidRequest, "image_url"},
    {R"("messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/csv;base64,YQ"}}]}])",
     ErrorClass::kUnsupported, "text/csv"},
    {R"("messages":[{"role":"tool","content":"a"}])", ErrorClass::kInvalidRequest, "tool_call_id"},
    {R"("messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"[1"}}]}])",
     ErrorClass::kInvalidRequest, "'f'"},
    {R"("messages":[{"role":"system","content":"a"},)" USER_HI R"(],"system":"b")",
     ErrorClass::kInvalidRequest, "system"},
    {R"("messages":[)" USER_HI R"(],"n":2)", ErrorClass::kUnsupported, "n;"},
    {R"("messages":[)" USER_HI R"(],"logprobs":true)", ErrorClass::kUnsupported, "logprobs"},
    {R"("messages":[)" USER_HI R"(],"response_format":{"type":"json_object"})",
     ErrorClass::kUnsupported, "json_object"},
    {R"("messages":[)" USER_HI R"(],"tools":[{"type":"openrouter:web_search"}])",
     ErrorClass::kUnsupported, "openrouter:web_search"},
    {R"("messages":[)" USER_HI
     R"(],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools"})",
     ErrorClass::kUnsupported, "tool_choice"},
    {R"("messages":[)" USER_HI R"(],"reasoning_effort":"heroic")", ErrorClass::kInvalidRequest,
     "effort"},
    {R"("messages":[)" USER_HI R"(],"max_tokens":"many")", ErrorClass::kInvalidRequest,
     "max_tokens"},
};

std::string whole(std::string_view model, std::string_view members) {
  return "{\"model\":\"" + std::string(model) + "\"," + std::string(members) + "}";
}

void translate(const Bench& bench, const Translation& each) {
  TestInstance instance(bench.file);
  const TestCall chat(instance, {.body = whole("anthropic/claude-new", each.chat)});
  const std::string expected = whole("claude-new", each.sent);
  bench.check(!chat.refused && instance.host.last().body == expected,
              "sent as expected: " + expected +
                  "\n  but: " + (chat.refused ? chat.refused->message : instance.host.last().body));
}

void asks_with_its_headers(const Bench& bench) {
  TestInstance instance(bench.file,
                        R"({"base_url":"http://a.example/","betas":["one","two"],"max_tokens":5})");
  const TestCall chat(instance, {.body = whole("m", R"("messages":[)" USER_HI "]")});
  const TestRequest& sent = instance.host.last();
  bench.check(sent.method == "POST" && sent.url == "http://a.example/v1/messages", "the address");
  bench.check(sent.key_header == "x-api-key" && sent.key_prefix.empty(), "where the key goes");
  bench.check(sent.header("anthropic-version") == "2023-06-01", "the version is a header");
  bench.check(sent.header("anthropic-beta") == "one,two", "so are the betas");
  bench.check(sent.header("accept") == "text/event-stream", "a stream is asked for");
  bench.check(sent.body.find("\"max_tokens\":5,") != std::string::npos, "the limit is an option");
}

void thinks_by_budget_where_the_model_is_older(const Bench& bench) {
  TestInstance instance(bench.file);
  const std::string asks = R"("messages":[)" USER_HI R"(],"max_tokens":10000,"reasoning":)";
  const TestCall shared(instance,
                        {.body = whole("claude-sonnet-4-5", asks + R"({"effort":"low"})")});
  bench.check(instance.host.last().body.find(
                  R"("thinking":{"type":"enabled","budget_tokens":2000})") != std::string::npos,
              "an effort is a share of the limit");
  const TestCall exact(instance,
                       {.body = whole("claude-3-7-sonnet", asks + R"({"max_tokens":20})")});
  bench.check(instance.host.last().body.find("\"budget_tokens\":1024") != std::string::npos,
              "a budget is at least 1024");
  const TestCall tight(
      instance,
      {.body = whole("claude-3-7-sonnet",
                     R"("messages":[)" USER_HI R"(],"max_tokens":1024,"reasoning_effort":"low")")});
  bench.check(tight.refused && tight.refused->error_class == ErrorClass::kUnsupported,
              "a limit without room for one is refused");
}

void refuses_configurations(const Bench& bench) {
  for (const char* const config : {R"({"base_url":"ftp://a"})", R"({"max_tokens":0})",
                                   R"({"thinking":"hard"})", R"({"betas":["a\nb"]})"}) {
    const TestInstance instance(bench.file, config);
    bench.check(instance.refused && instance.refused->error_class == ErrorClass::kInvalidRequest,
                std::string("refused: ") + config);
  }
}

}  // namespace

void check_requests(const Bench& bench) {
  for (const Translation& each : kMessages) translate(bench, each);
  for (const Translation& each : kOptions) translate(bench, each);
  for (const Refusal& each : kRefusals) {
    TestInstance instance(bench.file);
    const TestCall chat(instance, {.body = whole("m", each.chat)});
    const bool is_right = chat.refused && chat.refused->error_class == each.error_class &&
                          chat.refused->message.find(each.words) != std::string::npos;
    bench.check(is_right && instance.host.requests.empty(),
                std::string("refused: ") + each.chat +
                    "\n  but: " + (chat.refused ? chat.refused->message : "sent"));
  }
  asks_with_its_headers(bench);
  thinks_by_budget_where_the_model_is_older(bench);
  refuses_configurations(bench);
}

}  // namespace anthropic::test
