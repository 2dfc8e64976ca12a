#include "answers.hpp"

#include <algorithm>
#include <utility>

#include "failure.hpp"
#include "json_writer.hpp"

namespace anthropic {
namespace {

using prx::Error;
using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectIndex;
using prx::sdk::EventWriter;
using prx::sdk::HttpHead;

std::string meta_json(const HttpHead& head, std::int64_t now_epoch) {
  const auto wait = read_next_request(head.headers, now_epoch);
  if (!wait) return {};
  return ObjectWriter().raw("next_request_ms", std::to_string(wait->count())).str();
}

bool is_encoded(const HttpHead& head) {
  const std::string_view coding = head.header("content-encoding");
  return !coding.empty() && coding != "identity";
}

}  // namespace

void ChatAnswer::head(const HttpHead& head, EventWriter& out) {
  status_ = head.status;
  is_stream_ = head.header("content-type").starts_with("text/event-stream");
  for (const prx_kv& entry : head.headers)
    headers_.push_back(
        {std::string(prx::sdk::view(entry.key)), std::string(prx::sdk::view(entry.value))});
  if (prx::sdk::is_rejection(status_)) return;
  if (is_encoded(head)) return out.error(bad_answer("it is encoded, though none was asked for"));
  message_.emplace(meta_json(head, clock_()));
}

void ChatAnswer::data(char* bytes, std::size_t size, EventWriter& out) {
  if (prx::sdk::is_rejection(status_)) {
    body_.append(bytes, std::min(size, kErrorMax - body_.size()));
  } else if (is_stream_) {
    events_.feed(bytes, size);
    read_events(out);
  } else if (size > kBodyMax - body_.size()) {
    end(bad_answer("it is larger than 64 MiB"), out);
  } else {
    body_.append(bytes, size);
  }
}

void ChatAnswer::read_events(EventWriter& out) {
  prx::sdk::SseEvent event;
  auto result = prx::sdk::SseResult::kMore;
  while (out.wanted() && (result = events_.get(event)) == prx::sdk::SseResult::kEvent) {
    const Result<void> read = message_->event(event.text(), out);
    if (!read) return end(read.error(), out);
  }
  if (result == prx::sdk::SseResult::kTooLong) end(bad_answer("an event of it is too long"), out);
}

void ChatAnswer::finish(EventWriter& out) {
  if (prx::sdk::is_rejection(status_)) return end(refusal(), out);
  if (is_stream_) return end(bad_answer("it was cut before its last event"), out);
  const Result<void> read = message_->whole(body_, out);
  if (!read) end(read.error(), out);
}

void ChatAnswer::broken(const Error& error, EventWriter& out) {
  const bool is_cancelled = error.error_class == ErrorClass::kCancelled;
  end(prx::sdk::is_rejection(status_) && !is_cancelled ? refusal() : error, out);
}

void ChatAnswer::end(const Error& error, EventWriter& out) {
  if (message_ && error.error_class != ErrorClass::kCancelled) message_->tell_usage(out);
  out.error(error);
}

Error ChatAnswer::refusal() const {
  std::vector<prx_kv> headers;
  for (const prx::sdk::Header& header : headers_)
    headers.push_back({prx::sdk::str(header.name), prx::sdk::str(header.value)});
  return read_failure({status_, headers, body_}, clock_());
}

void ModelsAnswer::body(const HttpHead& head, std::string_view body, EventWriter& out) {
  if (prx::sdk::is_rejection(head.status))
    return out.error(read_failure({head.status, head.headers, body}, clock_()));
  const std::string before = std::exchange(after_, {});
  if (const Result<void> read = page(body, out); !read) return out.error(read.error());
  if (after_.empty()) return out.done();
  if (after_ == before || ++pages_ >= kPagesMax)
    out.error(bad_answer("its list of models does not end"));
}

Result<void> ModelsAnswer::page(std::string_view body, EventWriter& out) {
  const auto list = ObjectIndex::parse(body);
  const bool is_whole = list && prx::json::validate(body);
  const auto models = prx::json::elements(is_whole ? member(*list, "data") : std::string_view());
  if (!models) return prx::Unexpected(bad_answer("it is no list of models; check base_url"));
  for (const std::string_view each : *models) {
    const auto model = ObjectIndex::parse(each);
    const std::string id = model ? text(*model, "id") : std::string();
    if (!id.empty()) out.item("model", id, each);
  }
  if (member(*list, "has_more") == "true") after_ = text(*list, "last_id");
  return {};
}

std::optional<prx::sdk::HttpCall> ModelsAnswer::next() { return call_(after_); }

void ProbeAnswer::body(const HttpHead& head, std::string_view body, EventWriter& out) {
  if (prx::sdk::is_rejection(head.status))
    return out.error(read_failure({head.status, head.headers, body}, clock_()));
  const auto list = ObjectIndex::parse(body);
  if (!list || !list->find("data"))
    return out.error(bad_answer("it is no list of models; check base_url"));
  out.done();
}

}  // namespace anthropic
