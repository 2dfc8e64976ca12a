// prx completion, and what its scripts ask: prx __complete
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/completion/line.hpp"
#include "cli/completion/shells.hpp"
#include "cli/completion/values.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"

namespace prx::cli {
namespace {

class CompletionScript final : public Command {
 public:
  HelpText help() const override {
    return {"prx completion bash|zsh|fish",
            "Prints the script that makes that shell complete verbs, options, and names of "
            "providers, chains\n"
            "and models when Tab is pressed. An installation puts the scripts where the shells "
            "look for them;\n"
            "with this they work from any other place. The script asks the program, which sends "
            "nothing, reads\n"
            "no key and runs no command for it; the models are those of the lists that prx models "
            "fetched.",
            "Examples:\n"
            "  source <(prx completion bash)         in ~/.bashrc\n"
            "  source <(prx completion zsh)          in ~/.zshrc, below compinit\n"
            "  prx completion fish | source          in ~/.config/fish/config.fish\n"};
  }
  void declare(Arguments& arguments) override {
    arguments.words(words_, {Values::Kind::kChoice, shell_names()});
  }
  int run(const GlobalOptions&) override {
    const auto shell = words_.size() == 1 ? shell_from(words_[0]) : std::nullopt;
    if (shell) return print(completion_script(*shell));
    return refuse(
        fail(ErrorClass::kInvalidRequest, "completion: name a shell: bash, zsh or fish").error(),
        false);
  }

 private:
  std::vector<std::string> words_;
};

/// A person waits with the cursor: of a disk or a pipe that does not answer nothing is told.
constexpr unsigned kSecondsMax = 3;
void give_up(int) { ::_exit(kExitOk); }
void limit_time() {
  struct sigaction action {};  // without SA_RESTART: what waits ends
  action.sa_handler = give_up;
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(kSecondsMax);
}

class Complete final : public Command {
 public:
  HelpText help() const override {
    return {"prx __complete bash REPLACED LINE | zsh|fish [WORD...] CURRENT",
            "What the scripts of prx completion ask.", ""};
  }
  void declare(Arguments& arguments) override { arguments.rest(words_); }
  int run(const GlobalOptions&) override {
    const auto shell = words_.empty() ? std::nullopt : shell_from(words_[0]);
    if (!shell || words_.size() < 2) return kExitUsage;
    limit_time();
    words_.erase(words_.begin());
    return print(*shell == Shell::kBash ? for_bash() : for_others(*shell));
  }

 private:
  std::string for_bash() const {
    const char* const home = std::getenv("HOME");
    BashLine line = read_bash_line(words_.back(), home != nullptr ? home : "~");
    Completion completion;
    if (line.redirects)
      completion.kind = Completion::Kind::kFiles;
    else if (!line.words.empty())
      completion = complete_line(commands(), {line.words.begin() + 1, line.words.end()},
                                 line.current, configured_values);
    return bash_answer(completion, line, words_.front());
  }
  std::string for_others(Shell shell) const {
    const Completion completion = complete_line(commands(), {words_.begin(), words_.end() - 1},
                                                words_.back(), configured_values);
    return shell == Shell::kFish ? fish_answer(completion) : zsh_answer(completion);
  }

  std::vector<std::string> words_;
};

}  // namespace

std::unique_ptr<Command> make_completion() { return std::make_unique<CompletionScript>(); }
std::unique_ptr<Command> make_complete() { return std::make_unique<Complete>(); }

}  // namespace prx::cli
