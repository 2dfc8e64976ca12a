// prx onboard
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/onboard/questions.hpp"
#include "cli/onboard/script.hpp"
#include "cli/output.hpp"

namespace prx::cli {
namespace {

class Onboard final : public Command {
 public:
  HelpText help() const override {
    return {"prx onboard [OPTIONS]",
            "Sets prx up: asks for providers, keys, a model and fallbacks, checks each key with "
            "its provider,\n"
            "shows what it would write and writes it after a yes. A configuration that is there "
            "is changed in\n"
            "place: comments, order and all else stay. Keys are named by variable, or kept in a "
            "file of mode\n"
            "0600 beside the configuration. With --non-interactive nothing is asked: the options "
            "say it all.",
            "Examples:\n"
            "  prx onboard\n"
            "  prx onboard --non-interactive --provider openrouter --provider groq\n"
            "  pass show openai | prx onboard --non-interactive --provider openai --key-file -\n"
            "  prx onboard --non-interactive --provider lab --base-url http://lab:8000/v1 "
            "--print\n\n"
            "Exit codes: 0; 2 usage, or a file would be changed without --yes; 3 configuration; 4 "
            "key; 5, 6, 7, 8\n"
            "as prx chat when a key is checked; 130 the person left.\n"};
  }

  void declare(Arguments& arguments) override {
    arguments.flag("--non-interactive", options_.non_interactive,
                   "Ask nothing; go by these options");
    arguments.list("--provider", options_.providers, "NAME",
                   "Plugin, preset or table; again for each fallback",
                   {Values::Kind::kProvider, {}});
    arguments.text("--model", options_.model, "ID", "Model of the first provider",
                   {Values::Kind::kModel, {}});
    arguments.text("--key-file", options_.key_file, "FILE|-",
                   "Key of the first provider: in that file, or read from stdin and kept");
    arguments.text("--key-env", options_.key_env, "VARIABLE",
                   "Key of the first provider: in that variable");
    arguments.text("--base-url", options_.base_url, "URL",
                   "Address of the first provider, when it is a server of its own");
    arguments.flag("--print", options_.print, "Print the configuration; check and write nothing");
    arguments.flag("--yes", options_.yes, "Change a file that is there, after its diff");
    arguments.flag("--no-verify", options_.no_verify, "Ask no provider; for a machine offline");
    arguments.flag("--json", options_.json, "Print one JSON object that says what was done");
  }

  int run(const GlobalOptions& globals) override {
    if (const auto checked = check(); !checked) return refuse(checked.error(), options_.json);
    return options_.non_interactive ? run_script(globals) : run_questions(globals);
  }

 private:
  [[nodiscard]] Result<void> check() const {
    if (options_.non_interactive) {
      for (const std::string& name : options_.providers)
        if (name.empty())
          return fail(ErrorClass::kInvalidRequest, "--provider is empty; give it a name");
      return {};
    }
    if (!is_terminal(STDIN_FILENO) || !is_terminal(STDOUT_FILENO))
      return fail(ErrorClass::kInvalidRequest,
                  "prx onboard asks questions, and this is no terminal; add --non-interactive and "
                  "what it shall write, see prx onboard --help");
    const bool scripted = !options_.providers.empty() || options_.model || options_.key_file ||
                          options_.key_env || options_.base_url || options_.print || options_.yes ||
                          options_.json;
    if (scripted)
      return fail(ErrorClass::kInvalidRequest,
                  "of its options only --no-verify goes with questions; add --non-interactive, or "
                  "leave them out");
    return {};
  }

  int run_script(const GlobalOptions& globals) {
    const Interrupt interrupt;
    auto session = OnboardSession::open(globals);
    if (!session) return configuration_failure(session.error());
    const int code = OnboardScript(options_, *session, interrupt.token()).run();
    return interrupt.signal() != 0 ? interrupt.exit_code() : code;
  }

  int run_questions(const GlobalOptions& globals) {
    TerminalDialogue dialogue;
    auto session = OnboardSession::open(globals);
    if (!session) return configuration_failure(session.error());
    const auto done = OnboardQuestions(dialogue, *session, !options_.no_verify).run();
    if (done) return kExitOk;
    if (done.error().error_class != ErrorClass::kCancelled)
      return configuration_failure(done.error());
    message("nothing was changed");
    return dialogue.exit_code() != 0 ? dialogue.exit_code() : static_cast<int>(kExitInterrupted);
  }

  OnboardOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_onboard() { return std::make_unique<Onboard>(); }

}  // namespace prx::cli
