#include "core/sim/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <rapidjson/document.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace prx::sim::test {
namespace {

/// Takes chunks off `wire`; true when the last one was there.
bool take_chunks(std::string_view wire, Response& out) {
  out.chunks.clear();
  out.body.clear();
  while (true) {
    const auto end = wire.find("\r\n");
    if (end == std::string_view::npos) return false;
    const auto size = std::strtoul(std::string(wire.substr(0, end)).c_str(), nullptr, 16);
    if (wire.size() < end + 2 + size + 2) return false;
    if (size == 0) return true;
    out.chunks.emplace_back(wire.substr(end + 2, size));
    out.body += out.chunks.back();
    wire.remove_prefix(end + 2 + size + 2);
  }
}

bool body_is_whole(Response& out) {
  if (out.headers["transfer-encoding"] == "chunked") {
    return out.wire.ends_with("0\r\n\r\n") && take_chunks(out.wire, out);
  }
  const auto length = std::strtoul(out.headers["content-length"].c_str(), nullptr, 10);
  return out.wire.size() >= length;
}

void read_head(std::string_view head, Response& out) {
  out.head = head;
  out.status = std::atoi(out.head.c_str() + 9);
  auto rest = head.substr(head.find("\r\n") + 2);
  while (rest.size() > 2) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    const auto colon = line.find(": ");
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out.headers[name] = line.substr(colon + 2);
    rest.remove_prefix(line.size() + 2);
  }
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect failed");
}

RawClient::RawClient(RawClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      unread_(std::move(other.unread_)),
      close_(other.close_) {}

RawClient::~RawClient() { close(); }

void RawClient::close(bool reset) {
  if (socket_ < 0) return;
  const linger hard{1, 0};
  if (reset) ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(socket_, -1));
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawClient::receive(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  pollfd wanted{socket_, POLLIN, 0};
  if (left.count() <= 0 || ::poll(&wanted, 1, static_cast<int>(left.count())) <= 0) return false;
  std::array<char, 65536> bytes;
  const auto got = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (got > 0) unread_.append(bytes.data(), static_cast<std::size_t>(got));
  if (got == 0) close_ = Close::kFin;
  if (got < 0) close_ = errno == ECONNRESET ? Close::kReset : Close::kFin;
  return got > 0;
}

Response RawClient::read(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  Response out;
  std::size_t head = std::string::npos;
  while ((head = unread_.find("\r\n\r\n")) == std::string::npos)
    if (!receive(until)) break;
  if (head != std::string::npos) {
    read_head(std::string_view(unread_).substr(0, head + 4), out);
    unread_.erase(0, head + 4);
    out.wire = std::exchange(unread_, {});
    while (!(out.whole = body_is_whole(out)) && receive(until))
      out.wire += std::exchange(unread_, {});
    if (out.whole && out.headers.count("content-length") != 0) {
      const auto length = std::strtoul(out.headers["content-length"].c_str(), nullptr, 10);
      unread_ = out.wire.substr(length);
      out.wire.resize(length);
    }
    if (out.headers["transfer-encoding"] != "chunked") out.body = out.wire;
    if (!out.whole && out.body.empty()) (void)take_chunks(out.wire, out);
  }
  out.close = close_;
  return out;
}

bool RawClient::read_until(std::string_view text) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (unread_.find(text) == std::string::npos)
    if (!receive(until)) return false;
  return true;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view key) {
  std::string out(method);
  out.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  if (!key.empty()) out.append("Authorization: Bearer ").append(key).append("\r\n");
  if (method == "POST")
    out.append("Content-Type: application/json\r\nContent-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n");
  return out.append("\r\n").append(body);
}

Response fetch(std::uint16_t port, std::string_view method, std::string_view target,
               std::string_view body, std::string_view key) {
  RawClient client(port);
  client.send(request_text(method, target, body, key));
  return client.read();
}

std::string chat_body(std::string_view model, bool stream, std::string_view members) {
  std::string out = "{\"model\":\"";
  out.append(model).append("\",\"stream\":").append(stream ? "true" : "false");
  out.append(",\"messages\":[{\"role\":\"user\",\"content\":\"Say hello.\"}]");
  return out.append(members).append("}");
}

Response chat(std::uint16_t port, std::string_view model, bool stream, std::string_view members) {
  return fetch(port, "POST", "/api/v1/chat/completions", chat_body(model, stream, members));
}

Response openai_chat(std::uint16_t port, std::string_view model, bool stream,
                     std::string_view members) {
  return fetch(port, "POST", "/v1/chat/completions", chat_body(model, stream, members));
}

std::vector<std::string> events(std::string_view body) {
  std::vector<std::string> out;
  while (!body.empty()) {
    const auto line = body.substr(0, body.find('\n'));
    if (line.starts_with("data: ")) out.emplace_back(line.substr(6));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
  }
  return out;
}

int count(std::string_view text, std::string_view part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

std::string content(std::string_view body) {
  constexpr std::string_view kOpen = "\"content\":\"";
  std::string out;
  for (auto at = body.find(kOpen); at != std::string_view::npos; at = body.find(kOpen, at)) {
    at += kOpen.size();
    while (at < body.size() && body[at] != '"') {
      if (body[at] == '\\') out += body[at++];
      out += body[at++];
    }
  }
  return out;
}

bool is_json(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      text.data(), text.size());
  return !document.HasParseError();
}

}  // namespace prx::sim::test
