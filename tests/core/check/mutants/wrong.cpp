// Compiled for each mutant with -DMUTANT=<its name>.
#include "wrong.hpp"

#include <pthread.h>
#include <signal.h>  // NOLINT: signal() itself is one of the wrongs
#include <stdlib.h>  // NOLINT: setenv
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mutant {

constexpr Wrong kThis = Wrong::MUTANT;
const Wrong kWrong = kThis;

void set_a_variable() {
  if constexpr (kThis == Wrong::sets_a_variable) setenv("MUTANT_WAS_HERE", "1", 1);
}

void handle_a_signal() {
  if constexpr (kThis == Wrong::handles_a_signal) signal(SIGUSR2, SIG_IGN);
}

void leave_a_thread() {
  if constexpr (kThis == Wrong::leaves_a_thread) {
    pthread_t thread{};
    const auto sleep_for_ever = [](void*) -> void* {
      while (true) pause();
    };
    pthread_create(&thread, nullptr, sleep_for_ever, nullptr);
  }
}

void start_a_process() {
  if constexpr (kThis == Wrong::starts_a_process) {
    static bool started = false;
    if (started) return;
    started = true;
    const pid_t child = fork();
    if (child != 0) {
      waitpid(child, nullptr, 0);
      return;
    }
    setsid();
    if (fork() != 0) _exit(0);
    while (true) pause();
  }
}

void open_a_socket() {
  if constexpr (kThis == Wrong::create_opens_a_socket)
    close(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

void run_on_thread([[maybe_unused]] void* (*run)(void*), [[maybe_unused]] void* argument) {
  if constexpr (kThis == Wrong::event_on_own_thread) {
    pthread_t thread{};
    pthread_create(&thread, nullptr, run, argument);
    pthread_join(thread, nullptr);
  }
}

}  // namespace mutant
