#include "error_read.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "chat_emit.hpp"
#include "chat_halves.hpp"
#include "json_mend.hpp"
#include "prx/sdk/json_edit.hpp"
#include "rapid.hpp"

namespace prx::sdk {
namespace {

using rapid::Value;

const Value* member(const Value* object, const char* name) {
  if (object == nullptr || !object->IsObject()) return nullptr;
  const auto found = object->FindMember(name);
  if (found == object->MemberEnd() || found->value.IsNull()) return nullptr;
  return &found->value;
}
std::string_view text_of(const Value* value) {
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}
std::string_view text(const Value* object, const char* name) {
  return text_of(member(object, name));
}

std::optional<bool> flag(const Value* object, const char* name) {
  const Value* const value = member(object, name);
  if (value == nullptr || !value->IsBool()) return std::nullopt;
  return value->GetBool();
}

/// Numbers are texts here, as they are written.
bool is_number_text(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string_view::npos &&
         text.find_first_of("0123456789") <= 1;
}

/// A parsed document with the buffer that its strings point into. A text that was cut, by a limit
/// or on its way, is read as far as it goes; half a surrogate pair costs one character.
class Parsed {
 public:
  explicit Parsed(std::string_view json) {
    if (parse(json)) return;
    if (parse_repaired(std::string(json))) return;
    if (std::string mended = mend_json(json); !mended.empty()) parse_repaired(std::move(mended));
  }
  [[nodiscard]] const Value* root() const {
    return document_.HasParseError() ? nullptr : &document_;
  }

 private:
  bool parse(std::string_view json) {
    constexpr unsigned kFlags =
        rapid::kParseInsituFlag | rapid::kParseIterativeFlag | rapid::kParseNumbersAsStringsFlag;
    return !document_.ParseInsitu<kFlags>(scratch_.assign(json)).HasParseError();
  }

  bool parse_repaired(std::string json) {
    repair_first_halves(json.data(), json.size());
    return parse(json);
  }

  Scratch scratch_;
  rapid::Document document_;
};

constexpr int kDigMax = 8;  // JSON within JSON within prose: upstreams of upstreams

std::string dig_text(std::string_view words, int depth);

/// The innermost human message of an error in whatever shape.
std::string dig(const Value* value, int depth) {
  if (value == nullptr || depth > kDigMax) return {};
  if (value->IsString()) return dig_text(text_of(value), depth);
  if (value->IsArray()) return value->Empty() ? std::string() : dig(&(*value)[0], depth + 1);
  for (const char* name : {"error", "message", "detail", "error_message", "msg", "metadata", "raw"})
    if (std::string found = dig(member(value, name), depth + 1); !found.empty()) return found;
  return {};
}

std::string dig_text(std::string_view words, int depth) {
  const std::size_t first = words.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || is_number_text(words)) return {};
  if (words[first] != '{' && words[first] != '[') return std::string(words);
  const Parsed parsed(words);
  return parsed.root() == nullptr ? std::string(words) : dig(parsed.root(), depth + 1);
}

/// The array behind "detail", where FastAPI says what is wrong with a request; or nullptr. Some
/// servers hand it on inside of their own error.
const Value* detail_of(const Value* root) {
  for (const Value* object : {root, member(root, "message"), member(root, "error")})
    if (const Value* const detail = member(object, "detail");
        detail != nullptr && detail->IsArray() && !detail->Empty() && (*detail)[0].IsObject())
      return detail;
  return nullptr;
}

/// `["body","messages",0,"role"]` as "messages[0].role".
std::string path_of(const Value* loc) {
  std::string path;
  if (loc == nullptr || !loc->IsArray()) return path;
  for (const Value& step : loc->GetArray()) {
    const std::string_view name = text_of(&step);
    if (&step == loc->Begin() && name == "body") continue;
    if (is_number_text(name))
      path.append("[").append(name).append("]");
    else
      path.append(path.empty() ? "" : ".").append(name);
  }
  return path;
}

/// "messages[0].role: Input should be a string; seed: ..." of such an array; nullptr gives "".
std::string complaints_of(const Value* detail) {
  constexpr std::size_t kComplaintsMax = 3;
  std::string out;
  for (rapid::SizeType i = 0; detail != nullptr && i < detail->Size() && i < kComplaintsMax; ++i) {
    const Value* const each = &(*detail)[i];
    const std::string_view words = text(each, "msg");
    if (words.empty()) continue;
    const std::string path = path_of(member(each, "loc"));
    out.append(out.empty() ? "" : "; ").append(path).append(path.empty() ? "" : ": ").append(words);
  }
  return out;
}

struct StatusWords {
  short status;
  char words[22];  // NOLINT: filled by a literal
};
constexpr auto kStatusWords = std::to_array<StatusWords>({
    {301, "Moved Permanently"},  {302, "Found"},
    {303, "See Other"},          {307, "Temporary Redirect"},
    {308, "Permanent Redirect"}, {400, "Bad Request"},
    {401, "Unauthorized"},       {402, "Payment Required"},
    {403, "Forbidden"},          {404, "Not Found"},
    {408, "Request Timeout"},    {409, "Conflict"},
    {413, "Content Too Large"},  {422, "Unprocessable Content"},
    {429, "Too Many Requests"},  {500, "Internal Server Error"},
    {502, "Bad Gateway"},        {503, "Service Unavailable"},
    {504, "Gateway Timeout"},    {524, "Origin Timeout"},
    {529, "Overloaded"},
});

std::string_view status_words(int status) {
  for (const StatusWords& each : kStatusWords)
    if (each.status == status) return each.words;
  return {};
}

/// scheme://host of a URL, or "" when it has none; never what may hold a secret: user, path, query.
std::string origin_of(std::string_view url) {
  constexpr std::size_t kOriginMax = 200;
  const std::size_t scheme = url.find("://");
  if (scheme > 5 || url.substr(0, 4) != "http") return {};  // or there is none
  const std::string_view rest = url.substr(scheme + 3);
  std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t user = host.rfind('@'); user != std::string_view::npos)
    host.remove_prefix(user + 1);
  if (host.empty()) return {};
  return one_line(std::string(url.substr(0, scheme + 3)).append(host), kOriginMax);
}

std::string redirect_words(std::span<const prx_kv> headers) {
  const std::string origin = origin_of(header(headers, "location"));
  return "redirects are not followed; base_url is probably wrong" +
         (origin.empty() ? std::string() : " (this one leads to " + origin + ")");
}

/// The parts of one error object, and how they become an Error.
class ErrorReader {
 public:
  ErrorReader(const ChatHead& head, std::string_view title, std::int64_t now_epoch)
      : head_(head), title_(title), now_epoch_(now_epoch) {
    if (head.status >= 100 && head.status < 600) error_.http_status = head.status;
    error_.request_id = one_line(request_id(head.headers), 200);
  }

  /// \param root  the whole body or frame, nullptr when it is not JSON
  Error read(const Value* root) {
    find_parts(root);
    read_code();
    read_class();
    read_retryable();
    read_wait();
    read_words();
    return std::move(error_);
  }
  /// Words for a body that is not JSON.
  void set_fallback(std::string words) { fallback_ = std::move(words); }

 private:
  void find_parts(const Value* root) {
    if (root != nullptr && root->IsArray() && !root->Empty()) root = &(*root)[0];  // Google's form
    object_ = member(root, "error");
    // {"error":"words","error_type":..}: what else is known stands beside it
    if (object_ == nullptr || !object_->IsObject()) object_ = root;
    metadata_ = member(object_, "metadata");
    availability_ = member(object_, "availability");
    if (availability_ == nullptr) availability_ = member(metadata_, "availability");
  }

  void read_code() {
    std::string code(text(object_, "code"));
    if (code.empty()) code = bare_number();
    if (const std::string_view status = text(object_, "status");
        code.empty() && is_number_text(status))
      code = status;  // else words of many kinds
    int number = 0;
    const auto result = std::from_chars(code.data(), code.data() + code.size(), number);
    const bool numeric = !code.empty() && result.ptr == code.data() + code.size();
    if (!numeric) word_ = code;
    if (const std::string_view stated = text(object_, "http_status"); is_number_text(stated))
      std::from_chars(stated.data(), stated.data() + stated.size(), number);
    if (head_.status < 300 && number >= 400 && number <= 599) error_.http_status = number;
    for (std::string_view typed :
         {text(metadata_, "error_type"), text(object_, "error_type"), text(availability_, "code"),
          std::string_view(word_), text(object_, "type"), std::string_view(code)})
      if (!typed.empty() && typed != "unmapped" && typed != "error") {
        error_.provider_code = one_line(typed, 200);
        break;
      }
    if (const std::string_view inner = text(metadata_, "provider_code");
        !inner.empty() && error_.provider_code == code)
      error_.provider_code = one_line(inner, 200);
  }

  /// {"error":5}, or 5 alone.
  [[nodiscard]] std::string bare_number() const {
    const Value* const inner = member(object_, "error");
    const std::string_view value = text_of(inner == nullptr ? object_ : inner);
    return is_number_text(value) ? std::string(value) : std::string();
  }

  void read_class() {
    const int status = head_.status < 300 ? error_.http_status : head_.status;
    const ErrorClass by_status = classify(status, {});
    const std::string_view type = text(object_, "type");
    error_.error_class = by_status;
    if ((status == 402 || status == 403) && member(metadata_, "limit_source") != nullptr)
      error_.error_class = ErrorClass::kCredit;
    for (std::string_view typed : {text(metadata_, "error_type"), text(object_, "error_type"),
                                   text(availability_, "code"), std::string_view(word_)})
      if (is_typed(typed)) {
        error_.error_class = classify(status, typed);
        return;
      }
    // OpenAI's `type` is coarse: it decides where the status says nothing, and where it tells a
    // quota or a context length from what has the same status.
    if (status < 400 && type == "invalid_request_error")
      error_.error_class = ErrorClass::kInvalidRequest;
    else if (is_typed(type) && (status < 400 || is_decisive(classify(status, type))))
      error_.error_class = classify(status, type);
  }
  /// What no status says.
  static bool is_decisive(ErrorClass by_type) {
    return by_type == ErrorClass::kCredit || by_type == ErrorClass::kContextLength;
  }
  /// Two statuses of different classes agree only on a code that is in the table.
  static bool is_typed(std::string_view code) {
    return !code.empty() && classify(401, code) == classify(429, code);
  }

  void read_retryable() {
    const std::string_view word = header(head_.headers, "x-should-retry");
    if (word == "true" || word == "false") error_.retryable = word == "true";
    if (!error_.retryable) error_.retryable = flag(availability_, "retryable");
    const Value* const raw = member(metadata_, "raw");
    if (!error_.retryable) error_.retryable = flag(raw, "retryable");
    if (error_.retryable || raw == nullptr || !raw->IsString()) return;
    const Parsed parsed(text_of(raw));
    error_.retryable = flag(parsed.root(), "retryable");
  }

  void read_wait() {
    const Resets resets = resets_of(error_.error_class);
    error_.retry_after = sdk::read_wait(head_.headers, resets, now_epoch_);
    if (!error_.retry_after) error_.retry_after = wait_of(availability_);
    if (!error_.retry_after) error_.retry_after = wait_of(metadata_);
    if (!error_.retry_after) error_.retry_after = wait_of(object_);
    if (!error_.retry_after) error_.retry_after = wait_of_headers(resets);
  }
  /// Each answer has the limits: only a rate limit says that one of them is why.
  static Resets resets_of(ErrorClass error_class) {
    if (error_class == ErrorClass::kRateLimit) return Resets::kUnlessLeft;
    return error_class == ErrorClass::kOverloaded ? Resets::kUsedUp : Resets::kNone;
  }
  std::optional<std::chrono::milliseconds> wait_of(const Value* object) const {
    std::string_view value = text(object, "retry_after");
    if (value.empty()) value = text(object, "retry_after_seconds");
    const prx_kv kv{to_str("retry-after"), to_str(value)};
    return read_explicit_wait({&kv, 1}, now_epoch_);
  }
  /// OpenRouter repeats its own headers inside the body's metadata.
  std::optional<std::chrono::milliseconds> wait_of_headers(Resets resets) const {
    const Value* const headers = member(metadata_, "headers");
    if (headers == nullptr || !headers->IsObject()) return std::nullopt;
    std::vector<std::pair<std::string, std::string>> lines;
    for (const auto& line : headers->GetObject()) {
      std::string name(line.name.GetString(), line.name.GetStringLength());
      for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
      lines.emplace_back(std::move(name), text_of(&line.value));
    }
    std::vector<prx_kv> kvs;
    for (const auto& [name, value] : lines) kvs.push_back({to_str(name), to_str(value)});
    return sdk::read_wait(kvs, resets, now_epoch_);
  }

  void read_words() {
    std::string message = own_message();
    const std::string cause = dig(member(metadata_, "raw"), 0);
    const std::string_view upstream = text(metadata_, "provider_name");
    std::string line(title_);
    const int status = std::max(head_.status, error_.http_status);
    if (status < 200 || status >= 300) {
      line += " answered " + std::to_string(status);
      if (const std::string_view words = status_words(status); !words.empty())
        line.append(1, ' ').append(words);
    } else {
      line += " reported an error";
    }
    if (status >= 300 && status < 400) line += ": " + redirect_words(head_.headers);
    if (!message.empty()) line += ": " + message;
    if (!cause.empty() && message.find(cause) == std::string::npos) line += ": " + cause;
    if (const std::string parameter = own_parameter();
        !parameter.empty() && message.find(parameter) == std::string::npos)
      line.append(" (parameter ").append(parameter).append(")");
    if (!upstream.empty()) line.append(" (provider ").append(upstream).append(")");
    error_.message = one_line(line, kErrorMessageMax);
    error_.raw = raw_words(cause, message);
  }
  std::string own_parameter() const {
    constexpr std::size_t kParameterMax = 100;
    return one_line(text(object_, "param"), kParameterMax);
  }
  std::string own_message() const {
    if (std::string complaints = complaints_of(detail_of(object_)); !complaints.empty())
      return complaints;
    if (const std::string_view words = text(object_, "message"); !words.empty())
      return dig_text(words, 0);
    if (std::string found = dig(object_, 0); !found.empty()) return found;
    if (!fallback_.empty() || error_.provider_code.empty()) return fallback_;
    return "code " + error_.provider_code;
  }
  std::string raw_words(const std::string& cause, const std::string& message) const {
    std::string raw(text(metadata_, "raw"));
    if (raw.empty()) raw = cause.empty() ? message : cause;
    if (raw.size() > kErrorRawMax) raw.resize(kErrorRawMax);
    return raw;
  }

  const ChatHead& head_;
  std::string_view title_;
  std::int64_t now_epoch_;
  const Value* object_ = nullptr;
  const Value* metadata_ = nullptr;
  const Value* availability_ = nullptr;
  std::string word_, fallback_;
  Error error_;
};

/// The text of <title>, or "".
std::string html_title(std::string_view body) {
  std::string lower(body.substr(0, 16'384));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  const std::size_t open = lower.find("<title");
  const std::size_t begin = open == std::string::npos ? open : lower.find('>', open);
  const std::size_t end = begin == std::string::npos ? begin : lower.find("</title", begin);
  if (end == std::string::npos) return {};
  return std::string(body.substr(begin + 1, end - begin - 1));
}

/// What a body that is not JSON may say in a message: a page's title, or a short plain line.
std::string plain_words(std::string_view body) {
  constexpr std::size_t kProseMax = 300;
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  if (body[first] == '<') return html_title(body);
  if (body[first] == '{' || body[first] == '[') return "the error's body is broken JSON";
  return one_line(body.substr(first), kProseMax);
}

}  // namespace

std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  for (char& c : type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return type;
}

std::string_view request_id(std::span<const prx_kv> headers) {
  for (std::string_view name : {"x-request-id", "x-generation-id", "request-id"})
    if (const std::string_view id = header(headers, name); !id.empty()) return id;
  return {};
}

std::string content_encoding(std::span<const prx_kv> headers) {
  constexpr std::size_t kCodingMax = 40;
  std::string coding = one_line(header(headers, "content-encoding"), kCodingMax);
  for (char& c : coding)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return coding == "identity" ? std::string() : coding;
}

namespace {

/// A server's words are UTF-8 from here on, and within their limit.
Error with_utf8(Error error) {
  for (std::string* const text : {&error.provider_code, &error.request_id, &error.raw})
    if (!json::is_utf8(*text)) *text = mended_utf8(*text);
  if (error.raw.size() > kErrorRawMax)
    error.raw.resize(utf8_prefix(error.raw, kErrorRawMax).size());
  return error;
}

}  // namespace

Error read_error(const ChatHead& head, std::string_view body, std::string_view provider_title,
                 std::int64_t now_epoch) {
  const std::string coding = content_encoding(head.headers);
  if (!coding.empty()) body = {};
  const Parsed parsed(body);
  ErrorReader reader(head, provider_title, now_epoch);
  const Value* const root = parsed.root();
  const bool structured = root != nullptr && (root->IsObject() || root->IsArray());
  if (!structured)
    reader.set_fallback(coding.empty() ? plain_words(body) : "its body is " + coding + "-encoded");
  Error error = with_utf8(reader.read(structured ? root : nullptr));
  error.phase = Phase::kHead;
  return error;
}

Refusal read_refusal(std::string_view error_body) {
  const Parsed parsed(error_body);
  const Value* const root = parsed.root();
  Refusal refusal;
  const Value* const error = member(root, "error");
  refusal.code = text(error, "code");
  refusal.parameter = text(error, "param");
  if (const Value* const detail = detail_of(root); detail != nullptr) {
    const std::string_view type = text(&(*detail)[0], "type");
    const bool is_extra = type == "extra_forbidden" || type == "value_error.extra";
    refusal.code = is_extra ? "unknown_parameter" : type;
    refusal.parameter = path_of(member(&(*detail)[0], "loc"));
  }
  return refusal;
}

Error read_frame_error(const ChatHead& head, std::string_view error_json,
                       std::string_view provider_title, std::int64_t now_epoch) {
  const Parsed parsed(error_json);
  ErrorReader reader(head, provider_title, now_epoch);
  const Value* const root = parsed.root();
  const std::string_view words = text_of(root);
  if (root == nullptr) reader.set_fallback(plain_words(error_json));
  if (words.empty() || is_number_text(words)) return with_utf8(reader.read(root));
  reader.set_fallback(std::string(words));
  return with_utf8(reader.read(nullptr));
}

}  // namespace prx::sdk
