#include "cli/chat/attachment_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::cli {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

std::string refusal(Part::Type type, const std::string& url) {
  const auto part = part_of_url(type, url);
  EXPECT_FALSE(part) << url;
  return part ? "" : part.error().message;
}

TEST(AttachmentUrl, IsToldFromAFilesName) {
  for (const char* url : {"https://a", "HTTP://a", "http:a", "data:,", "ftp://a", "file:///a"})
    EXPECT_TRUE(is_url(url)) << url;
  for (const char* file : {"a.png", "/a:b", "./http:a", "c:a", "", ":", "a b://c", "scan: one.png"})
    EXPECT_FALSE(is_url(file)) << file;
}

TEST(AttachmentUrl, OfAServerGoesOutAsItIs) {
  const std::string url = "HTTPS://example.org:8443/a/b.png?c=/d#e";
  EXPECT_EQ(part_of_url(Part::Type::kImage, url).value(), Part::image(url));
  EXPECT_EQ(part_of_url(Part::Type::kFile, url).value(), Part::file(url, "b.png"));
  EXPECT_EQ(part_of_url(Part::Type::kFile, "https://example.org").value().filename, "");
}

TEST(AttachmentUrl, WithoutAHostOrWithWhatNoHostIsIsRefused) {
  for (const char* url :
       {"https:", "https:///a.png", "http://:80/a.png", "https://a b/c",
        "https://me:pass@host/a.png", "https://host:99999/a.png", "https://h\xc3\xb6st/a.png"})
    EXPECT_THAT(refusal(Part::Type::kImage, url), HasSubstr("is no URL of a server")) << url;
}

TEST(AttachmentUrl, OfDataIsCheckedAndAnImageIsCalledWhatItIs) {
  const std::string gif = "R0lGODlh";  // GIF89a
  EXPECT_EQ(part_of_url(Part::Type::kImage, "DATA:image/png;base64," + gif).value(),
            Part::image("data:image/gif;base64," + gif));
  EXPECT_THAT(refusal(Part::Type::kImage, "data:text/html;base64," + gif), HasSubstr("no image"));
  EXPECT_THAT(refusal(Part::Type::kImage, "data:image/png,raw"), HasSubstr("is not base64"));
  EXPECT_THAT(refusal(Part::Type::kImage, "data:image/png;base64"), HasSubstr("is not base64"));
  EXPECT_THAT(refusal(Part::Type::kImage, "data:image/png;base64,"), HasSubstr("is not base64"));
  const std::string pdf = "data:application/pdf;base64,JVBERi0=";
  EXPECT_EQ(part_of_url(Part::Type::kFile, pdf).value(), Part::file(pdf, "file.pdf"));
  EXPECT_THAT(refusal(Part::Type::kAudio, "data:audio/wav;base64,AAAA"), HasSubstr("download it"));
}

TEST(AttachmentUrl, IsNotRepeatedWholeInAMessage) {
  const std::string text = refusal(Part::Type::kImage, "data:image/png," + std::string(500, 'x'));
  EXPECT_LT(text.size(), 200u);
  EXPECT_THAT(text, HasSubstr("xxx... is not base64"));
}

TEST(Base64, IsReadStrictly) {
  EXPECT_EQ(bytes_of_base64(""), "");
  EXPECT_EQ(bytes_of_base64("Zg=="), "f");
  EXPECT_EQ(bytes_of_base64("Zm8="), "fo");
  EXPECT_EQ(bytes_of_base64("Zm9v"), "foo");
  EXPECT_EQ(bytes_of_base64("+/8A"), "\xfb\xff\0"s);
  for (const char* wrong : {"Z", "Zm9", "Zm9v\n", "Z===", "====", "Zm=v", "Zm-_", "Zm9v Zg="})
    EXPECT_EQ(bytes_of_base64(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace prx::cli
