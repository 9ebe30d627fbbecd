#include "db/sqlite/describe.hpp"

#include "support.hpp"

namespace freshet::db::sqlite {
namespace {

using test::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Describe : public ::testing::Test {
 protected:
  Describe() {
    DatabaseOptions options;
    options.url = ":memory:";
    connection = open_connection(options);
    connection->execute(
        "CREATE TABLE transactions (id INTEGER PRIMARY KEY, label TEXT NOT NULL, amount DECIMAL(10,2), done BOOLEAN);"
        "CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (a, b));"
        "CREATE VIEW labels AS SELECT label, upper(label) AS loud FROM transactions;");
  }
  Error refused(std::string_view sql) {
    offset = 12345;
    return error_of([&] { static_cast<void>(connection->describe(sql, &offset)); });
  }
  std::unique_ptr<Connection> connection;
  std::size_t offset = 0;
};

TEST_F(Describe, columns_have_type_table_origin_and_nullability) {
  const Statement statement =
      connection->describe("SELECT id, t.label AS name, amount, done, 1 + 1 AS two FROM transactions t WHERE id = ?1");
  ASSERT_EQ(statement.columns.size(), 5U);
  EXPECT_EQ(statement.parameter_count, 1);
  EXPECT_TRUE(statement.read_only);
  EXPECT_EQ(statement.id, 0U);
  const Column& name = statement.columns[1];
  EXPECT_EQ(name.name, "name");
  EXPECT_EQ(name.declared_type, "TEXT");
  EXPECT_EQ(name.table, "transactions");
  EXPECT_EQ(name.origin, "label");
  EXPECT_TRUE(name.not_null);
  EXPECT_TRUE(statement.columns[0].not_null) << "an alias of the rowid";
  EXPECT_EQ(statement.columns[2].declared_type, "DECIMAL(10,2)");
  EXPECT_FALSE(statement.columns[2].not_null);
  EXPECT_EQ(statement.columns[3].declared_type, "BOOLEAN");
  EXPECT_EQ(statement.columns[4].declared_type, "");
  EXPECT_EQ(statement.columns[4].table, "");
}

TEST_F(Describe, part_of_a_composite_key_may_be_null) {
  EXPECT_FALSE(connection->describe("SELECT a FROM pair").columns.front().not_null);
}

TEST_F(Describe, columns_of_a_view_are_those_of_its_table) {
  const Statement statement = connection->describe("SELECT label, loud FROM labels");
  EXPECT_EQ(statement.columns[0].table, "transactions");
  EXPECT_EQ(statement.columns[1].table, "");
}

TEST_F(Describe, writes_are_told_from_reads) {
  EXPECT_FALSE(connection->describe("DELETE FROM pair RETURNING a").read_only);
  EXPECT_EQ(connection->describe("DELETE FROM pair RETURNING a").columns.size(), 1U);
  EXPECT_THAT(connection->describe("DELETE FROM pair").columns, IsEmpty());
}

TEST_F(Describe, wrong_column_is_placed_and_the_nearest_is_suggested) {
  const std::string_view sql = "SELECT id,\n  lable FROM transactions";
  const Error error = refused(sql);
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.message(), HasSubstr("no such column: lable"));
  EXPECT_EQ(error.hint(), "did you mean `label`?");
  EXPECT_EQ(offset, sql.find("lable"));
  EXPECT_EQ(error.place()->line, 2U);
  EXPECT_EQ(error.place()->column, 3U);
  EXPECT_EQ(error.source_line(), "  lable FROM transactions");
}

TEST_F(Describe, suggestions) {
  const std::pair<const char*, const char*> cases[] = {
      {"SELECT t.amuont FROM transactions t", "did you mean `amount`?"},
      {"SELECT transactions.amuont FROM transactions, pair", "did you mean `amount`?"},
      {"SELECT * FROM transaction_s", "did you mean `transactions`?"},
      {"INSERT INTO transactions (lable) VALUES (1)", "did you mean `label`?"},
      {"UPDATE transactions SET lable = 1", "did you mean `label`?"},
      {"SELECT month_off('2025-01-01')", "did you mean `month_of`?"},
      {"SELECT zzzzzzzzzzz FROM transactions", ""},
  };
  for (const auto& [sql, hint] : cases) EXPECT_EQ(refused(sql).hint(), hint) << sql;
}

TEST_F(Describe, column_in_double_quotes_that_does_not_exist_is_not_taken_for_a_text) {
  const Error error = refused("SELECT id FROM transactions WHERE \"lable\" = 'x'");
  EXPECT_THAT(error.message(), HasSubstr("no such column: lable"));
  EXPECT_EQ(error.hint(), "did you mean `label`?");
}

TEST_F(Describe, texts_in_double_quotes_in_somebody_elses_trigger_go_on_working) {
  connection->execute("CREATE TRIGGER old AFTER UPDATE ON pair WHEN new.a = \"open\" BEGIN SELECT 1; END;");
  EXPECT_NO_THROW(static_cast<void>(connection->describe("UPDATE pair SET a = 1")));
}

TEST_F(Describe, syntax_error_is_placed) {
  const std::string_view sql = "SELECT id FRM transactions";
  EXPECT_THAT(refused(sql).message(), HasSubstr("syntax error"));
  EXPECT_EQ(offset, sql.find("transactions"));
}

TEST_F(Describe, second_statement_is_refused_at_its_start) {
  const std::string_view sql = "SELECT 1; -- one\n SELECT 2";
  EXPECT_THAT(refused(sql).message(), HasSubstr("second statement"));
  EXPECT_EQ(offset, sql.find("SELECT 2"));
}

TEST_F(Describe, trailing_semicolons_and_comments_are_fine) {
  EXPECT_EQ(connection->describe("/* a */ SELECT 1 ; ; -- done\n/* b */").columns.size(), 1U);
}

TEST_F(Describe, nothing_but_comments_is_no_statement) {
  for (const char* sql : {"", " \n", "-- nothing", ";;", "/* open"}) {
    EXPECT_THAT(refused(sql).message(), HasSubstr("no statement")) << sql;
  }
}

TEST(BlankPrefix, ends_where_the_statement_begins) {
  EXPECT_EQ(blank_prefix("SELECT"), 0U);
  EXPECT_EQ(blank_prefix("  -- x\n;/* y */ SELECT"), 16U);
  EXPECT_EQ(blank_prefix("/* never closed"), 15U);
}

TEST(SqliteCatalog, has_tables_views_keys_and_indexes_sorted_by_name) {
  DatabaseOptions options;
  options.url = ":memory:";
  auto connection = open_connection(options);
  connection->execute(R"sql(
    CREATE TABLE Member (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'x', loud TEXT AS (upper(name)));
    CREATE TABLE payment (a INT, b INT, member INT REFERENCES Member, PRIMARY KEY (b, a));
    CREATE UNIQUE INDEX by_name ON Member (name, lower(name)) WHERE name > 'a';
    CREATE VIEW broken AS SELECT gone FROM nowhere;
    CREATE VIEW loud AS SELECT loud FROM Member;
    CREATE TABLE freshet_migrations (x);
    CREATE VIRTUAL TABLE words USING fts5 (word);
    ANALYZE;)sql");
  const Catalog catalog = connection->catalog();
  std::vector<std::string> names;
  for (const CatalogTable& table : catalog.tables) names.push_back(table.name);
  EXPECT_THAT(names, ElementsAre("Member", "broken", "loud", "payment", "words"));

  const CatalogTable* member = catalog.table("MEMBER");
  ASSERT_NE(member, nullptr);
  EXPECT_FALSE(member->view);
  EXPECT_TRUE(member->column("NAME")->not_null);
  EXPECT_TRUE(member->column("name")->has_default);
  EXPECT_TRUE(member->column("loud")->generated);
  EXPECT_EQ(member->column("id")->primary_key_position, 1);
  EXPECT_EQ(member->column("gone"), nullptr);
  ASSERT_EQ(member->indexes.size(), 1U);
  EXPECT_TRUE(member->indexes.front().unique);
  EXPECT_TRUE(member->indexes.front().partial);
  EXPECT_THAT(member->indexes.front().columns, ElementsAre("name", ""));

  const CatalogTable* payment = catalog.table("payment");
  EXPECT_EQ(payment->column("b")->primary_key_position, 1);
  EXPECT_EQ(payment->column("a")->primary_key_position, 2);
  ASSERT_EQ(payment->foreign_keys.size(), 1U);
  EXPECT_EQ(payment->foreign_keys.front().target_table, "Member");
  EXPECT_THAT(payment->foreign_keys.front().target_columns, ElementsAre("id"));

  EXPECT_TRUE(catalog.table("loud")->view);
  EXPECT_EQ(catalog.table("loud")->columns.size(), 1U);
  EXPECT_THAT(catalog.table("broken")->columns, IsEmpty());
}

}  // namespace
}  // namespace freshet::db::sqlite
