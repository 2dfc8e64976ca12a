#include "chat_emit.hpp"

#include <algorithm>

#include "prx/sdk/json_edit.hpp"
#include "prx/sdk/text.hpp"

namespace prx::sdk {

namespace {

bool is_control(char c) { return c >= 0x1a && c < 0x20; }

}  // namespace

std::string escape_controls(std::string_view json) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : json) {
    if (is_control(c))
      out.append("\\u001").append(1, kDigits[c & 0xf]);
    else
      out += c;
  }
  return out;
}

prx_event Emitter::event(std::uint32_t type, std::uint32_t choice) {
  prx_event event{};
  event.size = sizeof event;
  event.type = type;
  event.choice = choice;
  return event;
}

void Emitter::send(prx_event& event) {
  if (frame_events_ > 0) event.flags |= PRX_EVF_SAME_FRAME;
  if (want_frame_ && frame_events_ == 0 && !frame_hidden_) event.frame = to_str(frame_);
  if (!frame_.empty()) ++frame_events_;
  any_ = true;
  if (sink_.event(sink_.ctx, &event) != 0) stopped_ = true;
}

prx_str Emitter::clean(std::string_view text, std::string& storage) {
  if (json::is_utf8(text)) return to_str(text);
  storage = mended_utf8(text);
  return to_str(storage);
}

prx_str Emitter::clean_json(std::string_view json, std::string& storage) {
  if (std::none_of(json.begin(), json.end(), is_control)) return clean(json, storage);
  storage = escape_controls(mended_utf8(json));
  return to_str(storage);
}

void Emitter::meta(std::string_view id, std::string_view model, std::string_view provider,
                   std::string_view json) {
  prx_event e = event(PRX_EV_META, 0);
  e.id = clean(id, storage_[0]);
  e.name = clean(model, storage_[1]);
  e.text = clean(provider, storage_[2]);
  e.json = to_str(json);
  send(e);
}

void Emitter::text(std::uint32_t type, std::uint32_t choice, std::string_view text) {
  prx_event e = event(type, choice);
  e.text = clean(text, storage_[0]);
  send(e);
}

void Emitter::tool_call(const ToolPiece& piece) {
  prx_event e = event(PRX_EV_TOOL_CALL, piece.choice);
  e.index = piece.index;
  e.id = clean(piece.id, storage_[0]);
  e.name = clean(piece.name, storage_[1]);
  e.text = clean(piece.arguments, storage_[2]);
  std::string storage;
  if (!piece.members.empty()) e.json = clean_json(piece.members, storage);
  send(e);
}

void Emitter::item(std::uint32_t choice, std::string_view name, std::string_view id,
                   std::string_view json) {
  prx_event e = event(PRX_EV_ITEM, choice);
  e.name = to_str(name);
  e.id = clean(id, storage_[0]);
  e.json = clean_json(json, storage_[1]);
  send(e);
}

void Emitter::raw(std::string_view json) {
  prx_event e = event(PRX_EV_RAW, 0);
  e.json = clean_json(json, storage_[0]);
  send(e);
}

void Emitter::finish(std::uint32_t choice, std::uint32_t finish, std::string_view reason) {
  prx_event e = event(PRX_EV_FINISH, choice);
  e.finish = finish;
  e.name = clean(reason, storage_[0]);
  send(e);
}

void Emitter::usage(const prx_usage& usage, std::string_view json) {
  prx_event e = event(PRX_EV_USAGE, 0);
  e.usage = &usage;
  e.json = clean_json(json, storage_[0]);
  send(e);
}

void Emitter::done() {
  prx_event e = event(PRX_EV_DONE, 0);
  send(e);
}

void Emitter::error(const Error& error) {
  prx_error out{};
  out.size = sizeof out;
  out.code = static_cast<std::int32_t>(error.error_class);
  out.http_status = error.http_status;
  out.retryable = error.retryable ? (*error.retryable ? 1 : 0) : -1;
  out.phase = static_cast<std::int32_t>(error.phase);
  out.retry_after_ms = error.retry_after ? error.retry_after->count() : -1;
  const std::string raw = mended_utf8(error.raw), code = mended_utf8(error.provider_code);
  out.message = clean(error.message, storage_[0]);
  out.provider_code = to_str(code);
  out.request_id = clean(error.request_id, storage_[1]);
  out.raw = to_str(raw);
  prx_event e = event(PRX_EV_ERROR, 0);
  e.error = &out;
  send(e);
}

}  // namespace prx::sdk
