/// \file fifo.hpp
/// Fifo: a named pipe by which a command of a test tells that it runs, and that it has ended.
#pragma once

#include <chrono>
#include <string>

namespace prx::test {

/// Open for reading as long as it lives; the command has it open to write. One thread. Every wait
/// has a limit and fails loudly.
class Fifo {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  /// Makes it. \throws std::system_error
  explicit Fifo(std::string path);
  ~Fifo();
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// For a shell: opens it as descriptor 3 for the rest of the command, and writes its process id.
  [[nodiscard]] std::string announce() const { return "exec 3>" + path_ + "; echo $$ >&3; "; }
  /// The next line. \throws std::runtime_error when none comes.
  [[nodiscard]] std::string read_line();
  /// Waits until nobody has it open to write any more. \throws std::runtime_error
  void wait_for_end();

 private:
  [[nodiscard]] bool read_some();

  const std::string path_;
  int fd_ = -1;
  std::string text_;
};

}  // namespace prx::test
