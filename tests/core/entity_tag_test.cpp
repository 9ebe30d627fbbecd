#include "core/entity_tag.hpp"

#include <string>

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(EntityTag, keeps_its_text_in_place) {
  const std::string text = "0123456789abcdef0123456789abcdef";
  const EntityTag tag{text};
  const EntityTag copy = tag;
  EXPECT_EQ(copy.view(), text);
  EXPECT_EQ(copy, tag);
  EXPECT_FALSE(copy == EntityTag("0123"));
  EXPECT_TRUE(EntityTag().empty());
  EXPECT_EQ(EntityTag("!\xC3\xA9#~").view(), "!\xC3\xA9#~");
}

TEST(EntityTag, refuses_what_could_not_be_sent) {
  for (const std::string& text : {std::string(33, 'a'), std::string("a\"b"), std::string("a b"), std::string("a\r\nb"),
                                  std::string("\x7f"), std::string(1, '\0')}) {
    EXPECT_THROW(EntityTag{text}, Error) << text;
  }
}

}  // namespace
}  // namespace freshet
