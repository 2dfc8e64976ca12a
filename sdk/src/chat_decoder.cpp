#include <algorithm>
#include <memory>
#include <vector>

#include "chat_answer.hpp"
#include "chat_frame.hpp"
#include "error_read.hpp"
#include "json_scan.hpp"
#include "prx/sdk/json_edit.hpp"
#include "prx/sdk/sse.hpp"

namespace prx::sdk {
namespace {

enum class Mode {
  kSniff,      ///< head seen or not, no byte of the body that says what it is
  kStream,     ///< server-sent events
  kWhole,      ///< one JSON body
  kErrorBody,  ///< the status is an error
  kForeign,    ///< neither JSON nor events under 200
};

/// The head's lines that matter later, copied.
class KeptHead {
 public:
  void keep(const ChatHead& head) {
    status_ = head.status;
    lines_.clear();
    for (const prx_kv& kv : head.headers) {
      const std::string_view name = to_view(kv.key);
      if (name.substr(0, 2) == "x-" || name.substr(0, 5) == "retry" || name == "date" ||
          name == "request-id" || name == "content-type" || name == "content-encoding" ||
          name == "location")
        lines_.emplace_back(name, to_view(kv.value));
    }
    kvs_.clear();
    for (const auto& [name, value] : lines_) kvs_.push_back({to_str(name), to_str(value)});
  }
  [[nodiscard]] ChatHead view() const { return {status_, kvs_}; }

 private:
  int status_ = 200;
  std::vector<std::pair<std::string, std::string>> lines_;
  std::vector<prx_kv> kvs_;
};

constexpr char kGzipMagic = '\x1f';  // RFC 1952; begins no text

bool is_json(std::string_view media) {
  return media == "application/json" || media == "text/json" ||
         (media.size() > 5 && media.substr(media.size() - 5) == "+json");
}

/// Where the JSON of a whole body begins.
std::string_view without_bom(std::string_view text) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const char* const end = text.data() + text.size();
  const char* const begin = json::scan::skip_space(text.data(), end);
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::string_view kind_words(std::string_view json) {
  switch (json.empty() ? '\0' : json.front()) {
    case '\0':
      return "has an element that is not an object";
    case '{':
      return "is an object";
    case '[':
      return "is an array";
    case '"':
      return "is a string";
    case 't':
    case 'f':
      return "is a boolean";
    default:
      return "is a number";
  }
}

std::string_view fault_words(ChunkFault fault) {
  switch (fault) {
    case ChunkFault::kNotAnObject:
      return "it is not a JSON object";
    case ChunkFault::kTooDeep:
      return "it is nested too deeply";
    case ChunkFault::kTooMany:
      return "it has too many choices or tool calls";
    default:
      return "it is not well-formed JSON";
  }
}

}  // namespace

/// The sentinel, which some servers write with a blank behind it.
bool is_done(std::string_view text) {
  constexpr std::string_view kDone = "[DONE]";
  return text.starts_with(kDone) &&
         text.find_first_not_of(" \t\r\n", kDone.size()) == std::string_view::npos;
}

/// A parser and what it found last.
struct FrameReader {
  ChunkParser parser;
  Chunk chunk;
  ChunkFault parse(std::string_view text) { return parser.parse(text, chunk); }
};

class ChatDecoder::Impl {
 public:
  Impl(ChatDecoderOptions options, const prx_sink& sink, std::string title)
      : options_(options),
        title_(std::move(title)),
        emitter_(sink, options.want_frame),
        answer_(emitter_),
        sse_(options.line_max) {}

  void head(const ChatHead& head) {
    head_.keep(head);
    answer_.set_head_id(header(head.headers, "x-generation-id"));
    if (head.status < 200 || head.status >= 300) {
      mode_ = Mode::kErrorBody;
      return;
    }
    if (const auto next = read_next_request(head.headers))
      answer_.set_about("{\"next_request_ms\":" + std::to_string(next->count()) + "}");
    if (const std::string coding = content_encoding(head.headers); !coding.empty())
      fail(bad("the answer is " + coding + "-encoded though no encoding was asked for"));
  }

  void data(char* bytes, std::size_t size) {
    if (ended_ || size == 0) return;
    if (mode_ == Mode::kSniff) {
      const auto blank =
          static_cast<std::size_t>(json::scan::skip_space(bytes, bytes + size) - bytes);
      bytes += blank;  // however the body is cut
      size -= blank;
      if (size == 0) return;
      mode_ = sniff(*bytes);
    }
    switch (mode_) {
      case Mode::kStream:
        return stream_piece(bytes, size);
      case Mode::kWhole:
        return whole_piece({bytes, size});
      default:
        return keep_some({bytes, size});
    }
  }

  void finish(const Error* http_error) {
    if (ended_) return;
    switch (mode_) {
      case Mode::kErrorBody:
        return fail(status_error());
      case Mode::kForeign:
        return fail(foreign());
      case Mode::kWhole:
        if (http_error == nullptr) return whole_body();
        break;
      case Mode::kStream:
        flush_event();
        break;
      case Mode::kSniff:
        break;
    }
    if (!ended_) conclude(http_error);
  }

  void fail(const Error& error) {
    if (ended_) return;
    ended_ = true;
    emitter_.end_frame();
    answer_.flush_end();
    emitter_.error(error);
  }

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool complete() const { return answer_.all_finished(); }
  [[nodiscard]] std::optional<std::string_view> rejection() const {
    if (mode_ != Mode::kErrorBody) return std::nullopt;
    return body_;
  }

 private:
  /// The media type decides, but for bodies that plainly are something else.
  [[nodiscard]] Mode sniff(char first) const {
    const std::string media = media_type(header(head_.view().headers, "content-type"));
    if (first == '{' && (media != "text/html")) return Mode::kWhole;
    if (first == kGzipMagic) return Mode::kForeign;
    if (media == "text/event-stream") return Mode::kStream;
    const bool like_events =
        first == ':' || first == 'd' || first == 'e' || first == 'i' || first == 'r';
    if (is_json(media)) return like_events ? Mode::kStream : Mode::kWhole;
    if (media.empty() || media == "text/plain" || media == "application/octet-stream")
      return like_events || options_.stream ? Mode::kStream : Mode::kWhole;
    return Mode::kForeign;
  }

  void stream_piece(char* bytes, std::size_t size) {
    sse_.feed(bytes, size);
    SseEvent event;
    while (!ended_) {
      const SseResult result = sse_.get(event);
      if (result == SseResult::kMore) return;
      if (result == SseResult::kTooLong) return fail(bad("an event is too long"));
      stream_event(event);
    }
  }

  void stream_event(const SseEvent& event) {
    const std::string_view text = event.text();
    if (event.type == "error") return fail(frame_error(text));
    if (const auto piece = answer_.settled() ? matcher_.match(text) : std::nullopt) {
      reader_.reset();  // frames like this one need none
      emitter_.begin_frame(text);
      const bool open =
          piece->empty() || answer_.content(matcher_.type(), matcher_.choice(), *piece);
      emitter_.end_frame();
      return open ? after_frame() : fail(after_finish());
    }
    if (is_done(text)) return answer_.all_finished() ? done() : fail(truncated("[DONE] came"));
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;  // to keep alive
    json_frame(text);
  }

  FrameReader& reader() {
    if (!reader_) reader_ = std::make_unique<FrameReader>();
    return *reader_;
  }

  void json_frame(std::string_view text) {
    const ChunkFault fault = reader().parse(text);
    if (fault != ChunkFault::kNone)
      return fail(bad("an event could not be read: " + std::string(fault_words(fault))));
    apply(text);
    if (ended_) return;
    learn(text);
    after_frame();
  }

  void apply(std::string_view text) {
    const Chunk& chunk = reader_->chunk;
    const bool is_odd = !chunk.odd_member.empty();
    if (is_odd && !chunk.choices.empty() && !reports_failure(chunk))
      return fail(odd(chunk.odd_member, chunk.odd_value));  // and no word of it goes out
    emitter_.begin_frame(text);
    const ChunkOutcome outcome = answer_.apply(chunk, text);
    emitter_.end_frame();
    const bool is_error =
        outcome == ChunkOutcome::kErrorObject || outcome == ChunkOutcome::kErrorFinish;
    if (is_odd && !is_error) return fail(odd(chunk.odd_member, chunk.odd_value));
    switch (outcome) {
      case ChunkOutcome::kGoOn:
        return;
      case ChunkOutcome::kErrorObject:
        return fail(frame_error(answer_.error_json()));
      case ChunkOutcome::kErrorFinish:
        return fail(error_finish());
      case ChunkOutcome::kTooManyCalls:
        return fail(bad("too many tool calls"));
      case ChunkOutcome::kOddContent:
        return fail(odd("content", answer_.odd_part()));
      case ChunkOutcome::kAfterFinish:
        return fail(after_finish());
      case ChunkOutcome::kNamelessCall:
        return fail(bad("a tool call has no name"));
      case ChunkOutcome::kUnread:
        return fail(unread());
    }
  }

  void after_frame() {
    if (!emitter_.stopped() || ended_) return;
    Error error = make(ErrorClass::kCancelled, "stopped by the host");
    error.message = "stopped by the host";
    fail(error);
  }

  /// Only a chunk that is one text event, and cannot be more, may teach its frame.
  void learn(std::string_view text) {
    const Chunk& chunk = reader_->chunk;
    if (chunk.choices.size() != 1 || !chunk.usage.empty() || !chunk.debug.empty()) return;
    const ChunkChoice& only = chunk.choices.front();
    const bool one = only.content.empty() != only.reasoning.empty();
    if (!one || only.has_raw || !only.finish_reason.empty() || only.tools_begin != only.tools_end ||
        only.whole_message)
      return;
    const std::string_view piece = only.content.empty() ? only.reasoning : only.content;
    const std::uint32_t type = only.content.empty() ? PRX_EV_REASONING : PRX_EV_TEXT;
    matcher_.learn(text, reader_->parser.offset_of(piece), type, only.index);
    if (matcher_.expects_more()) reader_.reset();  // an open stream need not keep it
  }

  void whole_piece(std::string_view bytes) {
    if (bytes.size() > options_.body_max - body_.size()) return fail(bad("the body is too long"));
    body_.append(bytes);
  }
  void whole_body() {
    const std::string_view text = without_bom(body_);
    const ChunkFault fault = reader().parse(text);
    if (fault != ChunkFault::kNone)
      return fail(bad("the answer could not be read: " + std::string(fault_words(fault))));
    apply(text);
    after_frame();
    if (ended_) return;
    if (answer_.is_foreign()) return fail(foreign_shape("the answer has no choices"));
    if (reader_->chunk.choices.empty()) return fail(bad("the answer has no choices"));
    for (const ChunkChoice& choice : reader_->chunk.choices)
      if (!choice.has_message())
        return fail(bad("choice " + std::to_string(choice.index) + " has no message"));
    if (answer_.all_finished()) return done();
    fail(bad("choice " + std::to_string(answer_.unfinished_choice()) + " has no finish reason"));
  }

  /// Bodies of errors and pages: only their beginning says something.
  void keep_some(std::string_view bytes) {
    const std::size_t room =
        options_.error_body_max - std::min(body_.size(), options_.error_body_max);
    body_.append(bytes.substr(0, room));
  }

  /// An event that the end cut off from its blank line counts when it is whole, and is nothing
  /// otherwise.
  void flush_event() {
    SseEvent event;
    if (sse_.finish(event) != SseResult::kEvent) return;
    const bool whole = is_done(event.text()) || event.type == "error" ||
                       json::validate(event.text(), kJsonDepthMax).has_value();
    if (whole) stream_event(event);
  }

  void conclude(const Error* http_error) {
    const bool cancelled =
        http_error != nullptr && http_error->error_class == ErrorClass::kCancelled;
    if (answer_.all_finished() && !cancelled) return done();
    if (http_error == nullptr)
      return fail(mode_ == Mode::kSniff ? bad("the answer has no body")
                                        : truncated("the stream ended"));
    Error error = *http_error;
    if (error.request_id.empty()) error.request_id = request_id(head_.view().headers);
    fail(error);
  }

  void done() {
    if (answer_.is_empty())
      return fail(bad("empty answer: no content, no tool call, no tokens used"));
    ended_ = true;
    emitter_.end_frame();
    answer_.flush_end();
    emitter_.done();
  }

  [[nodiscard]] Error make(ErrorClass error_class, std::string_view what) const {
    Error error;
    error.error_class = error_class;
    error.message = one_line(title_ + ": " + std::string(what), kErrorMessageMax);
    error.http_status = head_.view().status;
    error.phase = phase();
    error.request_id = one_line(request_id(head_.view().headers), 200);
    return error;
  }
  [[nodiscard]] Error bad(std::string_view what) const {
    return make(ErrorClass::kBadResponse, what);
  }
  [[nodiscard]] Error truncated(std::string_view what) const {
    if (answer_.is_foreign()) return foreign_shape("the events have no choices");
    std::string words = "truncated: " + std::string(what) + " without a finish reason";
    if (const std::uint32_t choice = answer_.unfinished_choice(); choice > 0)
      words += " of choice " + std::to_string(choice);
    return bad(words);
  }
  /// Nothing that the dialect reads, where a server answered in full.
  [[nodiscard]] Error foreign_shape(std::string what) const {
    return bad(what.append("; is base_url a Chat Completions endpoint?"));
  }
  [[nodiscard]] Error unread() const {
    std::string what = "the answer has no content, but a member \"";
    return foreign_shape(what.append(answer_.unread()).append("\""));
  }
  [[nodiscard]] Error odd(std::string_view member, std::string_view value) const {
    if (member == "index" && value.find_first_of("{[") == std::string_view::npos)
      return bad("the answer cannot be used: the index of a choice is not a number from 0 to 127");
    return bad("the answer cannot be used: its \"" + std::string(member) + "\" " +
               std::string(kind_words(value)));
  }
  [[nodiscard]] Error after_finish() const {
    return bad("the answer goes on after its finish reason");
  }
  [[nodiscard]] Error foreign() const {
    if (!body_.empty() && body_.front() == kGzipMagic)
      return bad("the answer is gzip data though no encoding was asked for");
    std::string media = media_type(header(head_.view().headers, "content-type"));
    if (media.empty()) media = "no media type";
    return bad("the answer is " + media + ", not JSON or an event stream; is the base URL right?");
  }
  [[nodiscard]] Error frame_error(std::string_view json) const {
    Error error = read_frame_error(head_.view(), json, title_, options_.now_epoch);
    error.phase = phase();
    if (options_.refine_error != nullptr) options_.refine_error(error);
    return error;
  }
  [[nodiscard]] Error status_error() const {
    Error error = read_error(head_.view(), body_, title_, options_.now_epoch);
    if (options_.refine_error != nullptr) options_.refine_error(error);
    return error;
  }
  [[nodiscard]] Error error_finish() const {
    const ChunkChoice& last = reader_->chunk.choices.back();
    std::string reason(last.native_finish_reason);
    if (reason.empty() && last.finish_reason != "error") reason = last.finish_reason;
    Error error = make(ErrorClass::kOverloaded, "the provider stopped the answer with an error" +
                                                    (reason.empty() ? "" : " (" + reason + ")"));
    error.provider_code = one_line(reason, 200);
    return error;
  }
  [[nodiscard]] Phase phase() const {
    return answer_.any_content() ? Phase::kBody : Phase::kFirstToken;
  }

  ChatDecoderOptions options_;
  std::string title_;
  KeptHead head_;
  Emitter emitter_;
  Answer answer_;
  SseParser sse_;
  std::unique_ptr<FrameReader> reader_;  ///< of the frames that the matcher does not know
  FrameMatcher matcher_;
  std::string body_;
  Mode mode_ = Mode::kSniff;
  bool ended_ = false;
};

ChatDecoder::ChatDecoder(ChatDecoderOptions options, const prx_sink& sink,
                         std::string provider_title)
    : impl_(std::make_unique<Impl>(options, sink, std::move(provider_title))) {}
ChatDecoder::~ChatDecoder() = default;
void ChatDecoder::head(const ChatHead& head) { impl_->head(head); }
void ChatDecoder::data(char* bytes, std::size_t size) { impl_->data(bytes, size); }
void ChatDecoder::finish(const Error* http_error) { impl_->finish(http_error); }
bool ChatDecoder::ended() const { return impl_->ended(); }
bool ChatDecoder::answer_complete() const { return impl_->complete(); }
std::optional<std::string_view> ChatDecoder::rejection() const { return impl_->rejection(); }
void ChatDecoder::fail(const Error& error) { impl_->fail(error); }

}  // namespace prx::sdk
