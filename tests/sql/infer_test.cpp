// What golden files can not hold: sizes and depths at which infer_columns must give up instead of falling over.

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sql/infer_grammar.hpp"
#include "sql/statement.hpp"

namespace freshet::sql {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

ColumnType first_type(const std::string& sql) { return infer_columns(sql, 1)[0].type; }

TEST(InferLimitsTest, ordinary_nesting_is_no_obstacle) {
  EXPECT_EQ(first_type("SELECT " + repeated("(", 50) + "1" + repeated(")", 50)), ColumnType::integer);
  EXPECT_EQ(first_type("SELECT 1" + repeated(" + 1", 90)), ColumnType::integer);
  EXPECT_EQ(first_type("SELECT count(*) FROM t WHERE a IN (1" + repeated(", 2", 5'000) + ")"), ColumnType::integer);
  EXPECT_EQ(first_type("SELECT count(*) FROM t WHERE a = 1" + repeated(" OR a = 2", 200)), ColumnType::integer);
  EXPECT_EQ(first_type("SELECT 1" + repeated(" UNION ALL SELECT 1", 90)), ColumnType::integer);
}

TEST(InferLimitsTest, endless_nesting_gives_any) {
  for (const std::size_t depth : {900U, 1'100U, 100'000U}) {
    for (const auto& sql :
         {"SELECT " + repeated("(", depth) + "1" + repeated(")", depth), "SELECT 1" + repeated(" + 1", depth),
          "SELECT " + repeated("NOT ", depth) + "1", "SELECT " + repeated("- ", depth) + "1",
          "SELECT " + repeated("(", depth), "SELECT " + repeated("(SELECT ", depth) + "1" + repeated(")", depth),
          "SELECT 1" + repeated(" UNION SELECT 1", depth),
          "SELECT " + repeated("CASE WHEN 1 THEN ", depth) + "1" + repeated(" END", depth),
          "SELECT 1" + repeated(" IS NULL", depth), "SELECT 1" + repeated("::int", depth),
          "SELECT 1 FROM a" + repeated(" JOIN a ON 1", depth), "SELECT " + repeated("f(", depth),
          "SELECT a" + repeated("[1]", depth), "SELECT a" + repeated(".b", depth),
          "SELECT 1" + repeated(" COLLATE x", depth), "SELECT " + repeated("[", depth),
          repeated("WITH a AS (", depth) + "SELECT 1" + repeated(") SELECT 1", depth)}) {
      EXPECT_EQ(infer_columns(sql, 1).size(), 1U);
    }
  }
}

TEST(InferLimitsTest, set_operations_nest_across_commas) {
  EXPECT_TRUE(to_postgres_grammar("SELECT 1, 2" + repeated(" UNION SELECT 1, 2", 900)));
  EXPECT_FALSE(to_postgres_grammar("SELECT 1, 2" + repeated(" UNION SELECT 1, 2", 1'100)));
  EXPECT_FALSE(to_postgres_grammar("SELECT (VALUES (1, 2)" + repeated(" EXCEPT VALUES (1, 2)", 1'100) + ")"));
}

TEST(InferLimitsTest, a_statement_of_many_tokens_gives_any) {
  EXPECT_EQ(first_type("SELECT 1 FROM t WHERE a IN (1" + repeated(",2", 20'000) + ")"), ColumnType::any);
}

TEST(InferTest, nothing_to_describe_is_no_work) { EXPECT_TRUE(infer_columns("not even SQL", 0).empty()); }

TEST(InferTest, text_that_is_no_sql_gives_any) {
  for (const std::string sql : {"", "hello", "SELECT FROM WHERE", "SELECT 'unterminated",
                                std::string("SELECT \0 1", 10).c_str(), "SELECT \xff"}) {
    EXPECT_EQ(first_type(sql), ColumnType::any) << sql;
  }
}

TEST(InferTest, threads_may_infer_at_once) {
  std::vector<std::thread> threads;
  std::vector<int> right(4, 0);
  for (int& count : right) {
    threads.emplace_back([&count] {
      for (int i = 0; i < 50; ++i) count += first_type("SELECT count(*) FROM t") == ColumnType::integer ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(4, 50));
}

}  // namespace
}  // namespace freshet::sql
