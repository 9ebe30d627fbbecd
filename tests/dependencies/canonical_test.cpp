#include "feed/canonical.hpp"

#include <gtest/gtest.h>

namespace freshet::feed {
namespace {

using sql::Affinity;
using sql::Collation;

std::string of(const Value& value, Affinity affinity, Collation collation = Collation::binary) {
  return canonical(value, affinity, collation).value_or("(unknown)");
}
std::string stored(const Cell& cell, Affinity affinity, Collation collation = Collation::binary) {
  std::string out;
  canonical(cell, affinity, collation, out);
  return out;
}

TEST(Canonical, whole_reals_are_their_integers) {
  EXPECT_EQ(of(2.0, Affinity::numeric), "i2");
  EXPECT_EQ(of(-0.0, Affinity::blob), "i0");
  EXPECT_EQ(stored({.type = Cell::Type::real, .real = 2.0, .text = {}}, Affinity::numeric), "i2");
  EXPECT_EQ(of(2.5, Affinity::numeric), stored({.type = Cell::Type::real, .real = 2.5, .text = {}}, Affinity::numeric));
  EXPECT_NE(of(9223372036854775808.0, Affinity::numeric), of(std::int64_t{9223372036854775807}, Affinity::numeric));
}

TEST(Canonical, numeric_text_is_its_number_where_the_column_is_numeric) {
  for (const char* text : {"12", " 12 ", "+12", "12.0", "1.2e1", "120e-1", "012", "12."}) {
    EXPECT_EQ(of(std::string(text), Affinity::numeric), "i12") << text;
  }
  EXPECT_EQ(of(std::string("-0"), Affinity::numeric), "i0");
  EXPECT_EQ(of(std::string("12"), Affinity::blob), "t12");
  EXPECT_EQ(of(std::string("12"), Affinity::text), "t12");
}

TEST(Canonical, text_that_is_no_number_stays_text) {
  for (const char* text : {"", ".", "2025-01", "1e", "0x10", "e5", "1 2", "inf", "--1"}) {
    EXPECT_EQ(of(std::string(text), Affinity::numeric), std::string("t") + text);
  }
}

TEST(Canonical, what_only_the_database_can_convert_is_unknown) {
  EXPECT_FALSE(canonical(Value(std::string("0.1")), Affinity::numeric, Collation::binary));
  EXPECT_FALSE(canonical(Value(std::string("9223372036854775808")), Affinity::numeric, Collation::binary));
  EXPECT_FALSE(canonical(Value(2.5), Affinity::text, Collation::binary));
  EXPECT_FALSE(canonical(Value(std::string("a")), Affinity::text, Collation::other));
}

TEST(Canonical, numbers_are_text_where_the_column_is) {
  EXPECT_EQ(of(std::int64_t{5}, Affinity::text), "t5");
  EXPECT_EQ(of(true, Affinity::text), "t1");
  EXPECT_EQ(of(true, Affinity::numeric), "i1");
}

TEST(Canonical, collations_make_texts_equal) {
  EXPECT_EQ(of(std::string("FoOd"), Affinity::text, Collation::nocase), "tfood");
  EXPECT_EQ(of(std::string("\xC3\x84"), Affinity::text, Collation::nocase), "t\xC3\x84");  // only ASCII
  EXPECT_EQ(of(std::string("a  "), Affinity::text, Collation::rtrim), "ta");
  EXPECT_EQ(of(std::string("a "), Affinity::text), "ta ");
}

TEST(Canonical, types_do_not_run_into_each_other) {
  EXPECT_NE(of(Blob{"a"}, Affinity::blob), of(std::string("a"), Affinity::blob));
  EXPECT_NE(of(Null{}, Affinity::blob), of(std::string(""), Affinity::blob));
  EXPECT_NE(of(std::int64_t{1}, Affinity::blob), of(std::string("1"), Affinity::blob));
}

}  // namespace
}  // namespace freshet::feed
