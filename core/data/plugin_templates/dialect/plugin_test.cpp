// The plugin as it was built, played with by a host in memory.
#include <string>

#include <prx/sdk/testing.hpp>

namespace {

using namespace prx::sdk::testing;
using prx::ErrorClass;

const std::string kConfig = R"({"base_url":"https://lab.example.com/v1","region":"north"})";
const TestAsk kAsk{.body =
                       R"({"model":"m","stream":true,"messages":[],"max_completion_tokens":9})"};
const TestHeaders kStream{{"content-type", "text/event-stream"}};
const std::string kAnswer =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n"
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\n"
    "data: [DONE]\n\n";

void asks_the_server(const std::string& file, Checks& check) {
  TestInstance instance(file, kConfig);
  const TestCall chat(instance, kAsk);
  const TestRequest& sent = instance.host.last();
  check(sent.url == "https://lab.example.com/v1/chat/completions", "it goes to base_url");
  check(sent.header("x-region") == "north", "the region is a header");
  check(sent.body == R"({"model":"m","stream":true,"messages":[],"max_tokens":9})",
        "the limit of tokens has the name that this server knows");
  const TestCall models(instance, {.op = PRX_OP_MODELS, .flags = 0, .body = ""});
  check(instance.host.last().url == "https://lab.example.com/v1/models", "models are listed");
}

void reads_answers_cut_anywhere(const std::string& file, Checks& check) {
  TestInstance instance(file, kConfig);
  for (std::size_t piece = 1; piece <= kAnswer.size(); ++piece) {
    const TestCall chat(instance, kAsk);
    instance.host.answer({.body = kAnswer, .headers = kStream, .piece = piece});
    check(chat.text() == "Hello" && chat.done(), "the answer is read, however it is cut");
  }
  check(instance.host.breaches.empty(), "the contract is kept");
}

void makes_errors_of_what_is_no_answer(const std::string& file, Checks& check) {
  TestInstance instance(file, kConfig);
  const TestCall refused(instance, kAsk);
  instance.host.answer({.status = 401, .body = R"({"error":{"message":"who are you?"}})"});
  check(refused.error() && refused.error()->error_class == ErrorClass::kAuth, "401 is a wrong key");
  TestCall cancelled(instance, kAsk);
  cancelled.cancel();
  check(cancelled.error() && cancelled.error()->error_class == ErrorClass::kCancelled,
        "a cancel ends the call");
  const TestInstance wrong(file, R"({"base_url":"lab.example.com"})");
  check(wrong.refused.has_value(), "a base_url without http:// is refused");
  check(instance.host.breaches.empty(), "the contract is kept");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  Checks check;
  asks_the_server(arguments[1], check);
  reads_answers_cut_anywhere(arguments[1], check);
  makes_errors_of_what_is_no_answer(arguments[1], check);
  return check.exit_code();
}
