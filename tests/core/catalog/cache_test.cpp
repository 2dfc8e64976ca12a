#include "catalog/cache.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include <csignal>
#include <fstream>

#include "folder.hpp"

namespace prx::catalog {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::vector<Listed> some_models() {
  return {{"a/one", R"({"id":"a/one","context_length":1})"},
          {"a/two", "{\"id\":\"a/two\",\n  \"context_length\": 2\r\n}"},
          {R"(odd "id")", R"({"id":"odd \"id\""})"}};
}

mode_t mode_of(const fs::path& path) {
  struct stat state {};
  EXPECT_EQ(::stat(path.c_str(), &state), 0) << path;
  return state.st_mode & 0777;
}

Environment environment(std::map<std::string, std::string> values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

class ModelCache : public CacheFolder {};

TEST_F(ModelCache, GivesBackWhatWasWritten) {
  ASSERT_TRUE(cache().write(source, 1'700'000'000, some_models()));
  const auto list = cache().read(source);
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->fetched, 1'700'000'000);
  ASSERT_EQ(list->models.size(), 3U);
  EXPECT_EQ(list->models[0].id, "a/one");
  EXPECT_EQ(list->models[0].json, some_models()[0].json);
  EXPECT_EQ(list->models[1].json, "{\"id\":\"a/two\",   \"context_length\": 2  }");
  EXPECT_EQ(list->models[2].id, R"(odd "id")");
}

TEST_F(ModelCache, FindsOneModelByItsWholeId) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  for (const Listed& model : some_models()) {
    const auto found = cache().find(source, model.id);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->models.size(), 1U) << model.id;
    EXPECT_EQ(found->models[0].id, model.id);
    EXPECT_EQ(found->fetched, 7);
  }
  for (const char* other : {"a/on", "/one", "one", "A/ONE", ""}) {
    const auto found = cache().find(source, other);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->models.empty()) << other;
  }
}

TEST_F(ModelCache, FindsAModelWhereverPiecesOfTheFileEnd) {
  std::vector<Listed> models;
  for (int i = 0; i < 700; ++i) {
    const std::string id = "vendor/model-" + std::to_string(i);
    const std::string words(static_cast<std::size_t>(i % 97) * 31, 'x');
    models.push_back({id, R"({"id":")" + id + R"(","description":")" + words + R"("})"});
  }
  ASSERT_TRUE(cache().write(source, 7, models));
  ASSERT_GT(fs::file_size(cache().file(source)), 1u << 20);
  for (const Listed& model : models) {
    const auto found = cache().find(source, model.id);
    ASSERT_TRUE(found && found->models.size() == 1) << model.id;
    EXPECT_EQ(found->models[0].json, model.json);
  }
}

TEST_F(ModelCache, IsTheUsersAlone) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  ::umask(before);
  EXPECT_EQ(mode_of(cache().file(source)), 0600U);
  EXPECT_EQ(mode_of(home / "prx/models"), 0700U);
  EXPECT_EQ(mode_of(home / "prx"), 0700U);
}

TEST_F(ModelCache, OfOtherPluginsAndUrlsAreOtherFiles) {
  const Source local{"openrouter", "http://127.0.0.1:1/v1"}, openai{"openai", ""};
  ASSERT_TRUE(cache().write(source, 1, {}));
  ASSERT_TRUE(cache().write(local, 2, {}));
  ASSERT_TRUE(cache().write(openai, 3, {}));
  EXPECT_EQ(cache().read(source)->fetched, 1);
  EXPECT_EQ(cache().read(local)->fetched, 2);
  EXPECT_EQ(cache().read(openai)->fetched, 3);
  fs::copy_file(cache().file(local), cache().file(openai), fs::copy_options::overwrite_existing);
  EXPECT_EQ(cache().read(openai).error().error_class, ErrorClass::kBadResponse);
}

TEST_F(ModelCache, StaysInItsFolderWhateverAPluginIsCalled) {
  const Source odd{"../../x\n/y", ""};
  EXPECT_EQ(cache().file(odd).parent_path(), home / "prx/models");
  ASSERT_TRUE(cache().write(odd, 1, {}));
  EXPECT_TRUE(cache().read(odd));
}

TEST_F(ModelCache, ThatIsNotThereIsNotFound) {
  EXPECT_EQ(cache().read(source).error().error_class, ErrorClass::kNotFound);
  EXPECT_EQ(cache().find(source, "a").error().error_class, ErrorClass::kNotFound);
}

TEST_F(ModelCache, ThatIsCutAnywhereIsOfNoUse) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  const std::string whole = text(source);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(source, whole.substr(0, size));
    EXPECT_EQ(cache().read(source).error().error_class, ErrorClass::kBadResponse) << size;
    EXPECT_EQ(cache().find(source, "a/one").error().error_class, ErrorClass::kBadResponse) << size;
  }
  put(source, whole + "x");
  EXPECT_FALSE(cache().read(source));
}

TEST_F(ModelCache, ThatIsDamagedOrOfAnotherVersionIsOfNoUse) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  const std::string whole = text(source);
  std::string other = whole;
  other.replace(other.find(":1,"), 3, ":2,");
  put(source, other);
  EXPECT_THAT(cache().read(source).error().message, HasSubstr("another version"));
  for (std::size_t i = 0; i < whole.size(); i += 3) {  // nothing but an answer or an error
    std::string damaged = whole;
    damaged[i] = '\x01';
    put(source, damaged);
    static_cast<void>(cache().read(source));
    static_cast<void>(cache().find(source, "a/two"));
  }
}

TEST_F(ModelCache, OfAnotherUserIsOfNoUse) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  const Cache others(home / "prx/models", ::geteuid() + 1);
  EXPECT_THAT(others.read(source).error().message, HasSubstr("another user"));
  EXPECT_THAT(others.write(source, 8, {}).error().message, HasSubstr("another user's"));
}

TEST_F(ModelCache, ThatOthersMayWriteIsOfNoUse) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  ::chmod(cache().file(source).c_str(), 0666);
  EXPECT_THAT(cache().read(source).error().message, HasSubstr("chmod 600"));
  ::chmod((home / "prx/models").c_str(), 0777);
  EXPECT_THAT(cache().write(source, 8, {}).error().message, HasSubstr("chmod 700"));
}

TEST_F(ModelCache, ThatIsALinkOrAPipeIsOfNoUse) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  const fs::path file = cache().file(source);
  fs::rename(file, home / "elsewhere");
  fs::create_symlink(home / "elsewhere", file);
  EXPECT_FALSE(cache().read(source));
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_THAT(cache().read(source).error().message, HasSubstr("no plain file"));
}

TEST_F(ModelCache, WhereAFolderCannotBeSaysSo) {
  std::ofstream(home / "prx") << "a file";
  const auto written = cache().write(source, 7, some_models());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr((home / "prx/models").string()));
  EXPECT_EQ(cache().read(source).error().error_class, ErrorClass::kNotFound);
  EXPECT_FALSE(Cache(fs::path()).write(source, 7, {}));
}

TEST_F(ModelCache, AListAboveTheLimitIsNotWritten) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  std::vector<Listed> large{{"x", R"({"x":")" + std::string(Cache::kFileMax, 'x') + R"("})"}};
  EXPECT_THAT(cache().write(source, 8, large).error().message, HasSubstr("64 MiB"));
  EXPECT_EQ(cache().read(source)->fetched, 7);
}

TEST_F(ModelCache, AFileAboveTheLimitIsNotRead) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  fs::resize_file(cache().file(source), Cache::kFileMax + 1);
  EXPECT_THAT(cache().read(source).error().message, HasSubstr("too large"));
}

TEST_F(ModelCache, AFullDiskLeavesTheOldList) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  struct rlimit limit {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  struct rlimit small = limit;
  small.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = cache().write(source, 8, some_models());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_FALSE(written);
  EXPECT_EQ(cache().read(source)->fetched, 7);
  EXPECT_EQ(std::distance(fs::directory_iterator(home / "prx/models"), {}), 1);
}

TEST_F(ModelCache, WhatAKilledWriterLeftIsRemovedLater) {
  ASSERT_TRUE(cache().write(source, 7, some_models()));
  const fs::path old = cache().file(source).string() + ".making-aaaaaa";
  const fs::path young = cache().file(source).string() + ".making-bbbbbb";
  std::ofstream(old) << "half";
  std::ofstream(young) << "half";
  const struct utimbuf yesterday { ::time(nullptr) - 86'400, ::time(nullptr) - 86'400 };
  ASSERT_EQ(::utime(old.c_str(), &yesterday), 0);
  ASSERT_TRUE(cache().write(source, 8, some_models()));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young)) << "somebody may be writing it";
}

TEST_F(ModelCache, TwoProcessesThatWriteAtOnceLeaveAWholeList) {
  constexpr int kRounds = 60;
  const auto write_some = [this](Seconds fetched, std::size_t models) {
    std::vector<Listed> list;
    for (std::size_t i = 0; i < models; ++i) {
      const std::string id = "m/" + std::to_string(i);
      list.push_back({id, R"({"id":")" + id + R"(","of":)" + std::to_string(fetched) + "}"});
    }
    for (int i = 0; i < kRounds; ++i)
      if (!cache().write(source, fetched, list)) return 1;
    return 0;
  };
  ASSERT_EQ(write_some(1, 100), 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(write_some(1, 100));
  int status = -1;
  bool running = true;
  int reads = 0;
  while (running) {
    ASSERT_EQ(write_some(2, 1'000), 0);
    const auto list = cache().read(source);
    ASSERT_TRUE(list) << list.error().message;
    ++reads;
    EXPECT_EQ(list->models.size(), list->fetched == 1 ? 100U : 1'000U);
    running = ::waitpid(child, &status, WNOHANG) == 0;
  }
  EXPECT_EQ(status, 0);
  EXPECT_GT(reads, 0);
}

TEST(ModelCacheFolder, WithoutOneNothingIsReadWhereTheProgramStands) {
  const Cache none{std::filesystem::path()};
  const Source source{"openrouter", "http://localhost"};
  const std::filesystem::path here = none.file(source);
  std::ofstream(here) << "somebody else's";
  for (const auto& list : {none.read(source), none.find(source, "a/b")}) {
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error().error_class, ErrorClass::kNotFound);
    EXPECT_NE(list.error().message.find("neither XDG_CACHE_HOME nor HOME"), std::string::npos);
  }
  std::filesystem::remove(here);
}

TEST(ModelCacheFolder, IsThatOfTheEnvironment) {
  EXPECT_EQ(cache_folder(environment({{"XDG_CACHE_HOME", "/c"}, {"HOME", "/h"}})), "/c/prx/models");
  EXPECT_EQ(cache_folder(environment({{"HOME", "/h"}})), "/h/.cache/prx/models");
  EXPECT_EQ(cache_folder(environment({{"XDG_CACHE_HOME", "relative"}, {"HOME", "/h"}})),
            "/h/.cache/prx/models");
  EXPECT_EQ(cache_folder(environment({{"HOME", ""}})), "");
  EXPECT_EQ(cache_folder(environment({})), "");
  EXPECT_EQ(cache_folder({}), "");
}

}  // namespace
}  // namespace prx::catalog
