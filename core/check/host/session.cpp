#include "check/host/session.hpp"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "check/host/fail_judge.hpp"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {

using sdk::str;
using sdk::view;

Result<Loaded> map_plugin(const Subject& subject) {
  const std::string& key_env = subject.note.key_env;
  if (!key_env.empty()) setenv(key_env.c_str(), std::string(kKey).c_str(), 1);
  void* const handle = dlopen(subject.file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) return fail(ErrorClass::kInternal, dlerror());
  Loaded loaded;
  loaded.query = reinterpret_cast<const prx_plugin* (*)()>(dlsym(handle, PRX_QUERY_SYMBOL));
  if (loaded.query == nullptr)
    return fail(ErrorClass::kInternal, "it does not export " PRX_QUERY_SYMBOL);
  return loaded;
}

Result<Loaded> load_for_check(const Subject& subject) {
  auto loaded = map_plugin(subject);
  if (!loaded) return loaded;
  loaded->plugin = loaded->query();
  if (!sdk::is_whole(loaded->plugin) || loaded->plugin->interface_ == nullptr)
    return fail(ErrorClass::kInternal, PRX_QUERY_SYMBOL " returned no whole prx_plugin");
  loaded->provider =
      static_cast<const prx_provider*>(loaded->plugin->interface_(str(PRX_PROVIDER_ID)));
  if (!sdk::is_whole(loaded->provider))
    return fail(ErrorClass::kInternal, "interface_ returned no whole " PRX_PROVIDER_ID);
  return loaded;
}

Session::Session(const Subject& subject, const SessionOptions& options)
    : world_(subject, options.lending),
      loop_(world_.clock),
      module_host_(world_, options.missing),
      host_(world_, options.missing) {
  auto loaded = load_for_check(subject);
  if (!loaded) {
    problem_ = loaded.error().message;
    return;
  }
  loaded_ = *loaded;
  world_.newer_plugin = loaded_.plugin->abi_minor > PRX_ABI_MINOR;
  open(options);
}

void Session::open(const SessionOptions& options) {
  Lender lender(world_.lending);
  module_host_.set_creating(true);
  host_.set_creating(true);
  FailJudge init_fail(world_.breaches, "init");
  const prx_fail init_reason = init_fail.abi();
  module_ = unset_pointer();
  const std::int32_t made =
      loaded_.plugin->init(module_host_.abi(), lender.lend(init_reason), &module_);
  init_fail.judge(made);
  has_module_ = made == PRX_OK;
  if (!has_module_) {
    problem_ = "init failed: " + init_fail.reason()->message;
    return;
  }
  if (module_ == unset_pointer())
    world_.breaches.add(Breach::kOutParameter, "init returned PRX_OK and gave no module");
  const Subject& subject = world_.subject;
  const std::string kind = !options.kind.empty()        ? options.kind
                           : subject.note.kinds.empty() ? std::string()
                                                        : subject.note.kinds.front();
  const std::string config = options.config_json.value_or(subject.config_json);
  FailJudge fail(world_.breaches, "create");
  const prx_fail reason = fail.abi();
  void* instance = unset_pointer();
  const std::int32_t status = loaded_.provider->create(
      module_, host_.abi(), lender.lend_text(std::string_view(kind)),
      lender.lend_text(std::string_view(config)), lender.lend(reason), &instance);
  fail.judge(status);
  host_.set_creating(false);
  refused_ = fail.reason();
  if (refused_) {
    problem_ = "create failed: " + refused_->message;
  } else if (instance == unset_pointer()) {
    world_.breaches.add(Breach::kOutParameter, "create returned PRX_OK and gave no instance");
    problem_ = "create returned PRX_OK and gave no instance";
  } else {
    instance_ = instance;
    if (instance_ == nullptr) problem_ = "create returned PRX_OK and the instance NULL";
  }
}

Session::~Session() {
  if (instance_ != nullptr) loaded_.provider->destroy(instance_);
  if (has_module_) loaded_.plugin->deinit(module_);
}

std::unique_ptr<Call> Session::call(CallSpec spec, Script script) {
  host_.server = [script = std::move(script)](const Sent&) { return script; };
  return std::make_unique<Call>(host_, loop_, provider(), std::move(spec));
}

CallOutcome Session::run(CallSpec spec, Script script) {
  const auto one = call(std::move(spec), std::move(script));
  if (one->start(instance_) && one->run()) one->release();
  return one->outcome();
}

std::string Session::describe() {
  std::string text;
  const prx_text_out out{sizeof out, 0, &text, [](void* ctx, prx_str piece) noexcept {
                           *static_cast<std::string*>(ctx) += view(piece);
                         }};
  Lender lender(world_.lending);
  provider().describe(instance_, lender.lend(out));
  if (holds_key(text)) world_.breaches.add(Breach::kSecret, "the key is in what describe writes");
  return text;
}

std::uint32_t operation_code(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kCodes = {
      {{"chat", PRX_OP_CHAT},
       {"models", PRX_OP_MODELS},
       {"health", PRX_OP_HEALTH},
       {"warmup", PRX_OP_WARMUP},
       {"account", PRX_OP_ACCOUNT},
       {"call", PRX_OP_CALL}}};
  for (const auto& [known, code] : kCodes)
    if (known == name) return code;
  return 0;
}

CallSpec spec_for(const Subject& subject, std::string_view operation, bool stream) {
  CallSpec spec;
  spec.op = operation_code(operation);
  if (operation == "call") {
    spec.model = "/embeddings";
    spec.body = R"({"input":"Hello"})";
  }
  if (operation != "chat") return spec;
  spec.model = subject.model;
  spec.body = subject.request_json;
  if (stream) spec.flags = PRX_RF_STREAM;
  if (const auto index = json::ObjectIndex::parse(subject.request_json); index)
    spec.body = json::ObjectEdit(*index).set("stream", stream ? "true" : "false").str();
  return spec;
}

}  // namespace prx::check
