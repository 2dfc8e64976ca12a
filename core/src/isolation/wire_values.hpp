/// \file wire_values.hpp
/// The structs of prx/plugin.h as fields of frames. Texts that are read are borrowed from the
/// frame.
#pragma once

#include <array>
#include <vector>

#include "isolation/wire.hpp"

namespace prx::isolation {

inline void put(FrameWriter& out, const prx_error& e) {
  out.put(e.code).put(e.http_status).put(e.retryable).put(e.phase).put(e.retry_after_ms);
  out.put(e.message).put(e.provider_code).put(e.request_id).put(e.raw);
}

inline prx_error get_error(FrameReader& in) {
  prx_error e{};
  e.size = sizeof e;
  e.code = in.number<std::int32_t>();
  e.http_status = in.number<std::int32_t>();
  e.retryable = in.number<std::int32_t>();
  e.phase = in.number<std::int32_t>();
  e.retry_after_ms = in.number<std::int64_t>();
  for (prx_str* text : {&e.message, &e.provider_code, &e.request_id, &e.raw}) *text = in.text();
  return e;
}

inline void put(FrameWriter& out, const prx_usage& u) {
  out.put(u.prompt_tokens).put(u.completion_tokens).put(u.total_tokens).put(u.reasoning_tokens);
  out.put(u.cached_tokens).put(u.cache_write_tokens).put(u.cost);
}

inline prx_usage get_usage(FrameReader& in) {
  prx_usage u{};
  u.size = sizeof u;
  for (std::int64_t* tokens : {&u.prompt_tokens, &u.completion_tokens, &u.total_tokens,
                               &u.reasoning_tokens, &u.cached_tokens, &u.cache_write_tokens})
    *tokens = in.number<std::int64_t>();
  u.cost = in.number<double>();
  return u;
}

/// An event with what it points to.
struct WireEvent {
  prx_event event{};
  prx_usage usage{};
  prx_error error{};
};

/// What follows the fields of an event.
inline constexpr std::uint8_t kHasUsage = 1, kHasError = 2;

inline void put(FrameWriter& out, const prx_event& e, const prx_usage* usage,
                const prx_error* error) {
  const int parts = (usage != nullptr ? kHasUsage : 0) | (error != nullptr ? kHasError : 0);
  out.put(e.type).put(e.choice).put(e.index).put(e.finish).put(e.flags);
  out.put(e.text).put(e.id).put(e.name).put(e.json).put(e.frame);
  out.put(static_cast<std::uint8_t>(parts));
  if (usage != nullptr) put(out, *usage);
  if (error != nullptr) put(out, *error);
}

/// `out` must stay where it is while its event is used.
inline void get_event(FrameReader& in, WireEvent& out) {
  prx_event& e = out.event;
  e.size = sizeof e;
  for (std::uint32_t* field : {&e.type, &e.choice, &e.index, &e.finish, &e.flags})
    *field = in.number<std::uint32_t>();
  for (prx_str* text : {&e.text, &e.id, &e.name, &e.json, &e.frame}) *text = in.text();
  const auto parts = in.number<std::uint8_t>();
  if ((parts & kHasUsage) != 0) {
    out.usage = get_usage(in);
    e.usage = &out.usage;
  }
  if ((parts & kHasError) != 0) {
    out.error = get_error(in);
    e.error = &out.error;
  }
}

inline void put(FrameWriter& out, const prx_kv* pairs, std::size_t count) {
  out.put(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) out.put(pairs[i].key).put(pairs[i].value);
}

/// False when there are more than `max`.
inline bool get_pairs(FrameReader& in, std::vector<prx_kv>& pairs, std::size_t max) {
  const auto count = in.number<std::uint32_t>();
  if (!in.ok() || count > max) return false;
  pairs.resize(count);
  for (prx_kv& pair : pairs) {
    pair.key = in.text();
    pair.value = in.text();
  }
  return in.ok();
}

/// The body is left out.
inline void put_request(FrameWriter& out, const prx_request& r) {
  out.put(r.op).put(r.flags).put(r.attempt).put(r.deadline_ns);
  out.put(r.model).put(r.request_id).put(r.idempotency_key).put(r.traceparent);
}

inline prx_request get_request(FrameReader& in) {
  prx_request r{};
  r.size = sizeof r;
  r.op = in.number<std::uint32_t>();
  r.flags = in.number<std::uint32_t>();
  r.attempt = in.number<std::uint32_t>();
  r.deadline_ns = in.number<std::int64_t>();
  for (prx_str* text : {&r.model, &r.request_id, &r.idempotency_key, &r.traceparent})
    *text = in.text();
  return r;
}

inline void put(FrameWriter& out, const prx_http_head& head) {
  out.put(head.status).put(head.http_version).put(head.flags);
  put(out, head.headers, head.header_count);
}

/// False when there are too many headers. `headers` keeps them.
inline bool get_head(FrameReader& in, prx_http_head& head, std::vector<prx_kv>& headers) {
  head.size = sizeof head;
  head.status = in.number<std::int32_t>();
  head.http_version = in.number<std::uint32_t>();
  head.flags = in.number<std::uint32_t>();
  if (!get_pairs(in, headers, kHeadersMax)) return false;
  head.headers = headers.data();
  head.header_count = headers.size();
  return true;
}

inline void put(FrameWriter& out, const prx_http_end& end) {
  out.put(end.code).put(end.phase).put(end.bytes).put(end.message);
}

inline prx_http_end get_end(FrameReader& in) {
  prx_http_end end{};
  end.size = sizeof end;
  end.code = in.number<std::int32_t>();
  end.phase = in.number<std::int32_t>();
  end.bytes = in.number<std::uint64_t>();
  end.message = in.text();
  return end;
}

/// A request of the plugin; its body is of its own, or a part of its operation's.
struct WireSend {
  std::uint64_t exchange = 0;
  prx_http_req request{};
  std::vector<prx_kv> headers;
  bool own_body = false;  ///< then the two below say which part
  std::uint64_t body_at = 0, body_size = 0;
};

inline void put_send(FrameWriter& out, std::uint64_t exchange, const prx_http_req& r, bool own_body,
                     std::uint64_t body_at) {
  out.put(exchange).put(r.method).put(r.url).put(r.key_header).put(r.key_prefix);
  out.put(r.connect_timeout_ms).put(r.head_timeout_ms).put(r.idle_timeout_ms).put(r.body_max);
  put(out, r.headers, r.header_count);
  out.put(static_cast<std::uint8_t>(own_body));
  if (own_body)
    out.put(body_at).put(static_cast<std::uint64_t>(r.body.len));
  else
    out.put(r.body);
}

/// False when a field is missing or out of its range.
inline bool get_send(FrameReader& in, WireSend& out) {
  prx_http_req& r = out.request;
  r.size = sizeof r;
  out.exchange = in.number<std::uint64_t>();
  for (prx_str* text : {&r.method, &r.url, &r.key_header, &r.key_prefix}) *text = in.text();
  for (std::int64_t* clock : {&r.connect_timeout_ms, &r.head_timeout_ms, &r.idle_timeout_ms})
    *clock = in.number<std::int64_t>();
  r.body_max = in.number<std::uint64_t>();
  if (!get_pairs(in, out.headers, 64)) return false;
  r.headers = out.headers.data();
  r.header_count = out.headers.size();
  out.own_body = in.number<std::uint8_t>() != 0;
  if (out.own_body) {
    out.body_at = in.number<std::uint64_t>();
    out.body_size = in.number<std::uint64_t>();
  } else {
    r.body = in.text();
  }
  return in.done();
}

}  // namespace prx::isolation
