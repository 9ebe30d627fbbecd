#include "core/decimal.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace freshet {
namespace {

std::string canonical(std::string_view text) {
  const auto decimal = Decimal::parse(text);
  return decimal ? decimal->normalized().to_text() : "refused";
}

Decimal decimal(std::string_view text) { return Decimal::parse(text).value(); }

TEST(DecimalTest, keeps_every_digit_of_a_plain_number) {
  EXPECT_EQ(canonical("0"), "0");
  EXPECT_EQ(canonical("12.5"), "12.5");
  EXPECT_EQ(canonical("-0.05"), "-0.05");
  EXPECT_EQ(canonical("12345678901234567890.123456789012345678"), "12345678901234567890.123456789012345678");
}

TEST(DecimalTest, canonical_text_has_one_form_for_each_value) {
  for (const auto* text : {"1.5", "1.50", "01.5", "15e-1", "0.15E1", "0.15e+1", "1.500000"})
    EXPECT_EQ(canonical(text), "1.5");
  for (const auto* text : {"0", "-0", "0.000", "0e5", "-0e-7"}) EXPECT_EQ(canonical(text), "0");
  EXPECT_EQ(canonical("1e3"), "1000");
  EXPECT_EQ(canonical("12e-4"), "0.0012");
}

TEST(DecimalTest, keeps_trailing_zeros_until_asked_to_drop_them) {
  EXPECT_EQ(decimal("12.50").to_text(), "12.50");
  EXPECT_EQ(decimal("12.50").scale(), 2);
  EXPECT_EQ(decimal("12.50").significant_scale(), 1);
  EXPECT_EQ(decimal("-0.00").to_text(), "0.00");
}

TEST(DecimalTest, refuses_whatever_is_not_a_plain_number) {
  for (const auto* text : {"",   "-",   "+1",    ".5",  "5.",  "1,5", "1 ",    " 1", "1_000", "0x10",
                           "1e", "1e+", "1e1.5", "--1", "NaN", "inf", "1.2.3", "e5", "1a",    "１"}) {
    EXPECT_EQ(canonical(text), "refused") << text;
  }
}

TEST(DecimalTest, refuses_more_than_38_digits_but_not_more_than_38_zeros) {
  const std::string digits_38(38, '9');
  EXPECT_EQ(canonical(digits_38), digits_38);
  EXPECT_EQ(canonical(digits_38 + "0"), "refused");
  EXPECT_EQ(canonical("1" + digits_38), "refused");
  EXPECT_EQ(canonical(std::string(100, '0') + "7"), "7");
  EXPECT_EQ(canonical("0." + std::string(37, '0') + "1"), "0." + std::string(37, '0') + "1");
  EXPECT_EQ(canonical("0." + std::string(38, '0') + "1"), "refused");
  EXPECT_EQ(canonical("0.5" + std::string(60, '0')), "refused");  // 61 digits as written
  EXPECT_EQ(canonical("10e37"), "refused");
  EXPECT_EQ(canonical("1e37"), "1" + std::string(37, '0'));
}

TEST(DecimalTest, huge_exponents_and_endless_digits_cost_nothing) {
  EXPECT_EQ(canonical("1e9999"), "refused");
  EXPECT_EQ(canonical("1e-9999"), "refused");
  EXPECT_EQ(canonical("1e99999999999999999999"), "refused");
  EXPECT_EQ(canonical("1e2147483648"), "refused");
  EXPECT_EQ(canonical("0e9999"), "0");
  EXPECT_EQ(canonical(std::string(1'000'000, '0')), "refused");
  EXPECT_EQ(canonical(std::string(1'000'000, '1')), "refused");
}

TEST(DecimalTest, compares_by_value_across_scales_and_signs) {
  EXPECT_EQ(decimal("1.5"), decimal("1.50"));
  EXPECT_EQ(decimal("-0"), decimal("0.00"));
  EXPECT_LT(decimal("-2"), decimal("-1.99"));
  EXPECT_LT(decimal("-0.5"), decimal("0.25"));
  EXPECT_LT(decimal("-0.5"), decimal("-0.25"));
  EXPECT_GT(decimal("10"), decimal("9.999999999999999999999999999999999999"));
  EXPECT_LT(decimal("0.00000000000000000000000000000000000001"), decimal("99999999999999999999999999999999999999"));
}

TEST(DecimalTest, minor_units_are_exact) {
  EXPECT_EQ(decimal("12.34").to_minor(2).value(), 1234);
  EXPECT_EQ(decimal("12.3").to_minor(2).value(), 1230);
  EXPECT_EQ(decimal("-0.01").to_minor(2).value(), -1);
  EXPECT_EQ(decimal("12.3400").to_minor(2).value(), 1234);
  EXPECT_EQ(decimal("1e3").to_minor(0).value(), 1000);
}

TEST(DecimalTest, minor_units_refuse_to_round) {
  const auto cents = decimal("12.345").to_minor(2);
  ASSERT_FALSE(cents);
  EXPECT_EQ(cents.error().kind(), ErrorKind::unprocessable);
  EXPECT_EQ(cents.error().message(), "12.345 has more than 2 decimals");
  EXPECT_EQ(decimal("0.5").to_minor(0).error().message(), "0.5 is not a whole number");
  EXPECT_EQ(decimal("0.25").to_minor(1).error().message(), "0.25 has more than 1 decimal");
}

TEST(DecimalTest, minor_units_reach_the_ends_of_64_bits_and_no_further) {
  EXPECT_EQ(decimal("92233720368547758.07").to_minor(2).value(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(decimal("-92233720368547758.08").to_minor(2).value(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(decimal("92233720368547758.08").to_minor(2).error().message(), "92233720368547758.08 is too large");
  EXPECT_FALSE(decimal("-92233720368547758.09").to_minor(2));
  EXPECT_FALSE(decimal("9223372036854775807").to_minor(1));
  EXPECT_FALSE(decimal("99999999999999999999999999999999999999").to_minor(38));
  EXPECT_EQ(decimal("0").to_minor(38).value(), 0);
}

TEST(DecimalTest, minor_units_turn_back_into_text_with_all_their_decimals) {
  EXPECT_EQ(Decimal::from_minor(1250, 2).to_text(), "12.50");
  EXPECT_EQ(Decimal::from_minor(-5, 2).to_text(), "-0.05");
  EXPECT_EQ(Decimal::from_minor(0, 2).to_text(), "0.00");
  EXPECT_EQ(Decimal::from_minor(7, 0).to_text(), "7");
  EXPECT_EQ(Decimal::from_minor(std::numeric_limits<std::int64_t>::min(), 2).to_text(), "-92233720368547758.08");
  EXPECT_EQ(Decimal::from_minor(1, 38).to_text(), "0." + std::string(37, '0') + "1");
}

TEST(DecimalTest, a_double_is_the_decimal_that_a_person_wrote) {
  EXPECT_EQ(Decimal::from_double(0.1)->to_text(), "0.1");
  EXPECT_EQ(Decimal::from_double(12.34)->to_text(), "12.34");
  EXPECT_EQ(Decimal::from_double(-1e15)->to_text(), "-1000000000000000");
  EXPECT_EQ(Decimal::from_double(0.1 + 0.2)->to_text(), "0.30000000000000004");
  EXPECT_FALSE(Decimal::from_double(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(Decimal::from_double(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(Decimal::from_double(1e300));
}

}  // namespace
}  // namespace freshet
