// afternoon_host PROMPT: asks the chain of PRX_CONFIG, kills the process of its first plugin after
// the first piece of text, reads on, and asks again until that plugin serves once more. Prints what
// each call delivered, and who served.
#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include <prx/client.hpp>

namespace {

/// The process of a plugin: a child of one of our threads, as the kernel tells it. 0: there is
/// none.
pid_t plugin_process() {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream children(thread.path() / "children");
    for (pid_t child = 0; children >> child;) {
      std::string name;
      std::ifstream file("/proc/" + std::to_string(child) + "/comm");
      std::getline(file, name);
      if (name.starts_with("prx-plugin-hos")) return child;
    }
  }
  return 0;
}

std::string ask(prx::Client& client, const std::string& prompt, bool kill_it) {
  prx::ChatRequest request;
  request.messages = {prx::Message::user(prompt)};
  const auto stream = client.stream(request);
  std::string text;
  while (const prx::StreamEvent* event = stream->next()) {
    if (event->type == prx::StreamEvent::Type::kText) text += event->text;
    if (!kill_it || text.empty()) continue;
    kill_it = false;
    const pid_t child = plugin_process();
    if (child == 0 || ::kill(child, SIGKILL) != 0) return "no process of a plugin to kill";
  }
  if (!stream->result()) return "failed: " + stream->result().error().message;
  std::string trail;
  for (const prx::Attempt& attempt : stream->result()->attempts)
    trail +=
        (trail.empty() ? "" : " ") + attempt.provider +
        (attempt.error ? "(" + std::string(prx::to_string(attempt.error->error_class)) + ")" : "");
  std::cout << trail << ": " << text << std::endl;
  return stream->result()->provider;
}

}  // namespace

int main(int, char** arguments) {
  auto config = prx::Config::load({});
  if (!config) return std::cerr << config.error().message << '\n', 1;
  const std::string first = config->first_provider();
  auto client = prx::Client::open(std::move(*config));
  if (!client) return std::cerr << client.error().message << '\n', 1;

  const std::string rescuer = ask(**client, arguments[1], true);
  std::cout << "rescued by " << rescuer << std::endl;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::string served;
  while (served != first && std::chrono::steady_clock::now() < until) {
    served = ask(**client, arguments[1], false);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::cout << "then served by " << served << std::endl;
  return rescuer != first && served == first ? 0 : 1;
}
