#include "program_fixture.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace prx::cli {
namespace {

namespace fs = std::filesystem;

fs::path make_home() {
  std::string name = (fs::canonical(fs::temp_directory_path()) / "prx-cli-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
  return name;
}

/// A copy that only we can write, whatever the umask of the build was.
void copy_plugin(const fs::path& folder, const std::string& name) {
  fs::copy_file(fs::path(PRX_BINARY_DIR) / "lib/prx/plugins" / name, folder / name);
  ::chmod((folder / name).c_str(), 0755);
}

}  // namespace

ProgramTest::ProgramTest() : home(make_home()) {
  const fs::path plugins = home / "plugins";
  fs::create_directory(plugins);
  ::chmod(plugins.c_str(), 0755);
  copy_plugin(plugins, "openrouter.so");
  copy_plugin(plugins, "openai.so");
  environment = {{"HOME", home},
                 {"XDG_CONFIG_HOME", home / "config"},
                 {"XDG_DATA_HOME", home / "data"},
                 {"PATH", "/usr/bin:/bin"},
                 {"PRX_PLUGIN_PATH", plugins},
                 {"OPENROUTER_API_KEY", kKey}};
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment[name] = value;
  }
  configure("[reliability]\nretries = 0\n");  // a fault is seen at once
}

ProgramTest::~ProgramTest() {
  std::error_code error;
  fs::remove_all(home, error);
}

void ProgramTest::TearDown() {
  for (const std::string& text : printed_) {
    EXPECT_EQ(text.find("5ec2e75ec2e7"), std::string::npos) << "the key was printed:\n" << text;
  }
}

void ProgramTest::simulate(sim::SimulatorOptions options) {
  auto started = sim::Simulator::start(std::move(options));
  ASSERT_TRUE(started) << started.error().message;
  simulator_ = std::move(*started);
  environment["OPENROUTER_BASE_URL"] = simulator_->base_url();
  environment["OPENAI_BASE_URL"] = simulator_->openai_base_url();
}

std::string ProgramTest::write(const std::string& name, const std::string& text) const {
  const fs::path path = home / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  ::chmod(path.c_str(), 0600);
  return path;
}

std::string ProgramTest::configure(const std::string& toml) {
  return write("config/prx/config.toml", toml);
}

test::ProcessOptions ProgramTest::program(std::vector<std::string> arguments) const {
  test::ProcessOptions options;
  options.program = PRX_BINARY_DIR "/bin/prx";
  options.arguments = std::move(arguments);
  options.environment = environment;
  return options;
}

test::ProcessResult ProgramTest::run(std::vector<std::string> arguments) {
  return run_with(program(std::move(arguments)));
}

test::ProcessResult ProgramTest::run_with(test::ProcessOptions options) {
  test::ProcessResult result = test::run_process(std::move(options));
  keep(result);
  return result;
}

test::ProcessResult ProgramTest::end(test::Process& process) {
  test::ProcessResult result = process.wait();
  keep(result);
  return result;
}

void ProgramTest::keep(const test::ProcessResult& result) {
  EXPECT_EQ(result.signal, 0) << "killed by a signal\n" << result.err;
  printed_.push_back(result.out);
  printed_.push_back(result.err);
}

rapidjson::Document ProgramTest::only_body() {
  const auto requests = simulator_->requests();
  EXPECT_EQ(requests.size(), 1U);
  rapidjson::Document document;
  if (requests.size() == 1) document.Parse(requests[0].body.data(), requests[0].body.size());
  EXPECT_TRUE(document.IsObject());
  return document;
}

bool ProgramTest::client_went_away() {
  return simulator_->wait_for([](const sim::Stats& stats) { return stats.clients_gone == 1; },
                              kPatience);
}

rapidjson::Document parse_json(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  EXPECT_FALSE(document.HasParseError()) << text;
  EXPECT_TRUE(document.IsObject()) << text;
  if (!document.IsObject()) document.SetObject();
  return document;
}

}  // namespace prx::cli
