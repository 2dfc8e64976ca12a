#include "sim/reply.hpp"

#include <algorithm>

namespace prx::sim {
namespace {

constexpr std::size_t kOversizedBodyDefault = 65u << 20;  ///< above a client's limit of 64 MiB
constexpr std::size_t kFillerHeaderBytes = 4'000;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    default:
      return "Simulated";
  }
}

/// Status line and headers; the caller adds those of length and the empty line.
std::string open_head(int status, std::string_view content_type, const Headers& headers,
                      bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + ' ';
  out.append(reason_phrase(status)).append("\r\nContent-Type: ").append(content_type);
  for (const auto& [name, value] : headers)
    out.append("\r\n").append(name).append(": ").append(value);
  return out += keep_alive ? "\r\n" : "\r\nConnection: close\r\n";
}

void pad_head(std::string& head, const Faults& faults) {
  const Fault* fault = find_fault(faults, FaultKind::kOversizedHead);
  if (fault == nullptr) return;
  for (int i = 0; head.size() < fault->bytes; ++i)
    head += "X-Padding-" + std::to_string(i) + ": " + std::string(kFillerHeaderBytes, 'x') + "\r\n";
}

std::chrono::milliseconds delay_of(const Faults& faults, FaultKind kind) {
  const Fault* fault = find_fault(faults, kind);
  return fault == nullptr ? std::chrono::milliseconds(0) : fault->delay;
}

/// How the body ends; anything but kComplete leaves half of it unsent.
Ending body_ending(const Faults& faults) {
  if (find_fault(faults, FaultKind::kCut) != nullptr) return Ending::kCut;
  if (find_fault(faults, FaultKind::kStall) != nullptr) return Ending::kStall;
  const Fault* reset = find_fault(faults, FaultKind::kReset);
  return reset != nullptr && reset->after >= 0 ? Ending::kReset : Ending::kComplete;
}

void spoil(PlainReply& plain, const Faults& faults) {
  if (find_fault(faults, FaultKind::kWrongType) != nullptr) plain.content_type = "text/plain";
  if (find_fault(faults, FaultKind::kTruncatedJson) != nullptr)
    plain.body.resize(plain.body.size() / 2);
  if (find_fault(faults, FaultKind::kMalformed) != nullptr && !plain.body.empty())
    plain.body.insert(plain.body.size() / 2, "\"}{");
  if (const Fault* oversized = find_fault(faults, FaultKind::kOversized)) {
    const std::size_t size = oversized->bytes == 0 ? kOversizedBodyDefault : oversized->bytes;
    if (plain.body.size() < size) plain.body.append(size - plain.body.size(), ' ');
  }
}

PlainReply html_reply(int status) {
  PlainReply plain;
  plain.status = status;
  plain.content_type = "text/html";
  plain.body = "<html>\r\n<head><title>" + std::to_string(status) +
               " Bad Gateway</title></head>\r\n<body>\r\n<center><h1>" + std::to_string(status) +
               " Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
  return plain;
}

VendorError status_error(const Fault& fault) {
  VendorError error = usual_error(fault.status);
  error.form = fault.code;
  error.retry_after = fault.retry_after;
  error.retry_form = fault.form;
  return error;
}

}  // namespace

std::optional<Reply> no_reply(const Faults& faults) {
  Reply reply;
  const Fault* reset = find_fault(faults, FaultKind::kReset);
  if (reset != nullptr && reset->after < 0) reply.before_head = Ending::kReset;
  if (find_fault(faults, FaultKind::kHangUp) != nullptr) reply.before_head = Ending::kCut;
  if (find_fault(faults, FaultKind::kSilence) != nullptr) reply.before_head = Ending::kStall;
  if (reply.before_head == Ending::kNone) return std::nullopt;
  reply.head_delay = delay_of(faults, FaultKind::kLateHead);
  return reply;
}

PlainReply error_reply(const Dialect& dialect, const VendorError& error) {
  PlainReply plain;
  plain.status = error.status;
  plain.headers = dialect.headers("", 0);
  for (const auto& header : dialect.wait_headers(error, std::chrono::system_clock::now())) {
    std::erase_if(plain.headers, [&](const auto& each) { return each.first == header.first; });
    plain.headers.push_back(header);
  }
  plain.body = dialect.error(error);
  return plain;
}

std::optional<PlainReply> refusal(const Dialect& dialect, const Faults& faults,
                                  const CatalogModel& model) {
  for (const auto& fault : faults) {
    switch (fault.kind) {
      case FaultKind::kStatus:
        return error_reply(dialect, status_error(fault));
      case FaultKind::kContextLength:
        return error_reply(dialect, dialect.context_length(model));
      case FaultKind::kPolicy:
        return error_reply(dialect, dialect.policy());
      case FaultKind::kQuota:
        return error_reply(dialect, dialect.no_credit());
      case FaultKind::kHtml:
        return html_reply(fault.status);
      case FaultKind::kEmptyBody:
        return PlainReply{fault.status, "text/plain", {}, ""};
      case FaultKind::kTruncatedJson:
        if (fault.status == 200) break;
        return error_reply(dialect, usual_error(fault.status));
      default:
        break;
    }
  }
  return std::nullopt;
}

Reply make_reply(PlainReply plain, const Faults& faults, bool keep_alive) {
  spoil(plain, faults);
  Reply reply;
  reply.keep_alive = keep_alive;
  reply.status = plain.status;
  reply.head_delay = delay_of(faults, FaultKind::kLateHead);
  reply.head = open_head(plain.status, plain.content_type, plain.headers, keep_alive);
  pad_head(reply.head, faults);
  reply.head += "Content-Length: " + std::to_string(plain.body.size()) + "\r\n\r\n";
  Framing framing;
  if (const Fault* split = find_fault(faults, FaultKind::kSplit)) framing.piece = split->size;
  if (const Fault* slow = find_fault(faults, FaultKind::kSlow)) {
    framing.piece = slow->size;
    framing.piece_wait = slow->delay;
  }
  if (const Fault* trickle = find_fault(faults, FaultKind::kTrickle)) {
    framing.piece = 1;
    framing.piece_wait = trickle->delay;
  }
  const Ending ending = body_ending(faults);
  if (ending != Ending::kComplete) plain.body.resize(plain.body.size() / 2);
  reply.body = std::make_unique<FixedBody>(std::move(plain.body), framing,
                                           delay_of(faults, FaultKind::kLateToken), ending);
  return reply;
}

Reply make_stream(Headers headers, std::unique_ptr<Body> body, const Faults& faults,
                  bool keep_alive) {
  Reply reply;
  reply.keep_alive = keep_alive;
  reply.status = 200;
  reply.head_delay = delay_of(faults, FaultKind::kLateHead);
  const bool wrong = find_fault(faults, FaultKind::kWrongType) != nullptr;
  headers.emplace_back("Cache-Control", "no-cache");
  reply.head = open_head(200, wrong ? "text/plain" : "text/event-stream; charset=utf-8", headers,
                         keep_alive);
  pad_head(reply.head, faults);
  reply.head += "Transfer-Encoding: chunked\r\n\r\n";
  reply.body = std::move(body);
  return reply;
}

}  // namespace prx::sim
