// Models, health and warm-up.
#include <string>

#include "plugin_test.hpp"

namespace anthropic::test {
namespace {

using namespace prx::sdk::testing;
using prx::ErrorClass;

const TestAsk kModels{.op = PRX_OP_MODELS, .flags = 0, .body = ""};

std::string page(const std::string& id, bool more) {
  return R"({"data":[{"type":"model","id":")" + id + R"(","display_name":"A"},{"type":"other"}],)" +
         R"("has_more":)" + (more ? "true" : "false") + R"(,"first_id":"a","last_id":")" + id +
         "\"}";
}

void reads_every_page(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall models(instance, kModels);
  bench.check(instance.host.last().url == "https://api.anthropic.com/v1/models?limit=1000",
              "the first page");
  instance.host.answer({.body = page("claude-a", true), .piece = 5});
  bench.check(!models.ended() && instance.host.last().url.ends_with("&after_id=claude-a"),
              "the next one");
  instance.host.answer({.body = page("claude-b", false)});
  bench.check(models.done() && models.events.size() == 3 && models.events[1].id == "claude-b" &&
                  models.events[1].json == R"({"type":"model","id":"claude-b","display_name":"A"})",
              "a model is what the server says of it");
  bench.check(instance.host.breaches.empty(), "the contract is kept");
}

void ends_lists_that_do_not(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall same(instance, kModels);
  instance.host.answer({.body = page("claude-a", true)});
  instance.host.answer({.body = page("claude-a", true)});
  bench.check(error_of(same).error_class == ErrorClass::kBadResponse, "the same page twice");
  const TestCall many(instance, kModels);
  for (int i = 0; i < 8; ++i)
    instance.host.answer({.body = page("claude-" + std::to_string(i), true)});
  bench.check(error_of(many).error_class == ErrorClass::kBadResponse, "eight pages");
}

void types_their_failures(const Bench& bench) {
  TestInstance instance(bench.file);
  for (const std::uint32_t op : {PRX_OP_MODELS, PRX_OP_HEALTH, PRX_OP_WARMUP}) {
    const TestCall good(instance, {.op = op, .flags = 0, .body = ""});
    instance.host.answer({.body = page("claude-a", false)});
    bench.check(good.done(), "a list of models is good");
    const TestCall refused(instance, {.op = op, .flags = 0, .body = ""});
    instance.host.answer({.status = 401});
    bench.check(error_of(refused).error_class == ErrorClass::kAuth, "401");
    const TestCall other(instance, {.op = op, .flags = 0, .body = ""});
    instance.host.answer({.body = "<html>"});
    bench.check(error_of(other).error_class == ErrorClass::kBadResponse,
                "a page of another server");
  }
  const TestCall health(instance, {.op = PRX_OP_HEALTH, .flags = 0, .body = ""});
  bench.check(instance.host.last().url.ends_with("/v1/models?limit=1"), "health asks for little");
  const TestCall account(instance, {.op = PRX_OP_ACCOUNT, .flags = 0, .body = ""});
  bench.check(account.refused && account.refused->error_class == ErrorClass::kUnsupported,
              "what it cannot do is refused");
}

}  // namespace

void check_lists(const Bench& bench) {
  reads_every_page(bench);
  ends_lists_that_do_not(bench);
  types_their_failures(bench);
}

}  // namespace anthropic::test
