#include "support.hpp"

namespace freshet::db {
namespace {

using test::error_of;
using ::testing::HasSubstr;

class PostgresDescribe : public test::PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped()) return;
    connection_ = connect();
    connection_->execute(
        "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title varchar(40) NOT NULL, price "
        "numeric(10,2), at timestamptz);"
        "CREATE VIEW titles AS SELECT id, title FROM notes;");
  }
  std::unique_ptr<Connection> connection_;
};

TEST_F(PostgresDescribe, columns_have_their_type_origin_and_nullability) {
  const Statement statement = connection_->describe(
      "SELECT n.id, title AS headline, price, at, count(*) OVER () AS total, 'x' AS word FROM notes AS n WHERE id = "
      "$1");
  ASSERT_EQ(statement.columns.size(), 6U);
  const auto expect = [&](std::size_t i, std::string name, std::string type, std::string table, std::string origin,
                          bool not_null) {
    const Column& column = statement.columns[i];
    EXPECT_EQ(column.name, name);
    EXPECT_EQ(column.declared_type, type) << name;
    EXPECT_EQ(column.table, table) << name;
    EXPECT_EQ(column.origin, origin) << name;
    EXPECT_EQ(column.not_null, not_null) << name;
  };
  expect(0, "id", "bigint", "notes", "id", true);
  expect(1, "headline", "character varying(40)", "notes", "title", true);
  expect(2, "price", "numeric(10,2)", "notes", "price", false);
  expect(3, "at", "timestamp with time zone", "notes", "at", false);
  expect(4, "total", "bigint", "", "", false);
  expect(5, "word", "text", "", "", false);
  EXPECT_EQ(statement.parameter_count, 1);
  EXPECT_EQ(statement.parameter_types.at(0), 20U);
  EXPECT_EQ(connection_->describe("SELECT title FROM titles").columns.at(0).table, "titles");
}

TEST_F(PostgresDescribe, statement_that_writes_or_locks_is_told_from_one_that_reads) {
  const auto reads = [&](std::string_view sql) { return connection_->describe(sql).read_only; };
  EXPECT_TRUE(reads("SELECT 'delete' FROM notes"));
  EXPECT_TRUE(reads("WITH n AS (SELECT 1) SELECT * FROM n UNION ALL VALUES (2)"));
  EXPECT_FALSE(reads("INSERT INTO notes (title) VALUES ($1) RETURNING id"));
  EXPECT_FALSE(reads("WITH gone AS (DELETE FROM notes RETURNING id) SELECT * FROM gone"));
  EXPECT_FALSE(reads("SELECT * FROM notes FOR UPDATE"));
  EXPECT_FALSE(reads("SELECT * INTO copy FROM notes"));
  EXPECT_FALSE(reads("DROP TABLE notes"));
}

TEST_F(PostgresDescribe, parameter_that_may_be_null_has_the_type_of_what_it_is_compared_with) {
  const Statement statement = connection_->describe(
      "SELECT id FROM notes WHERE ($1 IS NULL OR id = $1) AND ($2 IS NOT NULL OR title = $3) AND ('$1 IS NULL' <> '') "
      "AND ($4 IS NULL OR at > $4)");
  EXPECT_THAT(statement.parameter_types, ::testing::ElementsAre(20U, 25U, 25U, 1184U));
  EXPECT_THAT(test::query(*connection_, "SELECT 1 WHERE $1 IS NULL OR 1 = $1", [](Binder& binder) { binder.null(1); }),
              ::testing::ElementsAre("1"));
  std::size_t offset = 0;
  const std::string_view wrong = "SELECT titel FROM notes WHERE $1 IS NULL OR id = $1";
  EXPECT_THROW(static_cast<void>(connection_->describe(wrong, &offset)), Error);
  EXPECT_EQ(offset, 7U);
}

TEST_F(PostgresDescribe, error_tells_where_and_what_was_meant) {
  std::size_t offset = 0;
  const std::string_view column = "SELECT 'é', titel FROM notes";
  Error error = error_of([&] { static_cast<void>(connection_->describe(column, &offset)); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_EQ(column.substr(offset, 5), "titel");
  EXPECT_THAT(error.hint(), HasSubstr("title"));

  const std::string_view table = "SELECT 1 FROM nodes";
  error = error_of([&] { static_cast<void>(connection_->describe(table, &offset)); });
  EXPECT_EQ(table.substr(offset), "nodes");
  EXPECT_THAT(error.hint(), HasSubstr("`notes`"));

  EXPECT_THROW(static_cast<void>(connection_->describe("SELECT 1; SELECT 2")), Error);
  EXPECT_EQ(connection_->scalar("SELECT 1"), "1") << "a statement that is wrong harms nobody";
}

}  // namespace
}  // namespace freshet::db
