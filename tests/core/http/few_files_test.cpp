// What is said when the system gives no more file descriptors.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <string>

#include "core/http/http_client.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

using prx::test::always;
using prx::test::plain_response;
using prx::test::WireServer;
using testing::HasSubstr;
using testing::MatchesRegex;

/// While it lives, this process gets `more` file descriptors and no other.
class FewFilesLeft {
 public:
  explicit FewFilesLeft(int more) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(number_after(more));
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~FewFilesLeft() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }
  FewFilesLeft(const FewFilesLeft&) = delete;
  FewFilesLeft& operator=(const FewFilesLeft&) = delete;

 private:
  /// The number that the descriptor after the next `more` would have.
  static int number_after(int more) {
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int number = more == 0 ? next : number_after(more - 1);
    ::close(next);
    return number;
  }

  rlimit before_{};
};

std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST(FewFiles, ALoopThatCannotBeMadeIsAnErrorThatNamesTheRemedyAndLeavesNothingOpen) {
  constexpr int kEnough = 3;
  const std::ptrdiff_t before = open_files();
  for (int more = 0; more <= kEnough; ++more) {
    auto loop = [more] {
      const FewFilesLeft few(more);
      return AsioLoop::open();
    }();
    if (more == kEnough) {
      EXPECT_TRUE(loop);
    } else if (!loop) {
      EXPECT_EQ(loop.error().error_class, ErrorClass::kInternal);
      EXPECT_THAT(loop.error().message,
                  MatchesRegex("the file descriptors of the event loop could not be made: Too many "
                               "open files; raise the limit of open files .ulimit -n."));
    } else {
      EXPECT_GT(more, 0);
    }
  }
  EXPECT_EQ(open_files(), before);
}

TEST(FewFiles, ATransportThatCannotBeMadeIsAnErrorThatNamesTheRemedy) {
  HttpClient client;  // a transport stays, so that libcurl has what it opens once
  const FewFilesLeft none(0);
  client.run([&] {
    const auto made = CurlTransport::open(client.loop, client.workers, {});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().error_class, ErrorClass::kInternal);
    EXPECT_THAT(made.error().message, HasSubstr("Too many open files; raise the limit"));
  });
}

TEST(FewFiles, ASocketThatCannotBeMadeIsNotTheNetworksFaultAndTheNextOneWorks) {
  WireServer server(always(plain_response("x")));
  HttpClient client;
  {
    const FewFilesLeft none(0);
    const Answer answer = client.fetch(get(server.url()));
    EXPECT_EQ(answer.error_class(), ErrorClass::kInternal);
    EXPECT_EQ(answer.phase(), Phase::kConnect);
    EXPECT_EQ(answer.message(), "could not connect to '127.0.0.1:" + std::to_string(server.port()) +
                                    "': Too many open files; raise the limit of open files "
                                    "(ulimit -n)");
  }
  EXPECT_TRUE(client.fetch(get(server.url())).ok());
}

TEST(FewFiles, ANameThatCannotBeResolvedForLackOfThemIsNotTheNetworksFault) {
  const FewFilesLeft none(0);
  const auto found = look_up_system("name.invalid", 80);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().error_class, ErrorClass::kInternal);
  EXPECT_EQ(found.error().phase, Phase::kConnect);
}

}  // namespace
}  // namespace prx::http::test
