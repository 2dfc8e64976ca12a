#include "plugins/plugin_driver.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "prx/sdk/abi.hpp"

namespace prx::test {

using sdk::str;
using sdk::view;

Module load(const std::string& file) {
  Module module;
  module.handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (module.handle == nullptr) throw std::runtime_error(dlerror());
  auto* const query =
      reinterpret_cast<const prx_plugin* (*)()>(dlsym(module.handle, PRX_QUERY_SYMBOL));
  if (query == nullptr) throw std::runtime_error(file + " has no " PRX_QUERY_SYMBOL);
  module.plugin = query();
  module.provider =
      static_cast<const prx_provider*>(module.plugin->interface_(str(PRX_PROVIDER_ID)));
  return module;
}

TestInstance::TestInstance(const Module& module, std::string_view config_json,
                           std::string_view kind)
    : module_(module) {
  sdk::FailCatcher init_reason;
  if (module.plugin->init(host.abi(), init_reason.abi(), &module_state_) != PRX_OK)
    throw std::runtime_error("init failed");
  sdk::FailCatcher reason;
  const std::int32_t status = module.provider->create(
      module_state_, host.abi(), str(kind.empty() ? view(module.plugin->id) : kind),
      str(config_json), reason.abi(), &instance_);
  if (status != PRX_OK) refused = reason.take(status);
}

TestInstance::~TestInstance() {
  host.join_workers();
  host.run();
  if (instance_ != nullptr) module_.provider->destroy(instance_);
  module_.plugin->deinit(module_state_);
}

std::string TestInstance::describe() const {
  std::string text;
  const prx_text_out out{sizeof out, 0, &text, [](void* ctx, prx_str piece) noexcept {
                           *static_cast<std::string*>(ctx) += view(piece);
                         }};
  module_.provider->describe(instance_, &out);
  return text;
}

namespace {

std::uint64_t next_op_id() {
  static std::uint64_t last = 100;
  return ++last;
}

Event copy_of(const prx_event& event) {
  Event copy;
  copy.type = event.type;
  copy.choice = event.choice;
  copy.index = event.index;
  copy.finish = event.finish;
  copy.text = view(event.text);
  copy.id = view(event.id);
  copy.name = view(event.name);
  copy.json = view(event.json);
  if (event.usage != nullptr) copy.usage = *event.usage;
  if (event.error != nullptr) copy.error = sdk::from_abi(*event.error);
  return copy;
}

}  // namespace

TestOp::TestOp(TestInstance& instance, Start start)
    : instance_(instance), start_(std::move(start)), op_id_(next_op_id()) {
  instance_.host.open_op(op_id_);
  prx_request request{};
  request.size = sizeof request;
  request.op = start_.op;
  request.flags = start_.flags;
  request.attempt = 1;
  request.op_id = op_id_;
  request.deadline_ns = INT64_MAX;
  // The model goes away with the call, as a host's may.
  const auto model = std::make_unique<std::string>(start_.model);
  request.model = str(*model);
  request.body = str(start_.body);
  request.idempotency_key = str(start_.idempotency_key);
  request.traceparent = str(start_.traceparent);
  const prx_sink sink{sizeof sink, 0, this, &TestOp::on_event};
  sdk::FailCatcher reason;
  const std::int32_t status =
      instance_.provider().start(instance_.instance(), &request, &sink, reason.abi(), &op_);
  starting_ = false;
  if (status != PRX_OK) refused = reason.take(status);
}

TestOp::~TestOp() {
  if (op_ != nullptr && !ended()) cancel();
  instance_.host.join_workers();
  instance_.host.run();
  instance_.host.close_op(op_id_);
  if (op_ != nullptr) instance_.provider().release(op_);
}

std::int32_t TestOp::on_event(void* self, const prx_event* event) noexcept {
  auto& op = *static_cast<TestOp*>(self);
  int count = 0;
  {
    const std::lock_guard lock(op.mutex_);
    op.events_.push_back(copy_of(*event));
    if (op.starting_) ++op.inside_start_;
    if (event->type >= PRX_EV_DONE) ++op.ends_;
    if (op.depth_++ > 0) ++op.nested_;
    count = static_cast<int>(op.events_.size());
  }
  if (count == op.cancel_at) op.cancel();
  if (op.event_hook) op.event_hook(*event);
  {
    const std::lock_guard lock(op.mutex_);
    --op.depth_;
  }
  return op.stop_at != 0 && count >= op.stop_at ? 1 : 0;
}

void TestOp::cancel() { instance_.provider().cancel(op_); }

std::vector<Event> TestOp::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

int TestOp::ends() const {
  const std::lock_guard lock(mutex_);
  return ends_;
}

int TestOp::inside_start() const {
  const std::lock_guard lock(mutex_);
  return inside_start_;
}

int TestOp::nested() const {
  const std::lock_guard lock(mutex_);
  return nested_;
}

bool TestOp::ended() const { return ends() > 0; }

std::optional<Error> TestOp::error() const {
  for (const Event& event : events())
    if (event.type == PRX_EV_ERROR) return event.error;
  return std::nullopt;
}

std::string TestOp::text() const {
  std::string text;
  for (const Event& event : events())
    if (event.type == PRX_EV_TEXT) text += event.text;
  return text;
}

namespace {

std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

std::string find_note(const char* at, const char* end) {
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(ElfW(Nhdr)))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, at, sizeof header);
    const char* const name = at + sizeof header;
    const char* const text = name + aligned(header.n_namesz);
    if (header.n_type == PRX_NOTE_TYPE && std::string_view(name) == PRX_NOTE_NAME)
      return {text, header.n_descsz};
    at = text + aligned(header.n_descsz);
  }
  return {};
}

}  // namespace

std::string note_of(const Module& module) {
  link_map* map = nullptr;
  if (dlinfo(module.handle, RTLD_DI_LINKMAP, &map) != 0) return {};
  std::pair<ElfW(Addr), std::string> search{map->l_addr, {}};
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* ctx) {
        auto& [base, note] = *static_cast<decltype(search)*>(ctx);
        if (info->dlpi_addr != base) return 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_NOTE || !note.empty()) continue;
          const auto* const start = reinterpret_cast<const char*>(base + segment.p_vaddr);
          note = find_note(start, start + segment.p_memsz);
        }
        return 1;
      },
      &search);
  return search.second;
}

}  // namespace prx::test
