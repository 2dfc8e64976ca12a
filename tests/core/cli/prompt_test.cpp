#include "cli/chat/prompt.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace prx::cli {
namespace {

using ::testing::HasSubstr;

/// A pipe whose writing end is closed after `text`, as a shell's would be.
class TextPipe {
 public:
  explicit TextPipe(std::string_view text) {
    EXPECT_EQ(::pipe2(fds_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::write(fds_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(fds_[1]);
  }
  ~TextPipe() { ::close(fds_[0]); }
  TextPipe(const TextPipe&) = delete;
  TextPipe& operator=(const TextPipe&) = delete;
  [[nodiscard]] int fd() const { return fds_[0]; }

 private:
  std::array<int, 2> fds_{};
};

class NullDevice {
 public:
  NullDevice() : fd_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}
  ~NullDevice() { ::close(fd_); }
  NullDevice(const NullDevice&) = delete;
  NullDevice& operator=(const NullDevice&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

TEST(ReadPrompt, JoinsArgumentsBySpaces) {
  const NullDevice null;
  EXPECT_EQ(read_prompt({"why", "is", "it"}, null.fd()).value(), "why is it");
}

TEST(ReadPrompt, WithoutArgumentsReadsAPipe) {
  const TextPipe pipe("from a pipe\n");
  EXPECT_EQ(read_prompt({}, pipe.fd()).value(), "from a pipe\n");
}

TEST(ReadPrompt, ADashReadsStdin) {
  const TextPipe pipe("text");
  EXPECT_EQ(read_prompt({"-"}, pipe.fd()).value(), "text");
}

TEST(ReadPrompt, ArgumentsComeFirstThenABlankLineThenStdin) {
  const TextPipe pipe("the text");
  EXPECT_EQ(read_prompt({"summarise", "this"}, pipe.fd()).value(), "summarise this\n\nthe text");
  const TextPipe other("the text");
  EXPECT_EQ(read_prompt({"-", "summarise"}, other.fd()).value(), "summarise\n\nthe text");
}

TEST(ReadPrompt, AnEmptyPipeAddsNothingToArguments) {
  const TextPipe pipe("");
  EXPECT_EQ(read_prompt({"alone"}, pipe.fd()).value(), "alone");
}

TEST(ReadPrompt, NothingAtAllIsAnErrorThatTellsHow) {
  const NullDevice null;
  const auto prompt = read_prompt({}, null.fd());
  ASSERT_FALSE(prompt);
  EXPECT_THAT(prompt.error().message, HasSubstr("prx chat \"Hello\""));
}

TEST(ReadPrompt, TextThatIsNotUtf8IsRefused) {
  const TextPipe pipe("caf\xe9");
  const auto prompt = read_prompt({}, pipe.fd());
  ASSERT_FALSE(prompt);
  EXPECT_THAT(prompt.error().message, HasSubstr("not UTF-8"));
}

TEST(ReadPrompt, AClosedStdinIsNothing) {
  EXPECT_EQ(input_kind(-1), InputKind::kNothing);
  EXPECT_EQ(read_prompt({"word"}, -1).value(), "word");
  EXPECT_FALSE(read_prompt({"-"}, -1));
}

TEST(ReadAll, TakesTheLimitAndRefusesOneByteMore) {
  const TextPipe fits("12345678");
  EXPECT_EQ(read_all(fits.fd(), 8).value(), "12345678");
  const TextPipe more("123456789");
  const auto text = read_all(more.fd(), 8);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("longer than 8 bytes"));
}

TEST(ParametersJson, MakesOneObjectAndKeepsTheValuesBytes) {
  EXPECT_EQ(parameters_json({"top_p=0.90", "stop=[ \"a\" ]", "x={\"y\":null}"}).value(),
            R"({"top_p":0.90,"stop":[ "a" ],"x":{"y":null}})");
  EXPECT_EQ(parameters_json({}).value(), "");
}

TEST(ParametersJson, TheFirstEqualsSignDivides) {
  EXPECT_EQ(parameters_json({"user=\"a=b\""}).value(), R"({"user":"a=b"})");
}

TEST(ParametersJson, AValueThatIsNotJsonShowsHowToQuoteIt) {
  const auto object = parameters_json({"user=me"});
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().message,
            "--param user: the value is not JSON; quote strings: --param 'user=\"me\"'");
}

TEST(ParametersJson, RefusesASettingWithoutANameOrValueATwinAndAMemberWithAnOption) {
  for (const char* setting : {"novalue", "=1", "x="})
    EXPECT_FALSE(parameters_json({setting})) << setting;
  EXPECT_THAT(parameters_json({"a=1", "a=2"}).error().message, HasSubstr("twice"));
  EXPECT_THAT(parameters_json({"model=\"m\""}).error().message, HasSubstr("--model"));
  EXPECT_THAT(parameters_json({"stream=false"}).error().message, HasSubstr("--no-stream"));
  EXPECT_THAT(parameters_json({"messages=[]"}).error().message, HasSubstr("--system"));
}

TEST(ParametersJson, HalfACharacterIsRefused) {
  for (const char* value : {R"("\ud800")", R"("\uDC00x")", R"(["\ud83d\n"])",
                            R"("\ud83d\ud83d\ude00")", R"({"\ude00":1})"}) {
    const auto object = parameters_json({"user=" + std::string(value)});
    ASSERT_FALSE(object) << value;
    EXPECT_NE(object.error().message.find("surrogate"), std::string::npos);
  }
  for (const char* value :
       {R"("\ud83d\ude00")", R"("\\ud800")", R"("\u0000\ue000")", R"("\"\ud83D\uDE00")"})
    EXPECT_TRUE(parameters_json({"user=" + std::string(value)})) << value;
}

}  // namespace
}  // namespace prx::cli
