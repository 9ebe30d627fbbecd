#include "http/conditional.hpp"

#include <gtest/gtest.h>

namespace freshet::http {
namespace {

TEST(EntityTag, is_the_xxh3_of_the_bytes) {
  EXPECT_EQ(entity_tag_of("").view(), "99aa06d3014798d86001c324468d497f");  // of the reference implementation
  EXPECT_EQ(entity_tag_of("abc").view().size(), 32U);
  EXPECT_FALSE(entity_tag_of("abc") == entity_tag_of("abd"));
}

TEST(IfNoneMatch, compares_weakly_in_lists) {
  for (const std::string_view field :
       {R"("a")", R"(W/"a")", R"("x", "a")", R"( "x" ,W/"y",, "a" )", "*", " * ", R"("x,y", "a")"}) {
    EXPECT_TRUE(names_tag(field, EntityTag("a"), Coding::identity)) << field;
  }
  for (const std::string_view field :
       {"", "a", R"("A")", R"("x")", R"("a-br")", R"(w/"a")", R"("a)", R"("x" "a")", R"("x, "a")", R"(x, "a")"}) {
    EXPECT_FALSE(names_tag(field, EntityTag("a"), Coding::identity)) << field;
  }
}

TEST(IfNoneMatch, names_the_coding_too_since_a_strong_tag_names_bytes) {
  EXPECT_TRUE(names_tag(R"("a-br")", EntityTag("a"), Coding::br));
  EXPECT_FALSE(names_tag(R"("a-br")", EntityTag("a"), Coding::gzip));
  EXPECT_FALSE(names_tag(R"("a")", EntityTag("a"), Coding::gzip));
}

}  // namespace
}  // namespace freshet::http
