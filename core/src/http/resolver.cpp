#include "http/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "http/open_files.hpp"

namespace prx::http {

namespace {

Unexpected<Error> unresolved(const std::string& host, std::string_view why,
                             ErrorClass error_class = ErrorClass::kNetwork) {
  auto failure =
      fail(error_class, "host '" + host + "' could not be resolved: " + std::string(why));
  failure.error().phase = Phase::kConnect;
  return failure;
}

std::string numeric(const addrinfo& info) {
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(info.ai_addr, info.ai_addrlen, text.data(), text.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0)
    return {};
  return text.data();
}

}  // namespace

Result<std::vector<std::string>> look_up_system(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  errno = 0;
  const int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  const int os_error = code == EAI_MEMORY ? ENOMEM : errno;
  if (code != 0 && is_shortage(os_error))
    return unresolved(host, reason_of(os_error), ErrorClass::kInternal);
  if (code != 0)
    return unresolved(host, code == EAI_SYSTEM ? reason_of(os_error) : gai_strerror(code));
  std::vector<std::string> list;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next)
    if (std::string text = numeric(*info); !text.empty()) list.push_back(std::move(text));
  freeaddrinfo(found);
  if (list.empty()) return unresolved(host, "no address of a known family");
  return list;
}

struct Resolver::State : std::enable_shared_from_this<State> {
  struct Name {
    Addresses addresses;
    MonotonicTime until{};
    std::map<Ticket, Done> waiting;  // not empty: a look-up runs
    bool asked = false;              // a look-up runs, though all who waited may have left
  };

  State(Loop& loop_, Workers& workers_, Options options_)
      : loop(loop_), workers(workers_), options(std::move(options_)) {}

  static std::string key_of(std::string_view host, std::uint16_t port);
  void start(const std::string& key, const std::string& host, std::uint16_t port);
  void finish(const std::string& key, Result<std::vector<std::string>> found);
  void make_room();

  Loop& loop;
  Workers& workers;
  const Options options;
  std::unordered_map<std::string, Name> names;
  std::unordered_map<Ticket, std::string> tickets;
  Ticket last_ticket = 0;
  std::uint64_t last_version = 0;
  bool closed = false;
};

std::string Resolver::State::key_of(std::string_view host, std::uint16_t port) {
  std::string key(host);
  std::transform(key.begin(), key.end(), key.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return key += ":" + std::to_string(port);
}

// The worker owns copies and a shared pointer it never looks into; the answer comes back as a task.
void Resolver::State::start(const std::string& key, const std::string& host, std::uint16_t port) {
  auto task = [self = shared_from_this(), &home = loop, look_up = options.look_up, key, host,
               port]() mutable {
    auto found = look_up(host, port);
    home.post([self = std::move(self), key, found = std::move(found)]() mutable {
      if (!self->closed) self->finish(key, std::move(found));
    });
  };
  if (workers.run(std::move(task))) return;
  loop.post([self = shared_from_this(), key, host] {
    if (!self->closed)
      self->finish(key, unresolved(host, "too many look-ups are waiting", ErrorClass::kInternal));
  });
}

void Resolver::State::finish(const std::string& key, Result<std::vector<std::string>> found) {
  Name& name = names[key];
  name.asked = false;
  const auto waiting = std::exchange(name.waiting, {});
  auto answer = std::move(found).transform([this](std::vector<std::string> list) {
    return Addresses{std::move(list), ++last_version};
  });
  if (answer) {
    name.addresses = *answer;
    name.until = loop.now() + options.ttl;
  } else {
    names.erase(key);
  }
  const auto self = shared_from_this();  // a callback may destroy the resolver
  for (const auto& [ticket, done] : waiting)
    if (tickets.erase(ticket) != 0) done(answer);
}

void Resolver::State::make_room() {
  if (names.size() < options.entries_max) return;
  std::erase_if(names, [](const auto& entry) { return !entry.second.asked; });
}

Resolver::Resolver(Loop& loop, Workers& workers, Options options)
    : state_(std::make_shared<State>(loop, workers, std::move(options))) {}

Resolver::~Resolver() {
  state_->closed = true;
  state_->names.clear();
  state_->tickets.clear();
}

const Addresses* Resolver::find(std::string_view host, std::uint16_t port) {
  const auto found = state_->names.find(State::key_of(host, port));
  if (found == state_->names.end() || found->second.until <= state_->loop.now()) return nullptr;
  return &found->second.addresses;
}

Resolver::Ticket Resolver::ask(std::string_view host, std::uint16_t port, Done done) {
  const std::string key = State::key_of(host, port);
  state_->make_room();
  State::Name& name = state_->names[key];
  const Ticket ticket = ++state_->last_ticket;
  name.waiting.emplace(ticket, std::move(done));
  state_->tickets.emplace(ticket, key);
  if (!std::exchange(name.asked, true)) state_->start(key, std::string(host), port);
  return ticket;
}

void Resolver::cancel(Ticket ticket) {
  const auto found = state_->tickets.find(ticket);
  if (found == state_->tickets.end()) return;
  if (const auto name = state_->names.find(found->second); name != state_->names.end())
    name->second.waiting.erase(ticket);
  state_->tickets.erase(found);
}

}  // namespace prx::http
