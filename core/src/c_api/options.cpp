#include "c_api/options.hpp"

#include <algorithm>

namespace prx::c_api {

namespace {

constexpr std::uint32_t kClientFlags =
    PRX_CLIENT_NO_FILE | PRX_CLIENT_NO_WARM_UP | PRX_CLIENT_ONE_SHOT | PRX_CLIENT_NO_CATALOG;
constexpr std::uint32_t kCallFlags = PRX_CALL_TOOL_CALL_DELTAS | PRX_CALL_FRAMES |
                                     PRX_CALL_PLAIN_UPSTREAM | PRX_CALL_ANY_TOOL_ARGUMENTS;

/// Whether prx.h has a function that fills a struct of this kind.
enum class Init { kHas, kHasNot };

/// As far as both sides know it; `first` is the size of its first version. nullptr: all zero.
template <class T>
Result<T, CallError> read_struct(const T* given, std::size_t first, const char* name,
                                 Init init = Init::kHas) {
  T out{};
  out.size = sizeof out;
  if (given == nullptr) return out;
  if (given->size < first)
    return refused(std::string(name) + ".size is " + std::to_string(given->size) + ", less than " +
                   std::to_string(first) + "; " +
                   (init == Init::kHas ? "fill it with " : "set it to sizeof(") + name +
                   (init == Init::kHas ? "_init()" : ")"));
  std::memcpy(&out, given, std::min<std::size_t>(given->size, sizeof out));
  return out;
}

#define PRX_C_FIRST(T, last) (offsetof(T, last) + sizeof(T::last))

Result<void, CallError> check_flags(std::uint32_t flags, std::uint32_t known, const char* name) {
  if ((flags & ~known) == 0) return {};
  return refused(std::string(name) + ".flags has some that libprx " + prx_version() +
                 " does not know; leave them out");
}

std::string text(const char* given) { return given == nullptr ? std::string() : given; }

std::optional<std::string> optional_text(const char* given) {
  return given == nullptr ? std::nullopt : std::optional<std::string>(given);
}

Environment environment_of(const prx_client_options& options) {
  if (options.environment == nullptr) return process_environment();
  return [ask = options.environment, ctx = options.ctx](const std::string& name) {
    return optional_text(ask(ctx, name.c_str()));
  };
}

Result<void, CallError> check_config(const prx_client_options& options) {
  if (options.config_file != nullptr && options.config_text != nullptr)
    return refused("config_file and config_text are both set; leave one out");
  if (options.config_file != nullptr && (options.flags & PRX_CLIENT_NO_FILE) != 0)
    return refused("config_file is set, and so is PRX_CLIENT_NO_FILE; leave one out");
  if (options.config_folder != nullptr && options.config_folder[0] != '/')
    return refused("config_folder is not absolute; begin it with '/'");
  return {};
}

CallError plain(Error error) { return CallError(std::move(error)); }

std::int64_t number(const std::optional<std::int64_t>& value) { return value.value_or(-1); }

std::int64_t number(const std::optional<std::chrono::microseconds>& value) {
  return value ? value->count() : -1;
}

}  // namespace

Result<prx_client_options, CallError> read(const prx_client_options* given) {
  PRX_TRY_SET(auto options, read_struct(given, PRX_C_FIRST(prx_client_options, host_version),
                                        "prx_client_options"));
  PRX_TRY(check_flags(options.flags, kClientFlags, "prx_client_options"));
  return options;
}

Result<prx_call_sink, CallError> read(const prx_call_sink* given) {
  PRX_TRY_SET(auto sink,
              read_struct(given, PRX_C_FIRST(prx_call_sink, end), "prx_call_sink", Init::kHasNot));
  if (sink.end == nullptr)
    return refused("prx_call_sink.end is NULL; nobody would hear of the end");
  return sink;
}

Result<Config, CallError> config_of(const prx_client_options& options) {
  PRX_TRY(check_config(options));
  ConfigSource source;
  if (options.config_file != nullptr) source.file = options.config_file;
  source.no_file = (options.flags & PRX_CLIENT_NO_FILE) != 0 || options.config_text != nullptr;
  source.provider = optional_text(options.provider);
  source.model = optional_text(options.model);
  source.chain = optional_text(options.chain);
  source.environment = environment_of(options);
  auto config = options.config_text == nullptr
                    ? Config::load(source)
                    : Config::parse(options.config_text,
                                    optional_text(options.config_name).value_or("config"),
                                    optional_text(options.config_folder).value_or("/"), source);
  if (!config) return Unexpected(plain(std::move(config).error()));
  return std::move(*config);
}

ClientOptions client_options_of(const prx_client_options& options) {
  ClientOptions out;
  out.warm_up = (options.flags & PRX_CLIENT_NO_WARM_UP) == 0;
  out.one_shot = (options.flags & PRX_CLIENT_ONE_SHOT) != 0;
  if ((options.flags & PRX_CLIENT_NO_CATALOG) != 0) out.catalog = CatalogUse::kOff;
  if (options.log != nullptr)
    out.log = [write = options.log, ctx = options.ctx](LogLevel level, std::string_view line) {
      write(ctx, static_cast<std::int32_t>(level), to_c(line));
    };
  if (options.metrics != nullptr)
    out.metrics = [take = options.metrics, ctx = options.ctx](const Measurement& measurement) {
      const prx_measurement measured = to_c(measurement);
      take(ctx, &measured);
    };
  if (options.proxy != nullptr) out.proxy = ProxyOptions{options.proxy, text(options.no_proxy)};
  out.ca_file = text(options.ca_file);
  out.ca_pem = text(options.ca_pem);
  if (options.host_name != nullptr) out.host_name = options.host_name;
  out.host_version = text(options.host_version);
  return out;
}

Result<ChatRequest, CallError> request_of(const prx_chat_request* given) {
  if (given == nullptr) return refused("the request is NULL");
  PRX_TRY_SET(const auto asked,
              read_struct(given, PRX_C_FIRST(prx_chat_request, prompt), "prx_chat_request"));
  const bool typed = asked.system != nullptr || asked.prompt != nullptr;
  if (asked.body != nullptr && typed)
    return refused("prx_chat_request has a body beside a prompt; leave one out");
  if (asked.body == nullptr && asked.prompt == nullptr)
    return refused("prx_chat_request has neither a body nor a prompt; set one");
  ChatRequest request;
  if (asked.body != nullptr) {
    const std::size_t size = asked.body_size != 0 ? asked.body_size : std::strlen(asked.body);
    auto read = ChatRequest::from_json(std::string(asked.body, size));
    if (!read) return Unexpected(plain(std::move(read).error()));
    request = std::move(*read);
  } else {
    if (asked.system != nullptr) request.messages.push_back(Message::system(asked.system));
    request.messages.push_back(Message::user(asked.prompt));
  }
  if (asked.model != nullptr) request.model = asked.model;
  return request;
}

Result<CallOptions, CallError> call_options_of(const prx_call_options* given) {
  PRX_TRY_SET(const auto asked,
              read_struct(given, PRX_C_FIRST(prx_call_options, attempt), "prx_call_options"));
  PRX_TRY(check_flags(asked.flags, kCallFlags, "prx_call_options"));
  if (asked.deadline_ms < 0)
    return refused("prx_call_options.deadline_ms: " + std::to_string(asked.deadline_ms) +
                   " is out of range; set 1 or more, or 0 for the configured one");
  CallOptions options;
  options.provider = text(asked.provider);
  options.chain = text(asked.chain);
  options.traceparent = text(asked.traceparent);
  if (asked.deadline_ms > 0) options.deadline = Milliseconds(asked.deadline_ms);
  if (asked.canceller != nullptr) options.stop = asked.canceller->source.get_token();
  options.tool_call_deltas = (asked.flags & PRX_CALL_TOOL_CALL_DELTAS) != 0;
  options.frames = (asked.flags & PRX_CALL_FRAMES) != 0;
  options.stream_upstream = (asked.flags & PRX_CALL_PLAIN_UPSTREAM) == 0;
  options.malformed_tool_arguments = (asked.flags & PRX_CALL_ANY_TOOL_ARGUMENTS) != 0;
  if (asked.attempt != nullptr)
    options.on_attempt = [tell = asked.attempt, ctx = asked.ctx](const Attempt& attempt) {
      const prx_attempt out = to_c(attempt);
      tell(ctx, &out);
    };
  return options;
}

prx_attempt to_c(const Attempt& attempt) {
  prx_attempt out{};
  out.size = sizeof out;
  out.flags = (attempt.connection_reused ? PRX_ATTEMPT_REUSED : 0u) |
              (attempt.skipped() ? PRX_ATTEMPT_SKIPPED : 0u) |
              (attempt.cost_estimated ? PRX_ATTEMPT_COST_ESTIMATED : 0u);
  out.provider = to_c(attempt.provider);
  out.model = to_c(attempt.model);
  out.reason = to_c(attempt.reason);
  out.key_label = to_c(attempt.key_label);
  if (attempt.error) {
    out.error_class = static_cast<std::int32_t>(attempt.error->error_class);
    out.error_message = to_c(attempt.error->message);
  }
  out.http_status = attempt.http_status;
  out.http_version = attempt.http_version;
  out.exchanges = attempt.exchanges;
  out.served_model = to_c(attempt.served_model);
  out.served_by = to_c(attempt.served_by);
  out.generation_id = to_c(attempt.generation_id);
  out.wait_us = attempt.wait.count();
  out.connected_us = number(attempt.connected);
  out.head_us = number(attempt.head);
  out.first_token_us = number(attempt.first_token);
  out.total_us = attempt.total.count();
  out.prompt_tokens = number(attempt.usage.prompt_tokens);
  out.completion_tokens = number(attempt.usage.completion_tokens);
  out.cost = attempt.cost.value_or(-1.0);
  return out;
}

prx_stream_event to_c(const StreamEvent& event) {
  static_assert(static_cast<int>(StreamEvent::Type::kMeta) == PRX_STREAM_META);
  static_assert(static_cast<int>(StreamEvent::Type::kToolCall) == PRX_STREAM_TOOL_CALL);
  static_assert(static_cast<int>(StreamEvent::Type::kRestart) == PRX_STREAM_RESTART);
  static_assert(static_cast<int>(StreamEvent::Type::kOther) == PRX_STREAM_OTHER);
  prx_stream_event out{};
  out.size = sizeof out;
  out.type = static_cast<std::int32_t>(event.type);
  out.choice = event.choice;
  out.index = event.index;
  out.text = to_c(event.text);
  out.id = to_c(event.id);
  out.name = to_c(event.name);
  out.json = to_c(event.json);
  out.frame = to_c(event.frame);
  out.flags = event.same_frame ? PRX_STREAM_SAME_FRAME : 0u;
  return out;
}

prx_measurement to_c(const Measurement& measurement) {
  static_assert(static_cast<int>(Measurement::Kind::kCall) == PRX_MEASURED_CALL);
  prx_measurement out{};
  out.size = sizeof out;
  out.kind = static_cast<std::int32_t>(measurement.kind);
  out.operation = to_c(measurement.operation);
  out.call = to_c(measurement.call);
  out.provider_name = to_c(measurement.provider_name);
  out.instance = to_c(measurement.instance);
  out.request_model = to_c(measurement.request_model);
  out.response_model = to_c(measurement.response_model);
  out.finish_reason = to_c(measurement.finish_reason);
  out.error_type = to_c(measurement.error_type);
  out.duration_us = measurement.duration.count();
  out.first_chunk_us = number(measurement.first_chunk);
  out.input_tokens = number(measurement.input_tokens);
  out.output_tokens = number(measurement.output_tokens);
  out.cached_tokens = number(measurement.cached_tokens);
  out.cost = measurement.cost.value_or(-1.0);
  out.cost_uncertain = measurement.cost_uncertain ? 1 : 0;
  out.http_status = measurement.http_status;
  out.attempts = measurement.attempts;
  out.running = measurement.running;
  if (measurement.attempt == nullptr) return out;
  out.http_version = measurement.attempt->http_version;
  out.connection_reused = measurement.attempt->connection_reused ? 1 : 0;
  return out;
}

}  // namespace prx::c_api
