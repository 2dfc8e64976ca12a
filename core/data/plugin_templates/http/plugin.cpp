// A provider over HTTP that speaks a protocol of its own. Two pure functions are yours: what is
// sent (write_body) and what comes back (read_event). So far they speak an invented protocol:
//
//   POST <base_url>/generate   {"model":"small","turns":[<the messages>],"limit":100}
//   200, text/event-stream     data: {"text":"Hel"}
//                              data: {"text":"lo"}
//                              data: {"stop":"end","read":7,"written":2}
//                              data: {"error":"any words"}   in place of what is missing
//   429 and the like           any words
//
// prx holds the key, the connections and the clocks; read prx/sdk/http_provider.hpp for the rest.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <prx/plugin.hpp>
#include <prx/sdk/json_edit.hpp>
#include <prx/sdk/sse.hpp>

#include "prx_note.h"

namespace {

namespace sdk = prx::sdk;
using prx::Error;
using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectIndex;

/// A Chat Completions request as this server wants it. Values are copied as they are, unparsed.
Result<std::string> write_body(std::string_view chat) {
  PRX_TRY_SET(const ObjectIndex request, ObjectIndex::parse(chat));
  const auto messages = request.find("messages");
  if (!messages) return prx::fail(ErrorClass::kInvalidRequest, "the request has no messages");
  std::string body = "{\"model\":";
  body += request.find("model").value_or("null");
  body += ",\"turns\":";
  body += *messages;
  if (const auto limit = request.find("max_tokens")) body.append(",\"limit\":").append(*limit);
  return body + "}";
}

/// A count of tokens, or -1: not known.
std::int64_t number(std::optional<std::string_view> text) {
  std::int64_t value = -1;
  if (!text) return -1;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool is_whole = read.ec == std::errc() && read.ptr == text->data() + text->size();
  return is_whole && value >= 0 ? value : -1;
}

/// The end of an answer that came to nothing.
void fail(ErrorClass error_class, std::string why, sdk::EventWriter& out) {
  Error error;
  error.error_class = error_class;
  error.message = std::move(why);
  error.phase = prx::Phase::kBody;
  out.error(error);
}

/// One event of the server as events of prx; false when it cannot be read. What is no UTF-8 in its
/// texts goes out as U+FFFD.
bool read_event(std::string_view text, sdk::EventWriter& out) {
  const auto event = ObjectIndex::parse(text);
  if (!event) return false;
  if (const auto piece = event->find("text")) {
    const auto words = prx::json::unquoted(*piece);
    if (words) out.text(*words);
    return words.has_value();
  }
  if (const auto words = event->find("error")) {
    fail(ErrorClass::kOverloaded, prx::json::unquoted(*words).value_or("the server gave up"), out);
    return true;
  }
  const auto stop = event->find("stop");
  if (!stop) return true;  // an event that this plugin does not know says nothing
  const std::string reason = prx::json::unquoted(*stop).value_or("");
  out.finish(reason == "limit" ? sdk::FinishReason::kLength : sdk::FinishReason::kStop, reason);
  prx_usage usage = sdk::unknown_usage();
  usage.prompt_tokens = number(event->find("read"));
  usage.completion_tokens = number(event->find("written"));
  out.usage(usage);
  out.done();
  return true;
}

/// One answer: cuts it into events, and makes errors of what is no answer.
class Answer final : public sdk::Decoder {
  static constexpr std::size_t kWordsMax = 500;  ///< bytes kept of a refusal

  void head(const sdk::HttpHead& head, sdk::EventWriter&) override {
    if (sdk::is_rejection(head.status)) refusal_ = sdk::status_error(head, PRX_NOTE_ID);
  }
  void data(char* bytes, std::size_t size, sdk::EventWriter& out) override {
    if (refusal_) {
      refusal_->raw.append(bytes, std::min(size, kWordsMax - refusal_->raw.size()));
      return;
    }
    events_.feed(bytes, size);
    sdk::SseEvent event;
    sdk::SseResult result = sdk::SseResult::kMore;
    while (!out.ended() && (result = events_.get(event)) == sdk::SseResult::kEvent)
      if (!read_event(event.text(), out)) return broke(out, "it is not in the agreed format");
    if (result == sdk::SseResult::kTooLong) broke(out, "an event of it is too long");
  }
  void finish(sdk::EventWriter& out) override {
    if (refusal_) return out.error(*refusal_);
    broke(out, "it ended before its last event");
  }
  void broken(const Error& error, sdk::EventWriter& out) override {
    const bool is_cancelled = error.error_class == ErrorClass::kCancelled;
    out.error(refusal_ && !is_cancelled ? *refusal_ : error);
  }

  static void broke(sdk::EventWriter& out, const std::string& why) {
    fail(ErrorClass::kBadResponse, "the answer cannot be used: " + why, out);
  }

  std::optional<Error> refusal_;
  sdk::SseParser events_;
};

class Provider final : public sdk::HttpProvider {
 public:
  Provider(const sdk::Config& config, sdk::Host host)
      : HttpProvider(host),
        url_(config.string("base_url", "https://api.example.com") + "/generate"),
        region_(config.string("region")) {}

  static std::string describe() { return PRX_NOTE_CAPABILITIES; }

  Result<sdk::HttpCall> request(const sdk::Request& request) const override {
    if (request.kind != sdk::OpKind::kChat)
      return prx::fail(ErrorClass::kUnsupported, "this provider can only chat");
    sdk::HttpCall call;
    call.url = url_;
    call.headers = {{"content-type", "application/json"}, {"accept", "text/event-stream"}};
    if (!region_.empty()) call.headers.push_back({"x-region", region_});
    PRX_TRY_SET(call.body, write_body(request.body));
    return call;  // the host adds "authorization: Bearer <key>", see HttpCall::key_header
  }

  std::unique_ptr<sdk::Decoder> decoder(const sdk::Request&, const prx_sink&) const override {
    return std::make_unique<Answer>();
  }

 private:
  const std::string url_, region_;
};

}  // namespace

PRX_PLUGIN(Provider, PRX_NOTE_ID, PRX_NOTE_VERSION)
