// prx plugin new. tests/plugins/templates builds what it writes; tests/install/check does it all.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class PluginNew : public ProgramTest {
 protected:
  PluginNew() { fs::create_directory(place); }

  /// prx plugin new, run in `place`.
  test::ProcessResult make(std::vector<std::string> words) {
    words.insert(words.begin(), {"plugin", "new"});
    auto options = program(std::move(words));
    options.directory = place;
    return run_with(std::move(options));
  }
  /// The same by a shell, after `before`.
  test::ProcessResult make_after(const std::string& before, const std::string& words) {
    auto options = program({});
    options.arguments = {"-c", before + "; exec '" + options.program + "' plugin new " + words};
    options.program = "/bin/sh";
    options.directory = place;
    return run_with(std::move(options));
  }
  /// The folder of a project, with the plugin that tests/plugins/templates built of it in place.
  std::string make_built(const std::string& kind) {
    std::string folder = kind;
    std::replace(folder.begin(), folder.end(), '-', '_');
    const std::string id = "template-" + folder;
    EXPECT_EQ(make({"--" + kind, id}).exit_code, 0);
    const fs::path plugins = place / id / "build/lib/prx/plugins";
    fs::create_directories(plugins);
    fs::copy_file(PRX_TEMPLATE_DIR "/template_" + folder + ".so", plugins / (id + ".so"));
    return (place / id).string();
  }
  [[nodiscard]] std::string text(const std::string& path) const {
    std::ostringstream out;
    out << std::ifstream(place / path).rdbuf();
    return out.str();
  }
  [[nodiscard]] std::set<std::string> names(const fs::path& folder) const {
    std::set<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder)) out.insert(entry.path().filename());
    return out;
  }

  const fs::path place = home / "work";
};

TEST_F(PluginNew, WritesAProjectOfEachKind) {
  for (const std::string kind : {"http", "dialect", "in-process", "c"}) {
    const auto result = make({"--" + kind, "acme-" + kind});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, StartsWith("Wrote acme-" + kind + "/ (" + kind + "): "));
    std::set<std::string> expected{".gitignore", "README.md", "CMakeLists.txt", "check.toml",
                                   "prx.toml"};
    if (kind == "c")
      expected.merge(std::set<std::string>{"plugin.c", "plugin_test.c"});
    else
      expected.merge(std::set<std::string>{"plugin.cpp", "plugin_test.cpp", "plugin.json"});
    EXPECT_EQ(names(place / ("acme-" + kind)), expected);
  }
}

TEST_F(PluginNew, IsOverHttpUnlessAnotherKindIsAskedFor) {
  EXPECT_THAT(make({"acme"}).out, HasSubstr("(http)"));
}

TEST_F(PluginNew, EndsWithTheCommandsThatComeNext) {
  EXPECT_THAT(make({"acme"}).out,
              HasSubstr("\n\nNext:\n  umask 022\n"
                        "  cmake -S acme -B acme/build && cmake --build acme/build\n"
                        "  ctest --test-dir acme/build --output-on-failure\n"
                        "  prx plugin check acme/build/lib/prx/plugins/acme.so --config "
                        "acme/check.toml\n"));
  EXPECT_THAT(make({"--c", "own"}).out,
              HasSubstr("\n  prx chat --config own/prx.toml \"Hello\"\n"));
}

TEST_F(PluginNew, JsonHasTheSame) {
  const auto result = parse_json(make({"acme", "--in-process", "--json"}).out);
  EXPECT_STREQ(result["id"].GetString(), "acme");
  EXPECT_STREQ(result["kind"].GetString(), "in-process");
  EXPECT_EQ(result["folder"].GetString(), (place / "acme").string());
  EXPECT_EQ(result["files"].Size(), names(place / "acme").size());
  EXPECT_EQ(result["next"].Size(), 5u);
}

TEST_F(PluginNew, TheNameGoesWhereverItBelongs) {
  ASSERT_EQ(make({"acme-lab.2"}).exit_code, 0);
  EXPECT_THAT(text("acme-lab.2/plugin.json"),
              AllOf(HasSubstr(R"("id": "acme-lab.2")"), HasSubstr(R"("title": "Acme Lab 2")"),
                    HasSubstr(R"("key_env": "ACME_LAB_2_API_KEY")")));
  EXPECT_THAT(text("acme-lab.2/prx.toml"),
              AllOf(HasSubstr("provider = \"acme-lab-2\""), HasSubstr("[plugins.\"acme-lab.2\"]")));
}

TEST_F(PluginNew, ItsConfigurationAsksThePlugin) {
  for (const std::string kind : {"in-process", "c"}) {
    const std::string id = make_built(kind);
    const auto result = run({"chat", "--config", id + "/prx.toml", "Hi"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "Hello from " + fs::path(id).filename().string() + ".\n");
  }
}

TEST_F(PluginNew, ThatOfAServersPluginTakesKeyAndUrlFromItsVariables) {
  simulate();
  const std::string url = environment["OPENROUTER_BASE_URL"];
  environment["TEMPLATE_API_KEY"] = kKey;
  environment["TEMPLATE_BASE_URL"] = url.substr(0, url.find("/api/v1")) + "/v1";
  const std::string dialect = make_built("dialect");
  const auto answer = run({"chat", "--config", dialect + "/prx.toml", "Hi"});
  EXPECT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("Your prompt was: Hi"));
  const std::string http = make_built("http");  // whose path the simulator does not have
  const auto refused = run({"chat", "--config", http + "/prx.toml", "Hi"});
  EXPECT_EQ(refused.exit_code, 7) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("template-http answered with HTTP status 404"));
}

TEST_F(PluginNew, WhatIsNoIdIsRefused) {
  for (const std::string name : {"Acme", "a/b", "../a", ".a", "-", "", "a b"})
    EXPECT_EQ(make({"--", name}).exit_code, 2) << name;
  EXPECT_EQ(make({std::string(65, 'a')}).exit_code, 2);
  EXPECT_THAT(make({"Acme"}).err, HasSubstr("prx: 'Acme' is no plugin's id; use 1 to 64 of a-z"));
  EXPECT_THAT(names(place), IsEmpty());
}

TEST_F(PluginNew, ANameThatNoConfigurationCouldHaveIsRefused) {
  for (const std::string name : {"dirs", "allow"})
    EXPECT_THAT(make({name}).err, AllOf(HasSubstr("no configuration can name such a plugin"),
                                        HasSubstr("choose another name")));
  EXPECT_EQ(make({"dirs"}).exit_code, 2);
  const auto key = make({kKey});  // and is not printed; TearDown looks
  EXPECT_EQ(key.exit_code, 2);
  EXPECT_THAT(names(place), IsEmpty());
}

TEST_F(PluginNew, OneNameAndOneKindAreTaken) {
  EXPECT_EQ(make({}).exit_code, 2);
  EXPECT_EQ(make({"a", "b"}).exit_code, 2);
  const auto two = make({"a", "--http", "--c"});
  EXPECT_EQ(two.exit_code, 2);
  EXPECT_EQ(two.err, "prx: --http and --c exclude each other; give one of them\n");
  EXPECT_THAT(names(place), IsEmpty());
}

TEST_F(PluginNew, WhatIsThereStaysAsItIs) {
  fs::create_directory(place / "full");
  std::ofstream(place / "full/mine") << "mine";
  std::ofstream(place / "file") << "mine";
  fs::create_symlink("nowhere", place / "link");
  const auto before = names(place);
  const auto full = make({"full"});
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_EQ(full.err,
            "prx: the folder 'full' is there and is not empty; choose another name, or move it "
            "away\n");
  EXPECT_EQ(make({"file"}).exit_code, 2);
  EXPECT_EQ(make({"link"}).exit_code, 2);
  EXPECT_EQ(names(place), before);
  EXPECT_EQ(names(place / "full"), std::set<std::string>{"mine"});
}

TEST_F(PluginNew, AnEmptyFolderIsFilled) {
  fs::create_directory(place / "acme");
  EXPECT_EQ(make({"acme"}).exit_code, 0);
  EXPECT_EQ(names(place), std::set<std::string>{"acme"});
  EXPECT_TRUE(fs::exists(place / "acme/plugin.cpp"));
}

TEST_F(PluginNew, AProjectThatCannotBeWrittenWholeIsNotThereAtAll) {
  const auto result = make_after("ulimit -f 1", "acme");  // 512 bytes of each file
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, AllOf(StartsWith("prx: acme/"), HasSubstr("cannot be written: "),
                                HasSubstr("nothing was made\n")));
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(names(place), IsEmpty());
}

TEST_F(PluginNew, AFolderThatTakesNoProjectIsNamed) {
  const auto result = make_after("cd /proc", "acme");  // not even root makes a folder there
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, StartsWith("prx: acme cannot be written: "));
}

TEST_F(PluginNew, NobodyElseMayWriteToItWhateverTheUmask) {
  ASSERT_EQ(make_after("umask 000", "acme").exit_code, 0);
  ASSERT_EQ(make_after("umask 077", "own").exit_code, 0);
  const auto mode = [this](const char* path) {
    struct stat status {};
    EXPECT_EQ(::stat((place / path).c_str(), &status), 0);
    return status.st_mode & 0777;
  };
  EXPECT_EQ(mode("acme"), 0755u);
  EXPECT_EQ(mode("acme/plugin.cpp"), 0644u);
  EXPECT_EQ(mode("own"), 0700u);
  EXPECT_EQ(mode("own/plugin.cpp"), 0600u);
}

TEST_F(PluginNew, NoPlaceholderIsLeft) {
  for (const std::string kind : {"http", "dialect", "in-process", "c"}) {
    ASSERT_EQ(make({"--" + kind, "acme-" + kind}).exit_code, 0);
    for (const std::string& name : names(place / ("acme-" + kind)))
      EXPECT_THAT(text("acme-" + kind + "/" + name),
                  AllOf(Not(::testing::ContainsRegex("@[A-Z]+@")), Not(IsEmpty())))
          << kind << " " << name;
  }
}

TEST_F(PluginNew, WarnsOfAPluginWithThatId) {
  const auto taken = make({"openai"});
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_THAT(taken.err, AllOf(HasSubstr("warning: "), HasSubstr("'openai' is there already, "),
                               HasSubstr("plugins/openai.so")));
  EXPECT_THAT(make({"nobodys"}).err, Not(HasSubstr("warning")));
}

}  // namespace
}  // namespace prx::cli
