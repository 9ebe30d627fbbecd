#include "sql/statement.hpp"

#include <string>

#include <gtest/gtest.h>

namespace freshet::sql {
namespace {

EndpointSource endpoint(std::string text) {
  Diagnostics problems;
  EndpointSource source = parse_endpoint("x.sql", std::move(text), problems);
  EXPECT_TRUE(problems.empty()) << problems.front().message();
  return source;
}

TEST(IsQueryTest, queries_read) {
  for (const auto* sql :
       {"SELECT 1", "  select 1", "VALUES (1)", "WITH a AS (SELECT 1) SELECT * FROM a", "(SELECT 1) UNION (SELECT 2)",
        "WITH RECURSIVE a(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM a), b AS MATERIALIZED (SELECT 1) SELECT 1",
        "WITH replace AS (SELECT 1) SELECT * FROM replace", "SELECT replace(a, 'INSERT INTO', '') FROM t",
        "-- comment\nSELECT 1", "WITH a AS (SELECT 'UPDATE') VALUES (1)", "((SELECT 1))"}) {
    EXPECT_TRUE(is_query(sql)) << sql;
  }
}

TEST(IsQueryTest, everything_else_does_not) {
  for (const auto* sql :
       {"INSERT INTO t VALUES (1)", "UPDATE t SET a = 1 RETURNING a", "DELETE FROM t", "REPLACE INTO t VALUES (1)",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "WITH a AS (SELECT 1) DELETE FROM t",
        "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
        "WITH a AS NOT MATERIALIZED (UPDATE t SET a = 1) SELECT 1", "WITH a AS (SELECT 1) REPLACE INTO t SELECT 1",
        "SELECT 1 INTO t", "CREATE TABLE t (a)", "PRAGMA user_version", "ATTACH 'x' AS y", "BEGIN", "", "-- nothing",
        "EXPLAIN SELECT 1", "WITH", "("}) {
    EXPECT_FALSE(is_query(sql)) << sql;
  }
}

TEST(HasLimitTest, looks_at_the_statement_s_own_level_only) {
  EXPECT_TRUE(has_limit("SELECT 1 LIMIT 5"));
  EXPECT_TRUE(has_limit("SELECT 1 UNION SELECT 2 limit :n"));
  EXPECT_TRUE(has_limit("SELECT 1 FETCH FIRST 5 ROWS ONLY"));
  EXPECT_FALSE(has_limit("SELECT (SELECT 1 LIMIT 1), \"limit\", 'LIMIT' FROM (SELECT 1 LIMIT 5) -- LIMIT 3"));
  EXPECT_FALSE(has_limit("SELECT fetch FROM t"));
  EXPECT_FALSE(has_limit(""));
}

TEST(SourceOffsetTest, text_before_and_after_a_placeholder_maps_back) {
  const EndpointSource source = endpoint("-- @param month month\nSELECT broken WHERE a = :month AND also_broken = 1");
  const StatementSource& statement = source.statements[0];
  const Rendered rendered = render(statement, PlaceholderStyle::sqlite, source.parameters);
  EXPECT_EQ(rendered.sql, "SELECT broken WHERE a = ?1 AND also_broken = 1");
  for (const std::string_view word : {"broken", "also_broken", "AND", "SELECT"}) {
    EXPECT_EQ(rendered.source_offset(rendered.sql.find(word)), statement.text.find(word)) << word;
  }
  EXPECT_EQ(rendered.source_offset(rendered.sql.size()), statement.text.size());
}

TEST(SourceOffsetTest, within_a_replacement_it_stays_within_what_was_replaced) {
  const EndpointSource source = endpoint("-- @param ids int[]\nSELECT * FROM t WHERE a IN (:ids) AND b");
  const StatementSource& statement = source.statements[0];
  for (const auto style : {PlaceholderStyle::sqlite, PlaceholderStyle::postgres}) {
    const Rendered rendered = render(statement, style, source.parameters);
    std::size_t before = 0;
    for (std::size_t i = 0; i <= rendered.sql.size(); ++i) {
      const std::size_t offset = rendered.source_offset(i);
      EXPECT_GE(offset, before);
      EXPECT_LE(offset, statement.text.size());
      before = offset;
    }
    EXPECT_EQ(rendered.source_offset(rendered.sql.find("AND")), statement.text.find("AND"));
  }
  const Rendered sqlite = render(statement, PlaceholderStyle::sqlite, source.parameters);
  const std::size_t colon = statement.text.find(":ids");
  EXPECT_EQ(sqlite.source_offset(sqlite.sql.find("SELECT value")), colon);
  EXPECT_LE(sqlite.source_offset(sqlite.sql.find("json_each")), colon + 4);
}

TEST(SourceOffsetTest, without_placeholders_nothing_moves) {
  const Rendered rendered{.sql = "SELECT 1", .slots = {}, .edits = {}};
  EXPECT_EQ(rendered.source_offset(5), 5U);
}

TEST(RenderTest, a_placeholder_right_behind_a_word_does_not_become_part_of_it) {
  const EndpointSource source = endpoint("-- @param n int\nSELECT a FROM t WHERE a=1 OR:n LIMIT:n");
  const StatementSource& statement = source.statements[0];
  const Rendered rendered = render(statement, PlaceholderStyle::postgres, source.parameters);
  EXPECT_EQ(rendered.sql, "SELECT a FROM t WHERE a=1 OR $1 LIMIT $1");
  EXPECT_EQ(rendered.source_offset(rendered.sql.find("LIMIT")), statement.text.find("LIMIT"));
}

TEST(RenderTest, offsets_are_those_of_the_statement_not_of_the_file) {
  const EndpointSource source = endpoint("-- @param a int\n-- @name x\nSELECT 1;\n\n-- @name y\nSELECT :a, 'é', :a");
  const Rendered rendered = render(source.statements[1], PlaceholderStyle::postgres, source.parameters);
  EXPECT_EQ(rendered.sql, "SELECT $1, 'é', $1");
  ASSERT_EQ(rendered.slots.size(), 1U);
  EXPECT_EQ(rendered.slots[0].name, "a");
  EXPECT_FALSE(rendered.slots[0].list);
}

}  // namespace
}  // namespace freshet::sql
