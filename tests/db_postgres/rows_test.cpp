#include "db/postgres/rows.hpp"

#include "support.hpp"

namespace freshet::db::postgres {
namespace {

TEST(PostgresTimestamps, timestamps_take_the_form_of_rfc_3339) {
  std::array<char, 40> room{};
  const std::pair<const char*, const char*> zoned[] = {
      {"2025-01-31 07:30:00+00", "2025-01-31T07:30:00.000Z"},
      {"2025-01-31 07:30:00.1+00", "2025-01-31T07:30:00.100Z"},
      {"2025-01-31 07:30:00.123+00", "2025-01-31T07:30:00.123Z"},
      {"2025-01-31 07:30:00.1234+00", "2025-01-31T07:30:00.123400Z"},
      {"2025-01-31 07:30:00.123456+00", "2025-01-31T07:30:00.123456Z"},
      {"infinity", "infinity"},
      {"-infinity", "-infinity"},
      {"0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00 BC"},
      {"10000-01-01 00:00:00+00", "10000-01-01 00:00:00+00"},
      {"2025-01-31 07:30:00+09:30", "2025-01-31 07:30:00+09:30"},
  };
  for (const auto& [text, form] : zoned) EXPECT_EQ(canonical_timestamp(text, true, room), form);
  EXPECT_EQ(canonical_timestamp("2025-01-31 07:30:00.5", false, room), "2025-01-31T07:30:00.500");
  EXPECT_EQ(canonical_timestamp("0044-03-15 12:00:00 BC", false, room), "0044-03-15 12:00:00 BC");
}

class PostgresRows : public test::PostgresTest {};

TEST_F(PostgresRows, numbers_keep_their_digits) {
  struct Look final : RowSink {
    bool row(Row row) override {
      for (const Cell& cell : row) digits.emplace_back(cell.text);
      types = {row[0].type, row[1].type, row[2].type};
      return true;
    }
    std::vector<std::string> digits;
    std::vector<Cell::Type> types;
  } look;
  const auto connection = connect();
  Step step;
  step.statement = std::make_shared<const Statement>(
      connection->describe("SELECT (-9223372036854775808)::int8, 100.10::numeric, 0.5::float8"));
  step.sink = &look;
  connection->run(step);
  EXPECT_THAT(look.digits, ::testing::ElementsAre("-9223372036854775808", "100.10", ""));
  EXPECT_THAT(look.types, ::testing::ElementsAre(Cell::Type::integer, Cell::Type::text, Cell::Type::real));
}

TEST_F(PostgresRows, empty_text_is_not_null) {
  const auto connection = connect();
  EXPECT_THAT(test::query(*connection, "SELECT '', NULL, ''::bytea"), ::testing::ElementsAre("|null|blob:"));
}

}  // namespace
}  // namespace freshet::db::postgres
