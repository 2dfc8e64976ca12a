#include "check/host/host.hpp"

#include <strings.h>

#include <algorithm>
#include <array>

#include "check/host/call.hpp"
#include "check/host/event_judge.hpp"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {

using sdk::view;

namespace {

constexpr std::size_t kHeadersMax = 64;

bool is_token(std::string_view text) {
  const auto is_token_byte = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_byte);
}

bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

/// "https://host:port" in lower case, or "" when the URL is not absolute, or not http(s).
std::string origin_of(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!url.starts_with(scheme)) continue;
    const std::size_t end = std::min(url.find_first_of("/?#", scheme.size()), url.size());
    std::string origin(url.substr(0, end));
    std::transform(origin.begin(), origin.end(), origin.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const std::string_view port = scheme == "https://" ? ":443" : ":80";
    if (origin.ends_with(port)) origin.resize(origin.size() - port.size());
    return origin.size() > scheme.size() ? origin : "";
  }
  return "";
}

/// Headers by which services take keys.
bool is_key_header(std::string_view name) {
  static constexpr std::array<const char*, 5> kNames = {"authorization", "proxy-authorization",
                                                        "x-api-key", "api-key", "x-goog-api-key"};
  const std::string text(name);
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](const char* key) { return strcasecmp(key, text.c_str()) == 0; });
}

}  // namespace

std::int32_t refuse(const prx_fail* fail, ErrorClass error_class, const char* why) {
  Error error;
  error.error_class = error_class;
  error.message = why;
  sdk::report(fail, sdk::to_abi(error));
  return static_cast<std::int32_t>(error_class);
}

struct Host::Services {
  static Host& self(const prx_host* host) { return *static_cast<Host*>(host->ctx); }

  static const void* find(const prx_host* host, prx_str id) noexcept {
    const Host& of = self(host);
    if (of.missing_.count(std::string(view(id))) > 0) return nullptr;
    if (view(id) == PRX_LOG_ID) return of.log_;
    if (view(id) == PRX_HTTP_ID) return of.http_;
    if (view(id) == PRX_EXEC_ID) return of.exec_;
    if (view(id) == PRX_SECRET_ID && of.world_.subject.note.signs) return of.secret_;
    return nullptr;
  }

  /// The operation, when it may be spoken for on this thread.
  static Call* on_loop(Host& host, std::uint64_t op_id, const char* what) {
    Call* const call = host.find(op_id, what);
    if (call == nullptr || here().loop == &call->loop()) return call;
    host.world_.breaches.add(Breach::kServiceThread,
                             std::string(what) + " was called off the operation's loop");
    return nullptr;
  }
  /// The same by the id of an exchange or a timer: unknown ones are nobody's fault.
  static Call* by_sub_id(Host& host, std::uint64_t id, const char* what) {
    {
      const std::lock_guard lock(host.mutex_);
      if (host.calls_.count(id >> 16) == 0) return nullptr;
    }
    return on_loop(host, id >> 16, what);
  }

  static std::int32_t enabled(const prx_host*, std::int32_t) noexcept { return 1; }
  static void write(const prx_host* host, std::int32_t level, prx_str line) noexcept {
    const World& world = self(host).world_;
    Breaches& breaches = self(host).world_.breaches;
    if (level < PRX_LOG_TRACE || level > PRX_LOG_ERROR)
      breaches.add(Breach::kLog, "the level of a line is " + std::to_string(level));
    if (!json::is_utf8(view(line)))
      breaches.add(Breach::kLog, "a line is not UTF-8: " + quoted_part(view(line)));
    if (holds_key(view(line))) breaches.add(Breach::kSecret, "the key is in a line of the log");
    for (const std::string& words : world.private_words)
      if (view(line).find(words) != std::string_view::npos)
        breaches.add(Breach::kPrivate, "a line of the log has " + quoted_part(words));
  }

  static std::int32_t send(const prx_host* host, const prx_http_req* request,
                           const prx_http_sink* sink, const prx_fail* fail,
                           std::uint64_t* id) noexcept {
    Host& of = self(host);
    const bool complete = sdk::is_whole(request) && sdk::is_whole(sink) && sink->head != nullptr &&
                          sink->data != nullptr && sink->end != nullptr && id != nullptr;
    if (!complete) {
      of.world_.breaches.add(Breach::kServiceArguments,
                             "send: a struct is too small, or a function "
                             "of the sink or the id is missing");
      return refuse(fail, ErrorClass::kInvalidRequest, "incomplete arguments");
    }
    Call* const call = on_loop(of, request->op_id, "send");
    if (call == nullptr) return refuse(fail, ErrorClass::kInvalidRequest, "no such operation here");
    of.see_request(*request);
    if (request->header_count > kHeadersMax || origin_of(view(request->url)).empty())
      return refuse(fail, ErrorClass::kInvalidRequest, "this is no request");
    if (!of.may_reach(view(request->url)))
      return refuse(fail, ErrorClass::kPermission, "not a host of this plugin");
    return call->send(*request, sdk::copy_of(*sink), fail, id);
  }
  static void cancel(const prx_host* host, std::uint64_t id) noexcept {
    if (Call* const call = by_sub_id(self(host), id, "cancel")) call->cancel_exchange(id);
  }

  static std::int64_t now_ns(const prx_host* host) noexcept {
    return self(host).world_.clock.now_ns();
  }
  static bool has_task(Host& host, prx_task task, const char* what) {
    if (task != nullptr) return true;
    host.world_.breaches.add(Breach::kServiceArguments, std::string(what) + ": the task is NULL");
    return false;
  }
  static std::int32_t post(const prx_host* host, std::uint64_t op_id, prx_task task,
                           void* ctx) noexcept {
    Host& of = self(host);
    return has_task(of, task, "post") ? of.post(op_id, task, ctx) : PRX_E_INVALID_REQUEST;
  }
  static std::int32_t spawn(const prx_host* host, std::uint64_t op_id, prx_task task,
                            void* ctx) noexcept {
    Host& of = self(host);
    Call* const call = has_task(of, task, "spawn") ? on_loop(of, op_id, "spawn") : nullptr;
    if (call == nullptr) return PRX_E_INVALID_REQUEST;
    return call->spawn(task, ctx) ? PRX_OK : PRX_E_OVERLOADED;
  }
  static std::uint64_t timer(const prx_host* host, std::uint64_t op_id, std::int64_t delay_ms,
                             prx_task task, void* ctx) noexcept {
    Host& of = self(host);
    if (delay_ms < 0)
      of.world_.breaches.add(Breach::kServiceArguments,
                             "timer: the delay is " + std::to_string(delay_ms) + " ms");
    Call* const call = has_task(of, task, "timer") ? on_loop(of, op_id, "timer") : nullptr;
    return call == nullptr || delay_ms < 0 ? 0 : call->timer(delay_ms, task, ctx);
  }
  static void timer_cancel(const prx_host* host, std::uint64_t id) noexcept {
    if (Call* const call = by_sub_id(self(host), id, "timer_cancel")) call->cancel_timer(id);
  }

  static std::int32_t get(const prx_host* host, std::uint64_t op_id,
                          const prx_text_out* out) noexcept {
    Host& of = self(host);
    if (of.find(op_id, "prx.secret/1 get") == nullptr || !sdk::is_whole(out))
      return PRX_E_INVALID_REQUEST;
    out->write(out->ctx, sdk::str(kKey));
    return PRX_OK;
  }

  static constexpr prx_log kLog{sizeof(prx_log), 0, &enabled, &write};
  static constexpr prx_http kHttp{sizeof(prx_http), 0, &send, &cancel};
  static constexpr prx_exec kExec{sizeof(prx_exec), 0,      &now_ns,      &post,
                                  &spawn,           &timer, &timer_cancel};
  static constexpr prx_secret kSecret{sizeof(prx_secret), 0, &get};
};

Host::Host(World& world, std::set<std::string> missing)
    : world_(world), missing_(std::move(missing)), lender_(world.lending) {
  host_.size = sizeof host_;
  host_.abi_minor = PRX_ABI_MINOR + (world.lending >= Lending::kFuture ? 7 : 0);
  host_.ctx = this;
  host_.name = lender_.lend_text("prx plugin check");
  host_.version = lender_.lend_text("1");
  host_.service = &Services::find;
  log_ = lender_.lend(Services::kLog);
  http_ = lender_.lend(Services::kHttp);
  exec_ = lender_.lend(Services::kExec);
  secret_ = lender_.lend(Services::kSecret);
  lent_ = lender_.lend(host_);
}

void Host::add(Call& call) {
  const std::lock_guard lock(mutex_);
  calls_[call.id()] = &call;
}

void Host::remove(const Call& call) {
  const std::lock_guard lock(mutex_);
  calls_.erase(call.id());
}

Call* Host::find(std::uint64_t op_id, std::string_view what) {
  if (creating_) {
    world_.breaches.add(Breach::kCreateAsks, std::string(what) + " from inside init or create");
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(op_id);
  if (found != calls_.end()) return found->second;
  world_.breaches.add(
      Breach::kServiceOp,
      std::string(what) + " names op_id " + std::to_string(op_id) +
          ", which is of no operation of this instance, or of one that is released");
  return nullptr;
}

std::int32_t Host::post(std::uint64_t op_id, prx_task task, void* ctx) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(op_id);
    if (found != calls_.end()) {
      if (found->second->closed) return PRX_E_INVALID_REQUEST;
      return found->second->post(task, ctx) ? PRX_OK : PRX_E_OVERLOADED;
    }
  }
  if (creating_ || !world_.gave(op_id)) static_cast<void>(find(op_id, "post"));
  return PRX_E_INVALID_REQUEST;
}

bool Host::close(Call& call) {
  const std::lock_guard lock(mutex_);
  call.closed = call.closed || call.idle();
  return call.closed;
}

bool Host::may_reach(std::string_view url) const {
  const std::string origin = origin_of(url);
  const auto is_it = [&](const std::string& allowed) { return origin_of(allowed) == origin; };
  const Subject& subject = world_.subject;
  return std::any_of(subject.note.hosts.begin(), subject.note.hosts.end(), is_it) ||
         (!subject.base_url.empty() && is_it(subject.base_url));
}

void Host::see_request(const prx_http_req& request) const {
  const auto wrong = [this](const std::string& what) {
    world_.breaches.add(Breach::kHttpRequest, what);
  };
  const std::string url(view(request.url));
  if (!is_token(view(request.method))) wrong("method " + quoted_part(view(request.method)));
  const bool is_clean = std::none_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  });
  const bool is_absolute = !origin_of(url).empty();
  if (!is_absolute || !is_clean) wrong("URL " + quoted_part(url));
  if (is_absolute && !may_reach(url))
    world_.breaches.add(Breach::kHttpHost, "it asks " + quoted_part(url));
  if (request.flags != 0) wrong("flags are " + std::to_string(request.flags));
  for (const std::int64_t clock :
       {request.connect_timeout_ms, request.head_timeout_ms, request.idle_timeout_ms})
    if (clock < -1) wrong("a clock is " + std::to_string(clock) + " ms");
  if (request.header_count > kHeadersMax)
    return wrong(std::to_string(request.header_count) + " headers");
  const bool signs = world_.subject.note.signs;
  for (std::size_t i = 0; i < request.header_count; ++i) {
    const std::string_view name = view(request.headers[i].key);
    const std::string_view value = view(request.headers[i].value);
    if (!is_token(name) || !is_header_value(value)) wrong("header " + quoted_part(name));
    if (is_key_header(name) && !signs)
      world_.breaches.add(Breach::kHttpKey, "the plugin sends a header " + quoted_part(name) +
                                                " of its own; name it as key_header");
    if ((holds_key(name) || holds_key(value)) && !signs)
      world_.breaches.add(Breach::kSecret, "the key is in header " + quoted_part(name));
  }
  const bool keyed = request.key_header.len > 0;
  if (keyed && !is_token(view(request.key_header)))
    wrong("key_header " + quoted_part(view(request.key_header)));
  if (!keyed && !signs && !world_.subject.note.key_env.empty())
    world_.breaches.add(Breach::kHttpKey, "key_header is empty, and the note has a key_env");
  const bool in_request = holds_key(url) || holds_key(view(request.body)) ||
                          holds_key(view(request.method)) || holds_key(view(request.key_header)) ||
                          holds_key(view(request.key_prefix));
  if (in_request)
    world_.breaches.add(Breach::kSecret,
                        "the key is in the URL, the method, the body, key_header or key_prefix");
}

}  // namespace prx::check
