#include "cli/serve/service_manager.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include "os/file.hpp"

namespace prx::cli {
namespace {

constexpr int kFirstGiven = 3;                // SD_LISTEN_FDS_START
constexpr std::size_t kStatusMax = 1u << 10;  // bytes

std::string taken(const char* name) {
  const char* const value = std::getenv(name);
  std::string out = value == nullptr ? "" : value;
  ::unsetenv(name);
  return out;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

bool is_for_us(std::string_view pid) { return number_in<pid_t>(pid) == ::getpid(); }

/// The parts of LISTEN_FDNAMES; there may be fewer than sockets.
std::vector<std::string_view> names_in(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    out.push_back(text.substr(0, colon));
    text.remove_prefix(colon == text.npos ? text.size() : colon + 1);
  }
  return out;
}

Unexpected<Error> not_usable(int number, std::string_view name, const std::string& why) {
  return fail(ErrorClass::kInvalidRequest,
              "the socket that was given as descriptor " + std::to_string(number) +
                  (name.empty() ? "" : " ('" + std::string(name) + "')") + ": " + why);
}

Result<gateway::Listener> given(int number, std::string_view name) {
  const int flags = ::fcntl(number, F_GETFD);
  if (flags < 0 || ::fcntl(number, F_SETFD, flags | FD_CLOEXEC) != 0)
    return not_usable(number, name, "it is not open; start prx serve from a .socket unit");
  auto listener = gateway::listener_of(os::Descriptor(number));
  if (!listener)
    return not_usable(number, name,
                      listener.error().message + "; give it by ListenStream= with Accept=no");
  return std::move(*listener);
}

/// 0: it is no address.
socklen_t address_in(const std::string& text, sockaddr_un& out) {
  if (text.size() < 2 || (text[0] != '/' && text[0] != '@') || text.size() > sizeof out.sun_path)
    return 0;
  out.sun_family = AF_UNIX;
  std::memcpy(out.sun_path, text.data(), text.size());
  if (text[0] == '@') out.sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size());
}

/// A line of its own.
std::string status_line(std::string_view status) {
  std::string out = "STATUS=" + std::string(status.substr(0, kStatusMax));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out + '\n';
}

std::string monotonic_usec() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000);
}

}  // namespace

ServiceVariables ServiceVariables::take() {
  ServiceVariables out;
  out.listen_pid = taken("LISTEN_PID");
  out.listen_fds = taken("LISTEN_FDS");
  out.listen_names = taken("LISTEN_FDNAMES");
  out.notify_socket = taken("NOTIFY_SOCKET");
  out.watchdog_pid = taken("WATCHDOG_PID");
  out.watchdog_usec = taken("WATCHDOG_USEC");
  return out;
}

Result<std::vector<gateway::Listener>> given_listeners(const ServiceVariables& variables) {
  std::vector<gateway::Listener> out;
  if (variables.listen_fds.empty() || !is_for_us(variables.listen_pid)) return out;
  const auto count = number_in<int>(variables.listen_fds);
  if (!count || *count < 0 || *count > kGivenMax)
    return fail(ErrorClass::kInvalidRequest, "LISTEN_FDS is '" + variables.listen_fds +
                                                 "', not a number of sockets from 0 to " +
                                                 std::to_string(kGivenMax) + "; unset it");
  const auto names = names_in(variables.listen_names);
  for (int i = 0; i < *count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    PRX_TRY_SET(out.emplace_back(),
                given(kFirstGiven + i, at < names.size() ? names[at] : std::string_view()));
  }
  return out;
}

ServiceManager::ServiceManager(const ServiceVariables& variables)
    : address_(variables.notify_socket) {
  const auto usec = number_in<std::int64_t>(variables.watchdog_usec);
  const bool is_ours = variables.watchdog_pid.empty() || is_for_us(variables.watchdog_pid);
  if (address_.empty() || !is_ours || !usec || *usec <= 0) return;
  watchdog_ = std::max(std::chrono::milliseconds(*usec / 2'000), std::chrono::milliseconds(1));
}

Result<void> ServiceManager::ready(std::string_view status) const {
  const int problem = tell("READY=1\n" + status_line(status));
  if (problem == 0) return {};
  return fail(ErrorClass::kInvalidRequest,
              "the service manager cannot be told that prx serves: '" + address_ +
                  "' in NOTIFY_SOCKET: " + os::reason(problem) + "; correct or unset it");
}

void ServiceManager::reloading() const {
  (void)tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_usec() + '\n');
}

void ServiceManager::stopping(std::string_view status) const {
  (void)tell("STOPPING=1\n" + status_line(status));
}

void ServiceManager::alive() const { (void)tell("WATCHDOG=1\n"); }

/// 0 or errno.
int ServiceManager::tell(const std::string& lines) const {
  if (address_.empty()) return 0;
  sockaddr_un address{};
  const socklen_t size = address_in(address_, address);
  if (size == 0) return EINVAL;
  const os::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return errno;
  const timeval patience{kTellMax.count(), 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ssize_t sent = 0;
  do {
    sent = ::sendto(socket.get(), lines.data(), lines.size(), MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address), size);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

}  // namespace prx::cli
