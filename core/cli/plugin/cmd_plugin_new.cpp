// prx plugin new
#include <array>
#include <filesystem>
#include <optional>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/json_writer.hpp"
#include "cli/output.hpp"
#include "cli/plugin/new_project.hpp"
#include "cli/plugin/plugin_text.hpp"
#include "plugin/registry.hpp"
#include "prx/config.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfigFile = "prx.toml";  // of the templates

/// The prefix that an SDK was installed to: that of this very program, or where CMake looks anyway.
std::optional<fs::path> find_sdk() {
  std::error_code error;
  const fs::path program = fs::canonical("/proc/self/exe", error);
  for (const fs::path& prefix :
       {program.parent_path().parent_path(), fs::path("/usr/local"), fs::path("/usr")})
    if (fs::exists(prefix / "share/prx/sdk/cmake/PrxSdk.cmake", error)) return prefix;
  return std::nullopt;
}

/// What CMake has to be told to find the SDK: "" when it looks there by itself, or there is none.
std::string prefix_option() {
  const auto prefix = find_sdk();
  if (!prefix || *prefix == "/usr" || *prefix == "/usr/local") return {};
  return " -DCMAKE_PREFIX_PATH=" + shell_word(prefix->string());
}

/// A name can be right for a plugin and not for a configuration: "dirs" is a key of [plugins]
/// there. So the one that is to be written is asked.
Result<void> check_configuration(const std::vector<ProjectFile>& files) {
  for (const ProjectFile& file : files) {
    if (file.path != kConfigFile) continue;
    ConfigSource source;
    source.environment = {};
    source.read_secrets = false;
    if (const auto read = Config::parse(file.text, file.path, ".", source); !read)
      return fail(ErrorClass::kInvalidRequest, "no configuration can name such a plugin (" +
                                                   read.error().message + "); choose another name");
  }
  return {};
}

/// Only one of two files with the same id serves.
void warn_of_namesake(const std::string& id) {
  for (const Candidate& candidate : find_plugins(search_options({}, process_environment())))
    if (candidate.info.state == PluginState::kUsable && candidate.info.id == id)
      return warning("a plugin '" + id + "' is there already, " + candidate.info.path +
                     ": only one of an id serves; choose another name, unless this one is to take "
                     "its place");
}

/// The commands that come next, in the folder where this one was run.
std::vector<std::string> next_commands(ProjectKind kind, const std::string& id) {
  const bool needs_server = kind == ProjectKind::kHttp || kind == ProjectKind::kDialect;
  std::vector<std::string> commands{"umask 022",
                                    "cmake -S " + id + " -B " + id + "/build" + prefix_option() +
                                        " && cmake --build " + id + "/build",
                                    "ctest --test-dir " + id + "/build --output-on-failure",
                                    "prx plugin check " + id + "/build/lib/prx/plugins/" + id +
                                        ".so --config " + id + "/check.toml"};
  if (!needs_server) commands.push_back("prx chat --config " + id + "/prx.toml \"Hello\"");
  return commands;
}

class PluginNew final : public Command {
 public:
  HelpText help() const override {
    return {"prx plugin new [OPTIONS] NAME",
            "Writes the project of a new provider plugin into a new folder NAME: source, note, a "
            "unit test\n"
            "that needs no network, a configuration that asks the plugin alone, a README. It "
            "builds with CMake\n"
            "and the installed SDK. NAME becomes the plugin's id: a-z, 0-9, '_', '.' and '-'.",
            "Examples:\n"
            "  prx plugin new acme\n"
            "  prx plugin new --dialect acme-cloud\n"
            "  prx plugin new --in-process local && cmake -S local -B local/build\n\n"
            "Exit codes: 0; 1 it could not be written, and nothing was made; 2 usage, or NAME is "
            "there already.\n"};
  }

  void declare(Arguments& arguments) override {
    arguments.flag("--http", http_, "Over HTTP, in a protocol of its own (the default)");
    arguments.flag("--dialect", dialect_, "Over HTTP, in Chat Completions with differences");
    arguments.flag("--in-process", in_process_, "Without a network: computes its answers itself");
    arguments.flag("--c", c_, "In plain C11, without a network");
    arguments.flag("--json", json_, "Print one JSON object that says what was written");
    arguments.words(words_, {Values::Kind::kText, {}});
  }

  int run(const GlobalOptions&) override {
    const auto kind = chosen();
    if (!kind) return refuse(kind.error(), json_);
    const std::string& id = words_.front();
    const auto files = project_files(*kind, id);
    if (const auto usable = check_configuration(files); !usable)
      return refuse(usable.error(), json_);
    if (const auto free = check_project_place(id); !free) return refuse(free.error(), json_);
    if (const auto written = write_project(id, files); !written) {
      message(written.error().message);
      return kExitOutput;
    }
    warn_of_namesake(id);
    if (!find_sdk())
      message("no SDK is installed beside this prx; install prx-sdk-dev, or cmake --install prx");
    return json_ ? print(result_json(*kind, files)) : print(result_text(*kind, files));
  }

 private:
  [[nodiscard]] Result<ProjectKind> chosen() const {
    if (words_.size() != 1)
      return fail(ErrorClass::kInvalidRequest,
                  "give the plugin one name; prx plugin new --help shows examples");
    const std::array<std::pair<bool, ProjectKind>, 4> flags{{{http_, ProjectKind::kHttp},
                                                             {dialect_, ProjectKind::kDialect},
                                                             {in_process_, ProjectKind::kInProcess},
                                                             {c_, ProjectKind::kC}}};
    std::vector<ProjectKind> kinds;
    for (const auto& [is_set, kind] : flags)
      if (is_set) kinds.push_back(kind);
    if (kinds.size() > 1)
      return fail(ErrorClass::kInvalidRequest, "--" + std::string(kind_name(kinds[0])) + " and --" +
                                                   std::string(kind_name(kinds[1])) +
                                                   " exclude each other; give one of them");
    PRX_TRY(check_project_id(words_.front()));
    return kinds.empty() ? ProjectKind::kHttp : kinds.front();
  }

  [[nodiscard]] std::string result_text(ProjectKind kind,
                                        const std::vector<ProjectFile>& files) const {
    const std::string& id = words_.front();
    std::string text = "Wrote " + id + "/ (" + std::string(kind_name(kind)) + "):";
    for (const ProjectFile& file : files) text += " " + file.path;
    text += "\n\nNext:\n";
    for (const std::string& command : next_commands(kind, id)) text += "  " + command + "\n";
    return text;
  }

  [[nodiscard]] std::string result_json(ProjectKind kind,
                                        const std::vector<ProjectFile>& files) const {
    std::error_code error;
    std::vector<std::string> paths;
    for (const ProjectFile& file : files) paths.push_back(file.path);
    JsonWriter json;
    json.begin_object();
    json.key("id").string(words_.front());
    json.key("kind").string(kind_name(kind));
    json.key("folder").string(fs::absolute(words_.front(), error).string());
    json.key("files");
    json.strings(paths);
    json.key("next");
    json.strings(next_commands(kind, words_.front()));
    json.end_object();
    return json.text() + "\n";
  }

  bool http_ = false, dialect_ = false, in_process_ = false, c_ = false, json_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::unique_ptr<Command> make_plugin_new() { return std::make_unique<PluginNew>(); }

}  // namespace prx::cli
