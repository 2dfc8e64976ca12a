#include "prx/attachment.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace prx {
namespace {

using namespace std::string_literals;

const std::string kPng = "\x89PNG\r\n\x1a\n\0\0\0"s;

std::string refusal_of(const Result<Part>& part) {
  EXPECT_FALSE(part);
  if (part) return {};
  EXPECT_EQ(part.error().error_class, ErrorClass::kInvalidRequest);
  return part.error().message;
}

class AttachedFile : public ::testing::Test {
 protected:
  AttachedFile() { std::filesystem::create_directories(folder_); }
  ~AttachedFile() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("prx-attachment-" + std::to_string(::getpid()));
};

TEST(Attach, TellsImagesByTheirFirstBytes) {
  const auto png = attach(Part::Type::kImage, kPng, "a.bin");
  ASSERT_TRUE(png) << png.error().message;
  EXPECT_EQ(png->url, "data:image/png;base64,iVBORw0KGgoAAAA=");
  EXPECT_EQ(attach(Part::Type::kImage, "\xff\xd8\xff\xe0", "a")->url,
            "data:image/jpeg;base64,/9j/4A==");
  EXPECT_EQ(attach(Part::Type::kImage, "RIFF\x01\x02\x03\x04WEBP", "a")->url.substr(0, 16),
            "data:image/webp;");
  EXPECT_EQ(attach(Part::Type::kImage, "GIF89a", "a")->url, "data:image/gif;base64,R0lGODlh");
}

TEST(Attach, RefusesWhatIsNoImage) {
  EXPECT_EQ(refusal_of(attach(Part::Type::kImage, "hello", "note.txt")),
            "note.txt is not a PNG, JPEG, GIF or WebP image; convert it");
  EXPECT_EQ(refusal_of(attach(Part::Type::kImage, "", "none")), "none is empty");
}

TEST(Attach, LimitIsReached) {
  std::string large = kPng;
  large.resize(kAttachmentMax);
  EXPECT_TRUE(attach(Part::Type::kImage, large, "a.png"));
  large += '\0';
  EXPECT_EQ(refusal_of(attach(Part::Type::kImage, large, "a.png")),
            "a.png is larger than 20 MiB; make it smaller, or give its URL");
}

TEST(Attach, TellsSoundsAndFiles) {
  const auto wav = attach(Part::Type::kAudio, "RIFF\x01\x02\x03\x04WAVEfmt ", "a");
  ASSERT_TRUE(wav);
  EXPECT_EQ(wav->format, "wav");
  EXPECT_EQ(attach(Part::Type::kAudio, "ID3\x04", "a")->format, "mp3");
  EXPECT_NE(refusal_of(attach(Part::Type::kAudio, kPng, "a")).find("not a WAV"), std::string::npos);
  const auto pdf = attach(Part::Type::kFile, "%PDF-1.7", "paper.pdf");
  ASSERT_TRUE(pdf);
  EXPECT_EQ(pdf->url, "data:application/pdf;base64,JVBERi0xLjc=");
  EXPECT_EQ(pdf->filename, "paper.pdf");
  EXPECT_EQ(attach(Part::Type::kFile, "a,b\n", "t.csv")->url, "data:text/plain;base64,YSxiCg==");
  EXPECT_EQ(attach(Part::Type::kFile, "\x80\x81", "x")->url,
            "data:application/octet-stream;base64,gIE=");
}

TEST_F(AttachedFile, IsReadWhole) {
  const auto part = attach_file(Part::Type::kFile, write("a.txt", "hello"));
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->url, "data:text/plain;base64,aGVsbG8=");
  EXPECT_EQ(part->filename, "a.txt");
}

TEST_F(AttachedFile, ThatCannotBeReadNamesItself) {
  EXPECT_EQ(
      refusal_of(attach_file(Part::Type::kImage, path("none.png"))),
      path("none.png") +
          ": cannot be read: No such file or directory; create it, or correct its path or mode");
  EXPECT_EQ(refusal_of(attach_file(Part::Type::kImage, path(""))),
            path("") + ": is a folder; name a file");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal_of(attach_file(Part::Type::kImage, path("pipe"))),
            path("pipe") + ": is not a regular file; name one");
  const std::string sparse = write("large.png", "x");
  std::filesystem::resize_file(sparse, kAttachmentMax + 1);
  EXPECT_NE(refusal_of(attach_file(Part::Type::kImage, sparse)).find("larger than 20 MiB"),
            std::string::npos);
}

}  // namespace
}  // namespace prx
