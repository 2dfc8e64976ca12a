// The plugin as it was built, played with by a host in memory. Its clock moves when we say so.
#include <chrono>
#include <string>

#include <prx/sdk/testing.hpp>

namespace {

using namespace prx::sdk::testing;
using namespace std::chrono_literals;
using prx::ErrorClass;

const std::string kConfig = R"({"text":"one two three","pause_ms":5})";

void says_its_text(const std::string& file, Checks& check) {
  TestInstance instance(file, kConfig);
  const TestCall chat(instance);
  check(chat.events.empty(), "nothing is said from inside start()");
  instance.host.run();
  check(chat.text() == "one", "the first word comes at once");
  instance.host.advance(5ms);
  check(chat.text() == "one two", "the next one after the pause");
  instance.host.advance(1s);
  check(chat.text() == "one two three" && chat.done(), "and then all of them");
  check(instance.host.breaches.empty(), "the contract is kept");
}

void ends_when_it_should(const std::string& file, Checks& check) {
  TestInstance instance(file, kConfig);
  TestCall chat(instance);
  instance.host.run();
  chat.cancel();
  instance.host.advance(1s);
  check(chat.text() == "one", "nothing is said after a cancel");
  check(chat.error() && chat.error()->error_class == ErrorClass::kCancelled, "it ends the call");
  const TestCall models(instance, {.op = PRX_OP_MODELS});
  instance.host.run();
  check(models.error() && models.error()->error_class == ErrorClass::kUnsupported,
        "what it cannot do is refused");
  check(instance.host.breaches.empty(), "the contract is kept");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  Checks check;
  says_its_text(arguments[1], check);
  ends_when_it_should(arguments[1], check);
  return check.exit_code();
}
