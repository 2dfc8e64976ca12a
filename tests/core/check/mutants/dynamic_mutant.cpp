// The tables on their way through, and the operations with their events.
#include "dynamic_mutant.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

namespace mutant {
namespace {

const prx_plugin& honest() { return *prx_honest_query_v1(); }
const prx_provider& honest_provider() {
  return *static_cast<const prx_provider*>(honest().interface_(text(PRX_PROVIDER_ID)));
}

/// What a plugin must not have: state outside of its modules.
struct State {
  std::atomic<unsigned> epoch{0}, running{0}, described{0}, starts{0}, creates{0}, releases{0},
      holds{0}, hellos{0};
  prx_sink last_sink{};
  std::atomic<char*> leaked{nullptr};  ///< the last one, so that none is optimised away
};
State& state() {
  static State all;
  return all;
}

void ignore(void*) noexcept {}

/// Of a mutant that is slow: more than any rule asks for but those of endurance.
constexpr unsigned kQuickReleases = 400;

/// Of a mutant that holds the loop: enough to be seen, and no more than the limits of rules allow.
constexpr unsigned kHolds = 4;

prx_str key_of_environment() {
  const char* const key = std::getenv("MUTANT_API_KEY");
  return key == nullptr ? prx_str{} : text(key);
}

// --- events

void emit_error(Operation& operation, std::int32_t code, const char* message) {
  const prx_error error = error_of(code, message);
  prx_event event{};
  event.type = PRX_EV_ERROR;
  event.error = &error;
  emit(operation, event);
}

void emit_progress(const prx_sink& sink) {
  prx_event event{};
  event.size = sizeof event;
  event.type = PRX_EV_PROGRESS;
  event.text = text("on it");
  sink.event(sink.ctx, &event);
}

void* emit_on_thread(void* operation) {
  emit_progress(static_cast<Operation*>(operation)->sink);
  return nullptr;
}

void change_error(const Operation& operation, prx_error& error) {
  if (is(Wrong::message_of_two_lines) && operation.framed) error.message = text("two\nlines");
  if (is(Wrong::auth_is_invalid) && error.code == PRX_E_AUTH) error.code = PRX_E_INVALID_REQUEST;
  if (is(Wrong::status_is_lost)) error.http_status = 0;
  if (is(Wrong::cuts_raw_anywhere) && error.raw.len > 255) error.raw.len = 255;
  if (is(Wrong::wait_in_seconds) && error.retry_after_ms > 0) error.retry_after_ms /= 1000;
  if (is(Wrong::misreads_old_dates) && operation.date == 'o') error.retry_after_ms = 1'000;
  if (is(Wrong::waits_for_past_dates) && operation.date == 'p') error.retry_after_ms = 30'000;
  if (is(Wrong::unknown_status_is_a_bug) && operation.status == 350) error.code = PRX_E_INTERNAL;
  const bool of_transport = error.code == PRX_E_NETWORK || error.code == PRX_E_TIMEOUT;
  if (is(Wrong::phase_is_lost) && of_transport) error.phase = PRX_PHASE_NONE;
}

/// An error that becomes a success.
bool ends_well_instead(Operation& operation, const prx_error& error) {
  const bool credit =
      is(Wrong::credit_is_no_error) && error.code == PRX_E_CREDIT && operation.status == 200;
  const bool cut =
      is(Wrong::cut_is_success) && error.code == PRX_E_BAD_RESPONSE && operation.texts > 0;
  const bool no_content = is(Wrong::no_content_is_success) && operation.status == 204;
  if (!credit && !cut && !no_content) return false;
  prx_event event{};
  event.type = PRX_EV_FINISH;
  event.finish = PRX_FINISH_STOP;
  emit(operation, event);
  event.type = PRX_EV_DONE;
  emit(operation, event);
  return true;
}

bool take_error(Operation& operation, const prx_event& event) {
  prx_error error = prx::sdk::copy_of(*event.error);
  if (ends_well_instead(operation, error)) return true;
  change_error(operation, error);
  if (is(Wrong::malformed_is_a_bug) && error.code == PRX_E_BAD_RESPONSE && operation.texts > 0)
    error.code = PRX_E_INTERNAL;
  prx_event changed = event;
  changed.error = &error;
  emit(operation, changed);
  return true;
}

/// True when the event was told in another way.
bool take_instead(Operation& operation, const prx_event& event) {
  if (event.type == PRX_EV_ERROR) return take_error(operation, event);
  if (is(Wrong::finish_twice) && operation.framed && event.type == PRX_EV_FINISH)
    emit(operation, event);
  if (is(Wrong::done_twice) && operation.framed && event.type == PRX_EV_DONE)
    emit(operation, event);
  if (is(Wrong::health_fails) && event.type == PRX_EV_DONE && operation.op == PRX_OP_HEALTH) {
    emit_error(operation, PRX_E_BAD_RESPONSE, "not healthy");
    return true;
  }
  for (; operation.greetings > 1; --operation.greetings) {
    prx_event meta{};
    meta.type = PRX_EV_META;
    emit(operation, meta);
  }
  operation.greetings = 0;
  if (operation.framed && event.type == PRX_EV_FINISH) run_on_thread(emit_on_thread, &operation);
  if (is(Wrong::empty_text) && operation.framed && event.type == PRX_EV_TEXT) {
    prx_event empty = event;
    empty.text.len = 0;
    emit(operation, empty);
  }
  return false;
}

void change(const Operation& operation, prx_event& event, prx_usage& usage) {
  if (is(Wrong::key_in_an_id) && operation.framed && event.type == PRX_EV_META)
    event.id = key_of_environment();
  if (operation.latin_1 && event.type == PRX_EV_TEXT) event.text = text("caf\xe9");
  if (operation.misheard && event.type == PRX_EV_TEXT) event.text = text("What?");
  if (is(Wrong::frame_unasked) && event.type == PRX_EV_TEXT) event.frame = text("data: x");
  if (!operation.framed) return;
  if (is(Wrong::tool_call_from_one) && event.type == PRX_EV_TOOL_CALL) ++event.index;
  if (is(Wrong::flags_of_its_own)) event.flags |= 0x80;
  if (is(Wrong::negative_usage) && event.type == PRX_EV_USAGE) {
    usage = prx::sdk::copy_of(*event.usage);
    usage.prompt_tokens = -5;
    event.usage = &usage;
  }
}

std::int32_t on_event(void* ctx, const prx_event* event) noexcept {
  Operation& operation = *static_cast<Operation*>(ctx);
  const Current here(&operation);
  if (event->type == PRX_EV_TEXT) ++operation.texts;
  prx_event changed = prx::sdk::copy_of(*event);
  prx_usage usage{};
  change(operation, changed, usage);
  const std::int32_t wanted = take_instead(operation, changed) ? 0 : emit(operation, changed);
  return is(Wrong::sink_is_ignored) || operation.deaf ? 0 : wanted;
}

// --- operations

void say_done(void* ctx) noexcept {
  prx_event done{};
  done.type = PRX_EV_DONE;
  emit(*static_cast<Operation*>(ctx), done);
}

/// A warmup that leaves all to a task of its own, and does not look whether the host took that.
bool waits_for_a_task(Operation& operation, const prx_request& request) {
  const HostOfInstance& host = operation.instance->host;
  const prx_exec* const exec = host.exec();
  if (request.op != PRX_OP_WARMUP || exec == nullptr) return false;
  if (is(Wrong::waits_for_a_refused_worker))
    exec->spawn(host.real, operation.id, &say_done, &operation);
  if (is(Wrong::waits_for_a_refused_timer))
    exec->timer(host.real, operation.id, 0, &say_done, &operation);
  if (is(Wrong::waits_for_a_refused_post))
    exec->post(host.real, operation.id, &say_done, &operation);
  return is(Wrong::waits_for_a_refused_worker) || is(Wrong::waits_for_a_refused_timer) ||
         is(Wrong::waits_for_a_refused_post);
}

void say_hello(void* ctx) noexcept {
  auto& operation = *static_cast<Operation*>(ctx);
  prx_event event{};
  event.type = PRX_EV_TEXT;
  char words[48] = "Hello from here.";
  if (is(Wrong::chats_at_random))
    std::snprintf(words, sizeof words, "Hello number %u.", ++state().hellos);
  event.text = text(words);
  emit(operation, event);
  event = {};
  event.type = PRX_EV_FINISH;
  event.finish = PRX_FINISH_STOP;
  emit(operation, event);
  say_done(ctx);
}

/// A plugin whose chats need no server, and everything else does.
std::int32_t chat_in_process(Operation& operation, const prx_fail* fail) {
  const HostOfInstance& host = operation.instance->host;
  const prx_exec* const exec = host.exec();
  if (exec == nullptr || exec->timer(host.real, operation.id, 0, &say_hello, &operation) == 0)
    return refuse(fail, PRX_E_OVERLOADED, "the host has no timer");
  return PRX_OK;
}

/// What the request alone makes go wrong.
std::int32_t refused(const prx_request& request) {
  if (is(Wrong::refuses_every_operation))
    return request.op < PRX_OP_CHAT || request.op > PRX_OP_CALL ? PRX_E_UNSUPPORTED
                                                                : PRX_E_INVALID_REQUEST;
  if (is(Wrong::health_is_refused) && request.op == PRX_OP_HEALTH) return PRX_E_UNSUPPORTED;
  const std::uint32_t known = PRX_RF_STREAM | PRX_RF_WANT_FRAME;
  if (is(Wrong::unknown_flag_is_refused) && (request.flags & ~known) != 0)
    return PRX_E_INVALID_REQUEST;
  if (is(Wrong::odd_body_is_a_bug) && view(request.body) == "[]") return PRX_E_INTERNAL;
  if (is(Wrong::crowd_is_refused) && state().running > 20) return PRX_E_OVERLOADED;
  return PRX_OK;
}

void timer_from_worker(void* ctx) noexcept {
  const Operation& operation = *static_cast<Operation*>(ctx);
  const HostOfInstance& host = operation.instance->host;
  host.exec()->timer(host.real, operation.id, 0, &ignore, nullptr);
}

/// What goes wrong with services when an operation starts.
void misuse_services(Operation& operation, const prx_request& request) {
  const HostOfInstance& host = operation.instance->host;
  if (is(Wrong::logs_the_prompt))
    if (const auto* const log =
            static_cast<const prx_log*>(host.real->service(host.real, text(PRX_LOG_ID))))
      log->write(host.real, PRX_LOG_DEBUG, request.body);
  if (is(Wrong::needs_the_log))
    static_cast<const prx_log*>(host.real->service(host.real, text(PRX_LOG_ID)))
        ->write(host.real, PRX_LOG_INFO, text("started"));
  if (is(Wrong::names_another_operation) && operation.framed)
    host.exec()->post(host.real, operation.id + 1'000, &ignore, nullptr);
  if (is(Wrong::timer_from_a_worker) && operation.framed)
    host.exec()->spawn(host.real, operation.id, &timer_from_worker, &operation);
  if (is(Wrong::logs_no_text) && operation.framed) {
    const auto* const log =
        static_cast<const prx_log*>(host.real->service(host.real, text(PRX_LOG_ID)));
    if (log != nullptr) log->write(host.real, PRX_LOG_INFO, text("\xff"));
  }
}

void misread(const prx_request& request) {
  if (is(Wrong::reads_a_terminator) && request.model.len > 0) {
    const volatile char behind = request.model.ptr[request.model.len];
    static_cast<void>(behind);
  }
  if (is(Wrong::copies_by_size)) {
    unsigned char copy[512];
    std::memcpy(copy, &request, request.size < sizeof copy ? request.size : sizeof copy);
    const volatile unsigned char last = copy[sizeof request];
    static_cast<void>(last);
  }
}

std::int32_t start_honest(Operation& operation, prx_request request, const prx_fail* fail) {
  if (is(Wrong::unknown_operation_chats) && request.op > PRX_OP_CALL) request.op = PRX_OP_CHAT;
  const prx_sink between{sizeof between, 0, &operation, &on_event};
  return honest_provider().start(operation.instance->honest, &request, &between, fail,
                                 &operation.honest);
}

void begin(Operation& operation, const prx_request& request, const prx_sink& sink) {
  operation.sink = prx::sdk::copy_of(sink);
  operation.id = request.op_id;
  operation.op = request.op;
  operation.borrowed = request.model;
  if (is(Wrong::event_after_release) && state().last_sink.event != nullptr)
    emit_progress(std::exchange(state().last_sink, prx_sink{}));
  operation.framed = (request.flags & PRX_RF_WANT_FRAME) != 0;
  const bool is_place = operation.framed && request.op == PRX_OP_WARMUP;
  if (is(Wrong::event_inside_start) && is_place) emit_progress(operation.sink);
  if (is(Wrong::first_start_sleeps) && state().starts++ == 0) usleep(200'000);
  if (is(Wrong::start_sleeps) && request.op == PRX_OP_MODELS && state().starts++ < 8)
    usleep(150'000);
}

std::int32_t start(void* instance, const prx_request* asked, const prx_sink* sink,
                   const prx_fail* fail, void** out) noexcept {
  auto& of = *static_cast<Instance*>(instance);
  const prx_request request = prx::sdk::copy_of(*asked);
  if (const std::int32_t code = refused(request); code != PRX_OK)
    return refuse(fail, code, "the mutant does not like it");
  if (is(Wrong::modules_share_state) && of.epoch != state().epoch)
    return refuse(fail, PRX_E_INTERNAL, "another module took the state with it");
  auto operation = std::make_unique<Operation>();
  operation->instance = &of;
  misread(*asked);
  begin(*operation, request, *sink);
  const Current here(operation.get());
  const bool silent = is(Wrong::unnamed_operation_never_ends) && request.op == PRX_OP_ACCOUNT;
  if ((is(Wrong::chats_in_process) || is(Wrong::chats_at_random)) && request.op == PRX_OP_CHAT) {
    if (const std::int32_t status = chat_in_process(*operation, fail); status != PRX_OK)
      return status;
  } else if (!silent && !waits_for_a_task(*operation, request)) {
    const prx_fail nobody{sizeof nobody, 0, nullptr, [](void*, const prx_error*) noexcept {}};
    const std::int32_t status =
        start_honest(*operation, request, is(Wrong::start_fails_silently) ? &nobody : fail);
    if (status != PRX_OK) return status;
  }
  if ((is(Wrong::gives_no_operation) || is(Wrong::gives_null)) && operation->framed &&
      request.op == PRX_OP_WARMUP) {
    operation->ended = true;  // what it says is not passed on
    honest_provider().cancel(operation->honest);
    honest_provider().release(operation->honest);
    if (is(Wrong::gives_null)) *out = nullptr;
    return PRX_OK;
  }
  misuse_services(*operation, request);
  ++state().running;
  *out = operation.release();
  return PRX_OK;
}

bool is_deaf(const Operation& operation) {
  if (is(Wrong::deaf_before_the_first_event)) return operation.events == 0;
  if (is(Wrong::deaf_after_an_event)) return operation.depth == 0 && operation.events >= 5;
  return is(Wrong::deaf_inside_an_event) && operation.depth > 0;
}

void cancel(void* op) noexcept {
  auto& operation = *static_cast<Operation*>(op);
  const Current here(&operation);
  const bool is_late = operation.ended;
  ++operation.cancels;
  if (is(Wrong::cancel_sleeps) && operation.op == PRX_OP_MODELS && state().holds++ < kHolds)
    usleep(300'000);
  if (is_deaf(operation) && !is_late) {
    operation.deaf = true;
    return;
  }
  const bool speaks = (is(Wrong::second_cancel_speaks) && operation.cancels == 2) ||
                      (is(Wrong::late_cancel_speaks) && operation.cancels == 1 && is_late &&
                       operation.texts > 0 && operation.depth == 0) ||
                      (is(Wrong::events_overlap) && operation.depth > 0 && !is_late);
  if (speaks) emit_error(operation, PRX_E_CANCELLED, "cancelled");
  if (operation.honest != nullptr) honest_provider().cancel(operation.honest);
}

void release(void* op) noexcept {
  const std::unique_ptr<Operation> last(static_cast<Operation*>(op));
  const Current here(last.get());
  last->ended = true;
  if (last->honest != nullptr) honest_provider().release(last->honest);
  --state().running;
  if (is(Wrong::keeps_what_was_borrowed) && last->borrowed.len > 0) {
    const volatile char kept = last->borrowed.ptr[0];
    static_cast<void>(kept);
  }
  if (is(Wrong::event_after_release)) state().last_sink = last->sink;
  if (is(Wrong::leaks_operations) || is(Wrong::leaks_slowly)) state().leaked = new char[32]();
  if (is(Wrong::leaks_slowly) && ++state().releases > kQuickReleases) usleep(120'000);
}

// --- instances

void touch_process() {
  set_a_variable();
  handle_a_signal();
  leave_a_thread();
  start_a_process();
  open_a_socket();
  if (is(Wrong::opens_a_file)) static_cast<void>(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (is(Wrong::prints)) std::puts("hello");
}

bool is_odd(std::string_view config) { return config.find("unknown_key") != config.npos; }

std::int32_t create(void* module, const prx_host* host, prx_str kind, prx_str config,
                    const prx_fail* fail, void** out) noexcept {
  const bool is_first = state().creates++ == 0;
  if (is(Wrong::odd_configuration_is_a_bug) && is_odd(view(config)))
    return refuse(fail, PRX_E_INTERNAL, "what is that");
  if (is(Wrong::second_kind_is_refused) && view(kind) == "mutant-two")
    return refuse(fail, PRX_E_UNSUPPORTED, "there is one kind");
  if (is(Wrong::create_sleeps) && is_first) usleep(1'100'000);
  auto instance =
      std::make_unique<Instance>(Instance{HostOfInstance(host), nullptr, state().epoch});
  if (const prx_exec* const exec = instance->host.exec();
      is(Wrong::create_posts) && exec != nullptr)
    exec->post(host, 1, &ignore, nullptr);
  const prx_fail nobody{sizeof nobody, 0, nullptr, [](void*, const prx_error*) noexcept {}};
  const std::int32_t status = honest_provider().create(
      module, &instance->host.abi, kind, config, is(Wrong::create_fails_silently) ? &nobody : fail,
      &instance->honest);
  if (status != PRX_OK) return status;
  touch_process();
  *out = instance.release();
  return PRX_OK;
}

void destroy(void* instance) noexcept {
  const std::unique_ptr<Instance> last(static_cast<Instance*>(instance));
  honest_provider().destroy(last->honest);
  state().last_sink = {};
  if (!is(Wrong::leaks_instances)) return;
  char* volatile leaked = new char[256]();  // a compiler leaves out what nobody can see
  static_cast<void>(leaked);
}

void describe(void* instance, const prx_text_out* out) noexcept {
  if (is(Wrong::describes_an_array)) return out->write(out->ctx, text("[]"));
  if (is(Wrong::describes_another_value))
    return out->write(out->ctx, text(R"({"stream":true,"tools":false})"));
  if (is(Wrong::describes_its_key)) {
    out->write(out->ctx, text(R"({"stream":true,"who":")"));
    out->write(out->ctx, key_of_environment());
    return out->write(out->ctx, text("\"}"));
  }
  if (is(Wrong::describes_each_time_more)) {
    char counted[32];
    std::snprintf(counted, sizeof counted, "{\"n\":%u}", ++state().described);
    return out->write(out->ctx, text(counted));
  }
  honest_provider().describe(static_cast<Instance*>(instance)->honest, out);
}

// --- tables

std::int32_t init(const prx_host* host, const prx_fail* fail, void** module) noexcept {
  return honest().init(host, fail, module);
}
void deinit(void* module) noexcept {
  ++state().epoch;
  honest().deinit(module);
}

const void* interface_of(prx_str id) noexcept {
  static const prx_provider kProvider{sizeof(prx_provider),
                                      is(Wrong::table_is_not_zero) ? 1u : 0u,
                                      &create,
                                      &destroy,
                                      &describe,
                                      &start,
                                      &cancel,
                                      &release};
  const bool begins = is(Wrong::interface_by_prefix) && view(id).starts_with("prx.provider");
  return begins || view(id) == PRX_PROVIDER_ID ? &kProvider : nullptr;
}

}  // namespace

Operation*& current() {
  thread_local Operation* of_this_thread = nullptr;
  return of_this_thread;
}

prx_error error_of(std::int32_t code, const char* message) {
  prx_error error{};
  error.size = sizeof error;
  error.code = code;
  error.retryable = -1;
  error.retry_after_ms = -1;
  error.message = text(message);
  return error;
}

std::int32_t refuse(const prx_fail* fail, std::int32_t code, const char* message) {
  const prx_error error = error_of(code, message);
  fail->set(fail->ctx, &error);
  return code;
}

std::int32_t emit(Operation& operation, prx_event event) {
  const bool is_end = event.type >= PRX_EV_DONE;
  const bool speaks_up =
      is(Wrong::done_twice) || is(Wrong::second_cancel_speaks) || is(Wrong::late_cancel_speaks);
  if (operation.ended && !speaks_up) return 1;
  event.size = sizeof event;
  ++operation.events;
  if (is_end) operation.ended = true;
  if (is_end) operation.ended_well = event.type == PRX_EV_DONE;
  ++operation.depth;
  const std::int32_t wanted = operation.sink.event(operation.sink.ctx, &event);
  --operation.depth;
  return wanted;
}

}  // namespace mutant

extern "C" PRX_EXPORT const prx_plugin* prx_plugin_query_v1(void) noexcept {
  using mutant::is;
  using mutant::Wrong;
  static constexpr prx_str kId{"mutant", 6}, kVersion{"1.0.0", 5}, kOther{"9.9.9", 5};
  static const prx_plugin kPlugin{sizeof(prx_plugin),
                                  PRX_ABI_MAJOR,
                                  PRX_ABI_MINOR,
                                  0,
                                  kId,
                                  is(Wrong::version_is_another) ? kOther : kVersion,
                                  &mutant::init,
                                  &mutant::deinit,
                                  &mutant::interface_of};
  static const prx_plugin kTwin = kPlugin;
  static bool asked = false;
  if (is(Wrong::query_asks_the_system)) static_cast<void>(getppid());
  if (is(Wrong::query_has_two_tables) && (asked = !asked)) return &kTwin;
  return &kPlugin;
}
