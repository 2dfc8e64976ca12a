/// \file chat_decoders.hpp
/// The decoders behind ChatProvider, one per kind of operation. Pure: no socket, no clock but the
/// wall's date for Retry-After.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/sdk/chat_completions.hpp"
#include "prx/sdk/http_provider.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {

/// A part of what PRX_OP_ACCOUNT answers.
struct AccountPart {
  std::string name;  ///< of the ITEM: "key", "credits"
  std::string path;  ///< after the base URL
  /// What a 403 means here; the part is then null with this note. "": an error
  std::string forbidden = {};
  /// What such a part says: of these members an answer has one at least, in its "data" if there is
  /// one. Another answer is an error. None: any JSON will do. They stay: literals
  std::vector<std::string_view> members = {};
};

/// How a server refused a chat; borrowed for the call. read_refusal() reads the body.
struct ChatRejection {
  int status = 0;         ///< outside of 200 to 299
  std::string_view body;  ///< as far as it came
};

namespace detail {

[[nodiscard]] inline bool succeeded(const HttpHead& head) {
  return head.status >= 200 && head.status < 300;
}

[[nodiscard]] inline Error rejection(const HttpHead& head, std::string_view body,
                                     std::string_view title) {
  return read_error({head.status, head.headers}, body, title, std::time(nullptr));
}

/// Its body cannot be read: no request of ours asks for an encoding.
[[nodiscard]] inline bool is_encoded(const HttpHead& head) {
  const std::string_view coding = head.header("content-encoding");
  return !coding.empty() && coding != "identity";
}

[[nodiscard]] inline Error not_json(const HttpHead& head, std::string_view title) {
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  error.message = std::string(title) + ": the answer is ";
  if (is_encoded(head))
    error.message.append(head.header("content-encoding").substr(0, 40))
        .append("-encoded though no encoding was asked for");
  else
    error.message.append("not JSON (content-type ")
        .append(head.header("content-type").substr(0, 200))
        .append("); check base_url");
  error.http_status = head.status;
  error.phase = Phase::kBody;
  return error;
}

/// What kind of JSON a valid text is, "a list".
[[nodiscard]] inline std::string_view json_kind(std::string_view json) {
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  switch (first == std::string_view::npos ? '0' : json[first]) {
    case '{':
      return "an object";
    case '[':
      return "a list";
    case '"':
      return "a text";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
  }
}

/// The answer is JSON, and not what was asked for.
/// \param from  the URL
/// \param what  "is null, not an object"
[[nodiscard]] inline Error wrong_json(const HttpHead& head, std::string_view title,
                                      std::string_view from, std::string_view what) {
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  error.message.append(title).append(": the answer from ").append(from).append(" ");
  error.message.append(what).append("; check base_url");
  error.http_status = head.status;
  error.phase = Phase::kBody;
  return error;
}

/// What a chat's decoder asks its provider; see ChatProvider.
class ChatSender {
 public:
  ChatSender() = default;
  virtual ~ChatSender() = default;
  ChatSender(const ChatSender&) = delete;
  ChatSender& operator=(const ChatSender&) = delete;

  [[nodiscard]] virtual std::uint32_t repair_chat(const Request& request,
                                                  const ChatRejection& rejection) const = 0;
  virtual void chat_repaired(const Request& request, std::uint32_t changed) const = 0;
  [[nodiscard]] virtual Result<HttpCall> chat(const Request& request) const = 0;
};

/// PRX_OP_CHAT. The dialect writes into the operation's own sink: no layer per event. A rejected
/// request is sent again in another shape when its provider knows one; each bit of a shape changes
/// at most once.
class ChatExchange final : public Decoder {
 public:
  /// \param sender, title  live as long as the operation.
  ChatExchange(const ChatSender& sender, const Request& request, const prx_sink& sink,
               const std::string& title, RefineError refine)
      : sender_(sender),
        title_(title),
        refine_(refine),
        body_(request.body),
        traceparent_(request.traceparent),
        shape_(request.shape),
        stream_(request.stream),
        want_frame_(request.want_frame) {
    chat_.emplace(options(), sink, title);
  }

  void head(const HttpHead& head, EventWriter& out) override {
    if (changed_ != 0 && succeeded(head)) sender_.chat_repaired(request(), changed_);
    status_ = head.status;
    chat_->head({head.status, head.headers});
    note_end(out);
  }
  void data(char* bytes, std::size_t size, EventWriter& out) override {
    chat_->data(bytes, size);
    note_end(out);
  }
  void finish(EventWriter& out) override {
    if (repair(out)) return;
    chat_->finish(nullptr);
    note_end(out);
  }
  void broken(const Error& error, EventWriter& out) override {
    const bool is_cancel = error.error_class == ErrorClass::kCancelled;
    if (!is_cancel && repair(out)) return;
    if (is_cancel)
      chat_->fail(error);
    else
      chat_->finish(&error);
    note_end(out);
  }
  [[nodiscard]] std::optional<HttpCall> next() override {
    const auto call = std::move(next_);
    return call ? std::optional<HttpCall>(std::move(*call)) : std::nullopt;
  }

 private:
  /// What is kept of the request. Another body is another request: it does not get the idempotency
  /// key of the first.
  [[nodiscard]] Request request() const {
    Request request;
    request.stream = stream_;
    request.want_frame = want_frame_;
    request.shape = shape_;
    request.body = body_;
    request.traceparent = traceparent_;
    return request;
  }
  /// True when there is another request to make.
  [[nodiscard]] bool repair(EventWriter& out) {
    const std::optional<std::string_view> body = chat_->rejection();
    if (!body || out.ended()) return false;
    Request again = request();
    again.shape = sender_.repair_chat(again, {status_, *body});
    const std::uint32_t bits = again.shape ^ shape_;
    if (bits == 0 || (bits & changed_) != 0) return false;
    Result<HttpCall> call = sender_.chat(again);
    if (!call) return false;  // and what the provider said is reported
    shape_ = again.shape;
    changed_ |= bits;
    next_ = std::make_unique<HttpCall>(std::move(*call));
    chat_.emplace(options(), out.sink(), title_);
    return true;
  }
  [[nodiscard]] ChatDecoderOptions options() const {
    ChatDecoderOptions options;
    options.stream = stream_;
    options.want_frame = want_frame_;
    options.refine_error = refine_;
    return options;
  }
  void note_end(EventWriter& out) const {
    if (chat_->ended()) out.mark_ended();
  }

  const ChatSender& sender_;
  const std::string& title_;
  const RefineError refine_;
  const std::string_view body_;
  const std::string traceparent_;  ///< mostly "", and then not allocated
  std::uint32_t shape_;
  std::uint32_t changed_ = 0;  ///< bits of the shape that a repair has changed
  int status_ = 0;
  const bool stream_, want_frame_;
  std::unique_ptr<HttpCall> next_;  ///< null but between a repair and what it sends
  std::optional<ChatDecoder> chat_;
};

/// PRX_OP_MODELS.
class ModelsDecoder final : public BodyDecoder {
 public:
  explicit ModelsDecoder(std::string title) : title_(std::move(title)) {}

 protected:
  void body(const HttpHead& head, std::string_view body, EventWriter& out) override {
    if (!succeeded(head)) return out.error(rejection(head, body, title_));
    if (is_encoded(head)) return out.error(not_json(head, title_));
    read_models(body, out.sink(), title_);
    out.mark_ended();
  }

 private:
  const std::string title_;
};

/// PRX_OP_HEALTH and PRX_OP_WARMUP: the first of several paths that is not 404 decides.
class ProbeDecoder final : public BodyDecoder {
 public:
  /// \param calls  1 or more; the first one is under way.
  ProbeDecoder(std::string title, std::vector<HttpCall> calls)
      : title_(std::move(title)), calls_(std::move(calls)) {}

  [[nodiscard]] std::optional<HttpCall> next() override {
    if (made_ == calls_.size()) return std::nullopt;
    return calls_[made_++];
  }

 protected:
  void body(const HttpHead& head, std::string_view body, EventWriter& out) override {
    if (head.status == 404 && made_ < calls_.size()) return;
    if (!succeeded(head)) return out.error(rejection(head, body, title_));
    if (!json::ObjectIndex::parse(body)) return out.error(no_object(head, body));
    out.done();
  }

 private:
  [[nodiscard]] Error no_object(const HttpHead& head, std::string_view body) const {
    const std::string kind(json_kind(body));
    const bool broken = kind == "an object" || is_encoded(head) || !json::validate(body);
    if (broken) return not_json(head, title_);
    return wrong_json(head, title_, calls_[made_ - 1].url, "is " + kind + ", not an object");
  }

  const std::string title_;
  const std::vector<HttpCall> calls_;
  std::size_t made_ = 1;
};

/// PRX_OP_ACCOUNT: one ITEM per part.
class AccountDecoder final : public BodyDecoder {
 public:
  AccountDecoder(std::string title, std::vector<AccountPart> parts, std::vector<HttpCall> calls)
      : title_(std::move(title)), parts_(std::move(parts)), calls_(std::move(calls)) {}

  [[nodiscard]] std::optional<HttpCall> next() override {
    if (part_ == calls_.size()) return std::nullopt;
    return calls_[part_];
  }

 protected:
  void body(const HttpHead& head, std::string_view body, EventWriter& out) override {
    const std::size_t place = part_++;
    const AccountPart& part = parts_[place];
    const bool forbidden = head.status == 403 && !part.forbidden.empty();
    if (!forbidden)
      if (const auto wrong = problem(head, body, place)) return out.error(*wrong);
    out.item(part.name, {}, forbidden ? "null" : body, forbidden ? part.forbidden : "");
    if (part_ == parts_.size()) out.done();
  }

 private:
  [[nodiscard]] std::optional<Error> problem(const HttpHead& head, std::string_view body,
                                             std::size_t place) const {
    if (!succeeded(head)) return rejection(head, body, title_);
    if (!json::validate(body)) return not_json(head, title_);
    const auto& members = parts_[place].members;
    if (members.empty()) return std::nullopt;
    const auto whole = json::ObjectIndex::parse(body);
    const std::string_view said = whole ? whole->find("data").value_or(body) : body;
    const auto data = json::ObjectIndex::parse(said);
    const bool tells =
        data && std::any_of(members.begin(), members.end(),
                            [&](std::string_view name) { return data->find(name).has_value(); });
    if (tells) return std::nullopt;
    if (whole && whole->find("error")) return rejection(head, body, title_);  // under status 200
    std::string what = "is " + std::string(json_kind(body));
    if (said.data() != body.data()) what.append(" whose data is ").append(json_kind(said));
    return wrong_json(head, title_, calls_[place].url, what + ", which tells no account");
  }

  const std::string title_;
  const std::vector<AccountPart> parts_;
  const std::vector<HttpCall> calls_;
  std::size_t part_ = 0;
};

/// PRX_OP_CALL: the whole answer as one ITEM.
class CallDecoder final : public BodyDecoder {
 public:
  explicit CallDecoder(std::string title) : title_(std::move(title)) {}

 protected:
  void body(const HttpHead& head, std::string_view body, EventWriter& out) override {
    if (!succeeded(head)) return out.error(rejection(head, body, title_));
    if (!json::validate(body)) return out.error(not_json(head, title_));
    out.item("response", {}, body);
    out.done();
  }

 private:
  const std::string title_;
};

}  // namespace detail
}  // namespace prx::sdk
