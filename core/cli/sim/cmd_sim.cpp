// prx sim
#include <limits>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/sim/sim_script.hpp"
#include "os/file.hpp"
#include "sim/simulator.hpp"

namespace prx::cli {
namespace {

constexpr std::int64_t kPaceDefaultMs = 20;
constexpr std::int64_t kPaceMaxMs = 60'000;
constexpr std::size_t kScriptMax = 1u << 20;  // bytes

Unexpected<Error> usage(std::string text) {
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

Result<std::string> read_script(const std::string& path) {
  auto file = os::read_file(path, kScriptMax, os::FileKind::kAny);
  if (!file) return usage(path + ": " + file.error().message);
  return std::move(file->text);
}

std::string instructions(const sim::Simulator& simulator) {
  const std::string openrouter = simulator.base_url();
  return "Simulated endpoints; every answer is made up here.\n"
         "  as OpenRouter   " +
         openrouter +
         "\n"
         "  as OpenAI       " +
         simulator.openai_base_url() +
         "\n\n"
         "In another terminal:\n"
         "  export OPENROUTER_BASE_URL=" +
         openrouter +
         " OPENROUTER_API_KEY=anything\n"
         "  prx chat \"Hello\"\n"
         "  prx chat --model 'sim/429?retry_after=2' \"Hello\"     a rate limit\n"
         "  prx chat --model 'sim/cut?after=3' \"Hello\"           a stream that breaks\n\n"
         "Ctrl-C stops it.\n";
}

std::string_view outcome_of(const sim::RequestRecord& record) {
  switch (record.outcome) {
    case sim::Outcome::kComplete:
      return "complete";
    case sim::Outcome::kFault:
      return "fault";
    case sim::Outcome::kClientGone:
      return "client gone";
    case sim::Outcome::kOpen:
      break;
  }
  return "open";
}

/// "POST /v1/chat/completions 200 complete, 1234 bytes, 56 ms"; 0: no status was sent.
std::string log_line(const sim::RequestRecord& record) {
  std::string out = record.method + ' ' + record.target + ' ' + std::to_string(record.status) + ' ';
  return out.append(outcome_of(record)) + ", " + std::to_string(record.bytes_sent) + " bytes, " +
         std::to_string(record.duration.count()) + " ms";
}

class Sim final : public Command {
 public:
  HelpText help() const override {
    return {"prx sim [OPTIONS]",
            "Runs a simulated OpenRouter and OpenAI endpoint on 127.0.0.1 until Ctrl-C: chats with "
            "and without\n"
            "streaming, tools, models, keys, and faults. A fault is chosen by the model's name "
            "(sim/FAULT, or\n"
            "any-model#FAULT) or by a script. No key is needed, nothing leaves this machine.",
            "Faults, joined by +, with parameters after ?:\n"
            "  429?retry_after=2  503  reset  silence  late-head?ms=500  late-token?ms=500  "
            "cut?after=3\n"
            "  stall?after=3  malformed  error-frame?shape=2  no-end  html  crlf  flap ...\n"
            "  An unknown name is answered with the list of all.\n\n"
            "A script is TOML; the first rule that applies decides:\n"
            "  [[rules]]\n"
            "  model = \"openai/*\"\n"
            "  fault = \"429?retry_after=2\"\n"
            "  times = 1\n\n"
            "Examples:\n"
            "  prx sim --port 8080\n"
            "  prx sim --quiet --pace 0 --script faults.toml\n\n"
            "Exit codes: 0 after Ctrl-C or SIGTERM, 2 for a wrong option or script, 6 when the "
            "port is taken.\n"};
  }

  void declare(Arguments& arguments) override {
    arguments.integer("--port", port_, "Port to listen on; any free one without this");
    arguments.text("--script", script_, "FILE", "Faults by request, in TOML");
    arguments.integer("--pace", pace_, "Milliseconds between tokens; 20 without this");
    arguments.flag("--log", log_, "Print a line on stderr for each request that has ended");
    arguments.flag("-q,--quiet", quiet_, "Print the OpenRouter base URL alone");
  }

  int run(const GlobalOptions&) override {
    auto options = simulator_options();
    if (!options) return refuse(options.error(), false);
    const Interrupt interrupt;
    if (log_)
      options->on_ended = [stop = interrupt.stop_fd()](const sim::RequestRecord& record) {
        note(log_line(record), {stop, {}});
      };
    const auto simulator = sim::Simulator::start(std::move(*options));
    if (!simulator) {
      message(simulator.error().message);
      return exit_code(simulator.error().error_class);
    }
    const int printed = print(quiet_ ? (*simulator)->base_url() + "\n" : instructions(**simulator));
    if (printed == kExitOutput) return printed;
    interrupt.wait();
    return kExitOk;
  }

 private:
  Result<sim::SimulatorOptions> simulator_options() const {
    sim::SimulatorOptions options;
    const std::int64_t port = port_.value_or(0);
    const std::int64_t pace = pace_.value_or(kPaceDefaultMs);
    if (port < 0 || port > std::numeric_limits<std::uint16_t>::max())
      return usage("--port: write a number from 0 to 65535");
    if (pace < 0 || pace > kPaceMaxMs)
      return usage("--pace: write milliseconds from 0 to " + std::to_string(kPaceMaxMs));
    options.port = static_cast<std::uint16_t>(port);
    options.token_delay = std::chrono::milliseconds(pace);
    if (script_) {
      PRX_TRY_SET(const std::string text, read_script(*script_));
      PRX_TRY_SET(options.script, parse_script(text, *script_));
    }
    return options;
  }

  std::optional<std::int64_t> port_, pace_;
  std::optional<std::string> script_;
  bool log_ = false, quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> make_sim() { return std::make_unique<Sim>(); }

}  // namespace prx::cli
