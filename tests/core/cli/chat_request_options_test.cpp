// prx chat: what the request's options put on the wire, and what they refuse before it.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

class ChatRequestOptions : public ProgramTest {
 protected:
  ChatRequestOptions() { simulate(); }
  /// Refused before anybody is asked, with one line.
  void expect_usage(std::vector<std::string> arguments, const std::string& line) {
    arguments.insert(arguments.begin(), "chat");
    const auto result = run(std::move(arguments));
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(result.err, "prx: " + line + "\n");
    EXPECT_EQ(simulator().requests().size(), 0u);
  }
  const std::string png_ = "\x89PNG\r\n\x1a\n"s;
};

TEST_F(ChatRequestOptions, ReachTheWire) {
  const auto result =
      run({"chat", "--temperature", "0.2", "--top-p", "0.9", "--max-tokens", "50", "--seed", "7",
           "--stop", "END", "--stop", "STOP", "--reasoning-effort", "low", "hi"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto body = only_body();
  EXPECT_EQ(body["temperature"].GetDouble(), 0.2);
  EXPECT_EQ(body["top_p"].GetDouble(), 0.9);
  EXPECT_EQ(body["max_tokens"].GetInt(), 50);
  EXPECT_EQ(body["seed"].GetInt(), 7);
  ASSERT_EQ(body["stop"].Size(), 2u);
  EXPECT_STREQ(body["stop"][1].GetString(), "STOP");
  EXPECT_STREQ(body["reasoning_effort"].GetString(), "low");
}

TEST_F(ChatRequestOptions, AttachmentsFollowThePrompt) {
  const auto result = run({"chat", "--file", write("notes.txt", "n"), "--image",
                           write("a.png", png_), "--image", "https://example.org/b.png", "look"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto body = only_body();
  const auto& content = body["messages"][0]["content"];
  ASSERT_EQ(content.Size(), 4u);
  EXPECT_STREQ(content[0]["text"].GetString(), "look");
  EXPECT_STREQ(content[1]["image_url"]["url"].GetString(), "data:image/png;base64,iVBORw0KGgo=");
  EXPECT_STREQ(content[2]["image_url"]["url"].GetString(), "https://example.org/b.png");
  EXPECT_STREQ(content[3]["file"]["filename"].GetString(), "notes.txt");
  EXPECT_STREQ(content[3]["file"]["file_data"].GetString(), "data:text/plain;base64,bg==");
}

TEST_F(ChatRequestOptions, AnImageMayComeFromStdin) {
  auto options = program({"chat", "--image", "-", "what is it?"});
  options.input = test::ProcessOptions::Input::kPipe;
  options.input_text = png_;
  const auto result = run_with(std::move(options));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto body = only_body();
  EXPECT_STREQ(body["messages"][0]["content"][1]["image_url"]["url"].GetString(),
               "data:image/png;base64,iVBORw0KGgo=");
}

TEST_F(ChatRequestOptions, AnAttachmentThatIsNoneIsRefusedBeforeAnybodyIsAsked) {
  const std::string note = write("note.txt", "hello");
  expect_usage({"--image", note, "hi"},
               "--image: " + note + " is not a PNG, JPEG, GIF or WebP image; convert it");
  const std::string none = (home / "none.png").string();
  expect_usage({"--image", none, "hi"},
               "--image: " + none +
                   ": cannot be read: No such file or directory; create it, or correct its path or "
                   "mode");
  const std::string large = write("large.png", png_);
  std::filesystem::resize_file(large, (20u << 20) + 1);
  expect_usage({"--image", large, "hi"},
               "--image: " + large + " is larger than 20 MiB; make it smaller, or give its URL");
  expect_usage({"--audio", "https://example.org/a.wav", "hi"},
               "--audio: a sound is sent as a file; download it first");
  expect_usage({"--image", "-", "--file", "-", "hi"},
               "two attachments are -, but stdin can be read once only");
  expect_usage({"--image", "-", "-"},
               "stdin is an attachment already; give the prompt as an argument instead of -");
}

TEST_F(ChatRequestOptions, AUrlThatNobodyCouldFetchIsRefusedBeforeAnybodyIsAsked) {
  expect_usage({"--image", "https:///a.png", "hi"},
               "--image: https:///a.png is no URL of a server; write https://HOST/PATH, in ASCII");
  expect_usage({"--file", "ftp://example.org/a.pdf", "hi"},
               "--file: ftp://example.org/a.pdf is of a kind that no provider fetches; download it "
               "first");
  expect_usage({"--image", "data:text/plain;base64,aGk=", "hi"},
               "--image: data:text/plain;base64,aGk= is no image; write "
               "data:image/png;base64,DATA");
  expect_usage({"--image", "data:image/png;base64,!", "hi"},
               "--image: data:image/png;base64,! is not base64; write data:MEDIA/TYPE;base64,DATA");
  expect_usage({"--image", "data:image/png;base64,aGk=", "hi"},
               "--image: the data: URL is not a PNG, JPEG, GIF or WebP image; convert it");
}

TEST_F(ChatRequestOptions, ASchemaAsksForJsonAndChecksIt) {
  const std::string schema = write("s.json", R"({"type":"object"})");
  const auto good =
      run({"chat", "--schema", schema, "--model", "openai/gpt-4o#answer?text=%7B%7D", "hi"});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(good.out, "{}\n");
  const auto body = only_body();
  EXPECT_STREQ(body["response_format"]["type"].GetString(), "json_schema");
  EXPECT_STREQ(body["response_format"]["json_schema"]["schema"]["type"].GetString(), "object");
  const auto bad = run({"chat", "--no-stream", "--schema", R"({"type":"object"})", "--model",
                        "openai/gpt-4o#answer?text=Sure", "hi"});
  EXPECT_EQ(bad.exit_code, 8);
  EXPECT_EQ(bad.out, "");
  EXPECT_THAT(bad.err, HasSubstr("is not the JSON that response_format asks for"));
}

TEST_F(ChatRequestOptions, ASchemaThatIsNoJsonIsRefused) {
  expect_usage({"--schema", "{nope", "hi"},
               "--schema: it is not JSON: not well-formed JSON at byte 1");
  expect_usage({"--schema", write("list.json", "[1]"), "hi"}, "--schema: it is not a JSON object");
  expect_usage({"--schema", "/nowhere/s.json", "hi"},
               "--schema: /nowhere/s.json: cannot be read: No such file or directory; create it, "
               "or correct its path or mode");
  const std::string empty = write("empty.json", "");
  expect_usage({"--schema", empty, "hi"},
               "--schema: " + empty + " is empty; write the text into it");
  const std::string large = write("large.json", std::string((1u << 20) + 1, ' '));
  expect_usage({"--schema", large, "hi"},
               "--schema: " + large + " is longer than 1048576 bytes; make it shorter");
  expect_usage({"--schema", home, "hi"},
               "--schema: " + home.string() + ": is a folder; name a file");
}

TEST_F(ChatRequestOptions, JsonThatIsNoObjectIsNotTakenForAFile) {
  for (const std::string given : {"[1]", "true", "\"object\"", "3"})
    expect_usage(
        {"--schema", given, "hi"},
        "--schema: " + given + " is no JSON object; write a JSON schema, or the name of a file");
}

/// A command whose output `<()` of the shell hands over, and what is to be run with it.
class ChatSchemaOfACommand : public ChatRequestOptions {
 protected:
  test::ProcessResult shell(const std::string& script) {
    auto options = program({"-c", script});
    options.program = "/bin/bash";
    options.environment["PATH"] = PRX_BINARY_DIR "/bin:/usr/bin:/bin";
    return run_with(std::move(options));
  }
};

TEST_F(ChatSchemaOfACommand, MayComeFromOne) {
  const auto result = shell(
      "prx chat --yes --schema <(echo '{\"type\":\"object\"}') "
      "--tool now=date --tool-schema now=@<(echo '{\"description\":\"of a pipe\"}') "
      "--model 'openai/gpt-4o#answer?text=%7B%7D' hi");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto body = simulator().requests().at(0).body;
  EXPECT_THAT(body, HasSubstr(R"("schema":{"type":"object"})"));
  EXPECT_THAT(body, HasSubstr("of a pipe"));
}

TEST_F(ChatSchemaOfACommand, IsWaitedForAsLongAsTheTimeoutSays) {
  for (const std::string option : {"--schema ", "--tool now=date --tool-schema now=@"}) {
    const auto result =
        shell("exec 9<> <(:); prx chat --yes --timeout 100ms " + option + "/dev/fd/9 hi");
    EXPECT_EQ(result.exit_code, 6) << result.err;
    EXPECT_THAT(result.err, HasSubstr("--timeout is over, and /dev/fd/9 has not ended"));
  }
  EXPECT_EQ(simulator().requests().size(), 0u);
}

TEST_F(ChatRequestOptions, APipeThatNobodyWritesIsNoSchema) {
  const std::string pipe = (home / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_usage({"--schema", pipe, "hi"}, "--schema: " + pipe + " is empty; write the text into it");
  expect_usage({"--tool", "now=date", "--yes", "--tool-schema", "now=@" + pipe, "hi"},
               "--tool-schema now: " + pipe + " is empty; write the text into it");
}

TEST_F(ChatRequestOptions, NumbersOutOfRangeAreRefused) {
  expect_usage({"--top-p", "1.5", "hi"}, "--top-p: write a number from 0 to 1, e.g. 0.9");
  expect_usage({"--temperature", "-1", "hi"},
               "--temperature: write a number of 0 or more, e.g. 0.7");
  expect_usage({"--max-tokens", "0", "hi"}, "--max-tokens: write a number of 1 or more");
}

}  // namespace
}  // namespace prx::cli
