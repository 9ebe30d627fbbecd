#include "core/coding.hpp"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(Coding, is_known_by_its_name_in_any_case) {
  for (const Coding coding : {Coding::identity, Coding::br, Coding::zstd, Coding::gzip}) {
    EXPECT_EQ(coding_from(to_string(coding)), coding);
  }
  EXPECT_EQ(coding_from("BR"), Coding::br);
  EXPECT_EQ(coding_from("x-gzip"), Coding::gzip);
  for (const char* const other : {"", "deflate", "brotli", "*"}) EXPECT_EQ(coding_from(other), std::nullopt) << other;
}

}  // namespace
}  // namespace freshet
