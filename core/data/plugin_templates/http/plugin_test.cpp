// The plugin as it was built, played with by a host in memory.
#include <string>

#include <prx/sdk/testing.hpp>

namespace {

using namespace prx::sdk::testing;
using prx::ErrorClass;

const std::string kConfig = R"({"base_url":"https://lab.example.com","region":"north"})";
const TestAsk kAsk{.body = R"({"model":"small","messages":[{"role":"user","content":"Hi"}]})"};
const std::string kAnswer =
    "data: {\"text\":\"Hel\"}\n\n"
    "data: {\"text\":\"lo\"}\n\n"
    "data: {\"stop\":\"end\",\"read\":7,\"written\":2}\n\n";

void asks_the_server(const std::string& file, Checks& check) {
  TestInstance instance(file, kConfig);
  const TestCall chat(instance, kAsk);
  const TestRequest& sent = instance.host.last();
  check(sent.url == "https://lab.example.com/generate", "the request goes to base_url");
  check(sent.header("x-region") == "north", "the region is a header");
  check(sent.key_header == "authorization", "the host is asked to add the key");
  check(sent.body == R"({"model":"small","turns":[{"role":"user","content":"Hi"}]})",
        "the body is written for this server");
}

void reads_answers_cut_anywhere(const std::string& file, Checks& check) {
  TestInstance instance(file, kConfig);
  for (std::size_t piece = 1; piece <= kAnswer.size(); ++piece) {
    const TestCall chat(instance, kAsk);
    instance.host.answer({.body = kAnswer, .piece = piece});
    check(chat.text() == "Hello" && chat.done(), "the answer is read, however it is cut");
    const auto usage = chat.first(PRX_EV_USAGE).usage;
    check(usage && usage->prompt_tokens == 7, "the tokens are counted");
  }
  const TestCall damaged(instance, kAsk);
  instance.host.answer({.body = "data: {\"text\":\"a\xff\"}\n\ndata: {\"stop\":\"\xff\"}\n\n"});
  check(damaged.text() == "a\ufffd" && damaged.done(), "what is no UTF-8 is marked");
  check(instance.host.breaches.empty(), "the contract is kept");
}

void makes_errors_of_what_is_no_answer(const std::string& file, Checks& check) {
  TestInstance instance(file, kConfig);
  const TestCall limited(instance, kAsk);
  instance.host.answer({.status = 429, .body = "slow down", .headers = {{"retry-after", "3"}}});
  const auto error = limited.error();
  check(error && error->error_class == ErrorClass::kRateLimit, "429 is a rate limit");
  check(error && error->retry_after == std::chrono::seconds(3), "its wait is told");
  const TestCall odd(instance, kAsk);
  const std::string words = std::string(499, 'x') + "\u00e9";  // 500 bytes end within the last one
  instance.host.answer(
      {.status = 500, .body = words, .headers = {{"retry-after", "99999999999999999999"}}});
  check(odd.error() && odd.error()->retry_after == std::chrono::hours(366 * 24),
        "a wait has an end");
  check(odd.error() && odd.error()->raw == std::string(499, 'x'),
        "its words are cut at a character");
  const TestCall failed(instance, kAsk);
  instance.host.answer({.body = "data: {\"text\":\"a\"}\n\ndata: {\"error\":\"it is gone\"}\n\n"});
  check(failed.error() && failed.error()->message == "it is gone",
        "an error may come in the middle");
  for (std::size_t size = 0; size + 1 < kAnswer.size(); ++size) {
    const TestCall cut(instance, kAsk);
    instance.host.answer({.body = std::string_view(kAnswer).substr(0, size)});
    check(cut.error().has_value(), "an answer that is cut is no answer");
  }
  TestCall cancelled(instance, kAsk);
  cancelled.cancel();
  check(cancelled.error() && cancelled.error()->error_class == ErrorClass::kCancelled,
        "a cancel ends the call");
  const TestCall models(instance, {.op = PRX_OP_MODELS});
  check(models.refused && models.refused->error_class == ErrorClass::kUnsupported,
        "what it cannot do is refused");
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
