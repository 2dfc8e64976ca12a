// Which file is the configuration: for who reads it and for who writes it.
#include "config/file_place.hpp"

#include <gmock/gmock.h>

#include "core/config/support.hpp"

namespace prx::config {
namespace {

using testing::environment;
using testing::Variables;

std::string place_of(const std::optional<std::filesystem::path>& named, Variables variables) {
  const auto place = file_place(named, environment(std::move(variables)));
  if (!place) return "error: " + place.error().message;
  return place->path.string() + (place->is_named ? "" : " if it exists");
}

TEST(FilePlace, IsTheStrongestThatIsSet) {
  EXPECT_EQ(place_of("x.toml", {{"PRX_CONFIG", "y.toml"}}), "x.toml");
  EXPECT_EQ(place_of({}, {{"PRX_CONFIG", "y.toml"}, {"HOME", "/h"}}), "y.toml");
  EXPECT_EQ(place_of({}, {{"PRX_CONFIG", ""}, {"HOME", "/h"}}),
            "/h/.config/prx/config.toml if it exists");
  EXPECT_EQ(place_of({}, {{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}}),
            "/x/prx/config.toml if it exists");
  EXPECT_EQ(place_of({}, {{"XDG_CONFIG_HOME", "x"}, {"HOME", "/h"}}),
            "/h/.config/prx/config.toml if it exists");
}

TEST(FilePlace, IsNowhereWithoutAHome) {
  EXPECT_THAT(place_of({}, {}), ::testing::HasSubstr("name the file in PRX_CONFIG"));
  EXPECT_FALSE(file_place({}, {})) << "no variable can be read at all";
}

}  // namespace
}  // namespace prx::config
