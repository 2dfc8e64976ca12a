#include "client/owned_event.hpp"

#include <gtest/gtest.h>

namespace prx::driver {
namespace {

TEST(OwnedEvent, KeepsEveryTextWhenTheSourceIsGone) {
  std::string text = "hello", id = "call_1", name = "add", json = "{}", frame = "data: x";
  StreamEvent event;
  event.type = StreamEvent::Type::kItem;
  event.choice = 2;
  event.index = 3;
  event.text = text;
  event.id = id;
  event.name = name;
  event.json = json;
  event.frame = frame;
  const OwnedEvent owned(event);
  text.assign(5, '#');
  id.assign(6, '#');
  json.assign(2, '#');
  const OwnedEvent copy = owned;  // NOLINT: copying is what is tested
  const StreamEvent view = copy.view();
  EXPECT_EQ(view.text, "hello");
  EXPECT_EQ(view.id, "call_1");
  EXPECT_EQ(view.name, "add");
  EXPECT_EQ(view.json, "{}");
  EXPECT_EQ(view.frame, "data: x");
  EXPECT_EQ(view.choice, 2u);
  EXPECT_EQ(view.index, 3u);
  EXPECT_EQ(copy.size(), 5u + 6 + 3 + 2 + 7);
}

}  // namespace
}  // namespace prx::driver
