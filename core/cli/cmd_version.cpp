// prx version
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/json_writer.hpp"
#include "cli/output.hpp"
#include "cli/versions.hpp"
#include "prx/plugin.h"

namespace prx::cli {
namespace {

class Version final : public Command {
 public:
  HelpText help() const override {
    return {"prx version [OPTIONS]",
            "Shows the versions of prx, of the plugin interface, and of the libraries in use.",
            "Example:\n  prx version --json | jq -r .prx\n"};
  }
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_, "Print one JSON object");
  }
  int run(const GlobalOptions&) override { return print(json_ ? json_text() : lines()); }

 private:
  static std::string lines() {
    std::vector<std::vector<std::string>> rows;
    for (const NamedVersion& version : versions()) rows.push_back({version.name, version.version});
    return table_text(rows);
  }
  static std::string json_text() {
    JsonWriter json;
    json.begin_object();
    for (const NamedVersion& version : versions()) json.key(version.name).string(version.version);
    json.end_object();
    return json.text() + "\n";
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_version() { return std::make_unique<Version>(); }

}  // namespace prx::cli
