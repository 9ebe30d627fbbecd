#include "db/column_rule.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::db {
namespace {

ColumnRule rule(std::string type, bool not_null = false) {
  return rule_of({.name = "c", .declared_type = std::move(type), .not_null = not_null});
}

/// How `text` is stored in a column of `type`: "integer 5", "text a", "null", or "refused".
std::string stored(const std::string& type, std::string_view text) {
  Cell cell;
  CheckMemory memory;
  const std::string reason = check_text(rule(type), text, cell, memory);
  if (!reason.empty()) return "refused";
  switch (cell.type) {
    case Cell::Type::null:
      return "null";
    case Cell::Type::integer:
      return "integer " + std::to_string(cell.integer);
    case Cell::Type::real:
      return "real " + std::to_string(cell.real);
    case Cell::Type::text:
      return "text " + std::string(cell.text);
    case Cell::Type::blob:
      return "blob " + std::string(cell.text);
  }
  return "";
}

struct Case {
  std::string type, text, expected;
};

class ColumnRules : public ::testing::TestWithParam<Case> {};

TEST_P(ColumnRules, decide) {
  EXPECT_EQ(stored(GetParam().type, GetParam().text), GetParam().expected)
      << GetParam().type << " <- " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, ColumnRules,
    ::testing::Values(
        Case{"INTEGER", "42", "integer 42"}, Case{"bigint", " -7 ", "integer -7"}, Case{"INT", "+5", "integer 5"},
        Case{"INTEGER", "17850.0", "integer 17850"}, Case{"INTEGER", "5.5", "refused"},
        Case{"INTEGER", "5.", "refused"}, Case{"INTEGER", ".0", "refused"}, Case{"INTEGER", "abc", "refused"},
        Case{"INTEGER", "1e3", "refused"}, Case{"INTEGER", "1,000", "refused"},
        Case{"INTEGER", "9223372036854775807", "integer 9223372036854775807"},
        Case{"INTEGER", "9223372036854775808", "refused"}, Case{"INTEGER", "", "null"},
        Case{"INTEGER", "--5", "refused"}, Case{"INTEGER", "+-5", "refused"}, Case{"REAL", "+", "refused"},
        Case{"DECIMAL(10,2)", "12.50", "text 12.50"}, Case{"DECIMAL(10,2)", "12.500", "text 12.500"},
        Case{"DECIMAL(10,2)", "12.505", "refused"}, Case{"DECIMAL(4,2)", "99.99", "text 99.99"},
        Case{"DECIMAL(4,2)", "100", "refused"}, Case{"NUMERIC", "0.1", "text 0.1"}, Case{"NUMERIC", "abc", "refused"},
        Case{"NUMERIC", "1e400", "refused"}, Case{"NUMERIC", "123456789.1234567", "refused"},
        Case{"NUMERIC", "1234567890123456789", "text 1234567890123456789"}, Case{"NUMERIC", "", "null"},
        Case{"DECIMAL(3)", "12.5", "refused"}, Case{"DECIMAL(3)", "999", "text 999"},
        Case{"REAL", "1e3", "real 1000.000000"}, Case{"DOUBLE PRECISION", "x", "refused"},
        Case{"FLOAT", "nan", "refused"}, Case{"REAL", "inf", "refused"}, Case{"REAL", "1e999", "refused"},
        Case{"BOOLEAN", "TRUE", "integer 1"}, Case{"BOOL", "n", "integer 0"}, Case{"BOOLEAN", "2", "refused"},
        Case{"DATE", "2024-02-29", "text 2024-02-29"}, Case{"DATE", "2023-02-29", "refused"},
        Case{"DATE", "29/02/2024", "refused"}, Case{"DATE", "2024-02-29 10:00", "refused"},
        Case{"TIMESTAMP", "2010-12-01 08:26:00", "text 2010-12-01 08:26:00"},
        Case{"DATETIME", "2010-12-01T08:26:00+01:00", "text 2010-12-01T08:26:00+01:00"},
        Case{"TIMESTAMP", "2010-12-01 25:00:00", "refused"}, Case{"TIME", "08:30", "text 08:30"},
        Case{"TIME", "24:30", "refused"}, Case{"MONTH", "2024-13", "refused"}, Case{"MONTH", "2024-12", "text 2024-12"},
        Case{"UUID", "123E4567-e89b-12d3-a456-426614174000", "text 123E4567-e89b-12d3-a456-426614174000"},
        Case{"UUID", "123e4567e89b12d3a456426614174000", "refused"}, Case{"JSON", "{\"a\":[1]}", "text {\"a\":[1]}"},
        Case{"JSON", "{a:1}", "refused"}, Case{"TEXT", "", "text "}, Case{"TEXT", " x ", "text  x "},
        Case{"VARCHAR(3)", "\xC3\xA9\xC3\xA9\xC3\xA9", "text \xC3\xA9\xC3\xA9\xC3\xA9"},
        Case{"VARCHAR(3)", "abcd", "refused"}, Case{"BLOB", "\\x4142", "blob AB"}, Case{"BLOB", "4142", "blob AB"},
        Case{"BLOB", "414", "refused"}, Case{"BLOB", "zz", "refused"}, Case{"", "anything", "text anything"},
        Case{"WHATEVER", "5", "text 5"}));

TEST(ColumnRule, nul_characters_are_refused_in_texts) {
  Cell cell;
  CheckMemory memory;
  EXPECT_THAT(check_text(rule("TEXT"), std::string_view("a\0b", 3), cell, memory), ::testing::HasSubstr("NUL"));
}

TEST(ColumnRule, empty_needs_a_value_only_where_the_column_does) {
  Cell cell;
  CheckMemory memory;
  EXPECT_THAT(check_text(rule("INTEGER", true), "", cell, memory), ::testing::HasSubstr("needs a value"));
  EXPECT_EQ(check_text(rule("TEXT", true), "", cell, memory), "");
  const ColumnRule id =
      rule_of({.name = "id", .declared_type = "INTEGER", .not_null = true, .primary_key_position = 1});
  EXPECT_EQ(check_text(id, "", cell, memory), "") << "the database numbers the row";
}

TEST(ColumnRule, long_values_are_cut_in_the_reason_between_characters) {
  Cell cell;
  CheckMemory memory;
  std::string text(59, 'x');
  text += "\xC3\xA9" + std::string(100, 'y');
  EXPECT_EQ(check_text(rule("INTEGER"), text, cell, memory), "`" + std::string(59, 'x') + "…` is not a whole number");
}

Cell integer(std::int64_t value) { return {.type = Cell::Type::integer, .integer = value, .text = {}}; }
Cell real(double value) { return {.type = Cell::Type::real, .real = value, .text = {}}; }

std::string computed(const std::string& type, Cell cell) {
  CheckMemory memory;
  const std::string reason = check_cell(rule(type), cell, memory);
  if (!reason.empty()) return "refused";
  if (cell.type == Cell::Type::integer) return "integer " + std::to_string(cell.integer);
  if (cell.type == Cell::Type::real) return "real " + std::to_string(cell.real);
  return cell.type == Cell::Type::text ? "text " + std::string(cell.text) : "other";
}

TEST(ColumnRule, values_of_expressions_are_checked_alike) {
  EXPECT_EQ(computed("INTEGER", integer(5)), "integer 5");
  EXPECT_EQ(computed("INTEGER", real(5)), "integer 5");
  EXPECT_EQ(computed("INTEGER", real(5.5)), "refused");
  EXPECT_EQ(computed("DECIMAL(6,2)", real(2.5)), "text 2.5");
  EXPECT_EQ(computed("DECIMAL(6,2)", real(2.555)), "refused");
  EXPECT_EQ(computed("DECIMAL(6,2)", integer(7)), "text 7");
  EXPECT_EQ(computed("TEXT", integer(7)), "text 7");
  EXPECT_EQ(computed("BOOLEAN", integer(1)), "integer 1");
  EXPECT_EQ(computed("BOOLEAN", integer(2)), "refused");
  EXPECT_EQ(computed("DATE", integer(20240101)), "refused");
  EXPECT_EQ(computed("REAL", integer(7)), "integer 7");
  EXPECT_EQ(computed("BLOB", integer(7)), "refused");
}

}  // namespace
}  // namespace freshet::db
