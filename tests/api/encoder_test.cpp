#include "api/encoder.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace freshet::api {
namespace {

using sql::ColumnType;

Cell integer(std::int64_t value) { return {.type = Cell::Type::integer, .integer = value, .real = 0, .text = {}}; }
Cell real(double value) { return {.type = Cell::Type::real, .integer = 0, .real = value, .text = {}}; }
Cell text(std::string_view value) { return {.type = Cell::Type::text, .integer = 0, .real = 0, .text = value}; }
Cell blob(std::string_view value) { return {.type = Cell::Type::blob, .integer = 0, .real = 0, .text = value}; }

std::string encoded(const Cell& cell, ColumnType type, bool made_by_database = false) {
  std::vector<ColumnPlan> columns(1);
  columns[0].type = type;
  columns[0].json_made_by_database = made_by_database;
  Bytes out;
  RowEncoder(columns).append_value(out, Row(&cell, 1));
  return std::string(out.view());
}

TEST(RowEncoder, integers_keep_every_digit) {
  EXPECT_EQ(encoded(integer(std::numeric_limits<std::int64_t>::min()), ColumnType::integer), "-9223372036854775808");
}

TEST(RowEncoder, booleans_are_words) {
  EXPECT_EQ(encoded(integer(1), ColumnType::boolean), "true");
  EXPECT_EQ(encoded(integer(0), ColumnType::boolean), "false");
  EXPECT_EQ(encoded(Cell{}, ColumnType::boolean), "null");
}

TEST(RowEncoder, a_decimal_in_text_is_the_number_digit_for_digit) {
  EXPECT_EQ(encoded(text("12345678901234567890.10"), ColumnType::decimal), "12345678901234567890.10");
  EXPECT_EQ(encoded(text("abc"), ColumnType::decimal), "\"abc\"");
}

TEST(RowEncoder, json_is_embedded_when_it_is_json) {
  EXPECT_EQ(encoded(text(R"([1,{"a":2}])"), ColumnType::json), R"([1,{"a":2}])");
  EXPECT_EQ(encoded(text(R"([1,{"a":2})"), ColumnType::json), R"("[1,{\"a\":2}")");
  EXPECT_EQ(encoded(text(R"({"a":1})"), ColumnType::json, true), R"({"a":1})");
}

TEST(RowEncoder, what_json_cannot_hold_becomes_null) {
  EXPECT_EQ(encoded(real(std::numeric_limits<double>::infinity()), ColumnType::number), "null");
  EXPECT_EQ(encoded(real(0.1), ColumnType::number), "0.1");
}

TEST(RowEncoder, blobs_are_hex) {
  EXPECT_EQ(encoded(blob(std::string_view("\x00\xff", 2)), ColumnType::blob), R"("\\x00ff")");
}

TEST(RowEncoder, csv_quotes_only_what_needs_it) {
  std::vector<ColumnPlan> columns(5);
  columns[0].name = "a";
  columns[1].name = "b,c";
  columns[3].type = ColumnType::boolean;
  const std::vector<Cell> row{text("x"), text("say \"hi\",\nnow"), Cell{}, integer(1), blob("\x01")};
  Bytes out;
  RowEncoder encoder(columns);
  encoder.append_csv_header(out);
  encoder.append_csv_row(out, row);
  EXPECT_EQ(out.view(), "a,\"b,c\",,,\r\nx,\"say \"\"hi\"\",\nnow\",,true,\\x01\r\n");
}

}  // namespace
}  // namespace freshet::api
