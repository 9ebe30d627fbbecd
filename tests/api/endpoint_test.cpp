// What compiling an endpoint verifies against the database: problems before the port opens.

#include "api/endpoint.hpp"

#include <gtest/gtest.h>

#include "api/column_type.hpp"
#include "api/test_app.hpp"

namespace freshet::api {
namespace {

using Problems = std::vector<std::string>;

class CompileEndpoint : public ::testing::Test {
 protected:
  TestApp app{
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, label TEXT NOT NULL, tags JSON, due DATE, price DECIMAL(10,2), done "
      "BOOLEAN)"};
};

TEST_F(CompileEndpoint, a_wrong_column_is_shown_where_it_stands) {
  EXPECT_EQ(app.problems("n.sql", "-- Notes.\nSELECT id,\n  lable FROM notes"),
            Problems{"3:3: no such column: lable (did you mean `label`?)"});
}

TEST_F(CompileEndpoint, a_wrong_table_likewise) {
  EXPECT_EQ(app.problems("n.sql", "SELECT id FROM note"),
            Problems{"1:16: no such table: note (did you mean `notes`?)"});
}

TEST_F(CompileEndpoint, places_survive_the_rewriting_of_parameters) {
  EXPECT_EQ(
      app.problems(
          "n.sql",
          "-- @param ids int[]\n-- @param q text\nSELECT id FROM notes WHERE id IN (:ids) AND label = :q AND idd = 1"),
      Problems{"3:60: no such column: idd (did you mean `id`?)"});
}

TEST_F(CompileEndpoint, a_get_may_not_write) {
  EXPECT_EQ(app.problems("n.sql", "DELETE FROM notes RETURNING id").size(), 1U);
  EXPECT_TRUE(app.problems("n.delete.sql", "DELETE FROM notes RETURNING id").empty());
}

TEST_F(CompileEndpoint, two_columns_of_one_name_are_refused) {
  EXPECT_EQ(app.problems("n.sql", "SELECT id, label AS id FROM notes"),
            Problems{"1:1: two columns are called `id` (give one of them another name with AS)"});
}

TEST_F(CompileEndpoint, path_parameters_are_declared) {
  EXPECT_EQ(app.problems("n/[id].sql", "SELECT id FROM notes"),
            Problems{"1:1: the path parameter [id] is not declared (add: -- @param id text)"});
}

TEST_F(CompileEndpoint, an_alias_has_the_parameters_of_its_route) {
  EXPECT_EQ(
      app.problems(
          "n/[id].sql",
          "-- @param id int\n-- @alias /m/{id}\n-- @alias /m\n-- @alias /m/{x}\nSELECT id FROM notes WHERE id = :id"),
      (Problems{"3:11: the alias needs the parameters of /n/{id}, in that order",
                "4:11: the alias needs the parameters of /n/{id}, in that order"}));
  EXPECT_EQ(app.problems("n.sql", "-- @alias /m/{x}\nSELECT id FROM notes"),
            Problems{"1:11: the route /n has no parameters, and its alias cannot have any"});
}

TEST_F(CompileEndpoint, embeds_need_their_columns) {
  EXPECT_EQ(app.problems("n.sql", R"(-- @name a
SELECT id FROM notes;
-- @name b
-- @embed below in a on idd = id
SELECT id, label FROM notes WHERE id IN (:a.id))"),
            Problems{"5:1: statement b has no column `idd` (did you mean `id`?)"});
}

TEST_F(CompileEndpoint, a_page_makes_its_own_limit) {
  EXPECT_EQ(
      app.problems("n.sql", "-- @shape page\nSELECT id FROM notes LIMIT 5"),
      Problems{"1:4: a page adds LIMIT and OFFSET itself, and this statement has a LIMIT already (leave it out, or use "
               "`@shape list`)"});
}

TEST_F(CompileEndpoint, a_page_has_bounds_even_where_its_parameters_are_declared_without) {
  EXPECT_EQ(app.problems("n.sql", "-- @param page_size int min=0\n-- @shape page\nSELECT id FROM notes"),
            Problems{"1:11: `page_size` of a page is at least 1"});
  EXPECT_EQ(app.problems("n.sql", "-- @param page_size int = 0\n-- @shape page\nSELECT id FROM notes"),
            Problems{"1:11: `page_size` of a page is at least 1"});
  const EndpointPtr endpoint = app.endpoint(
      "n.sql",
      "-- @param page_size int\n-- @param page int max=9223372036854775807\n-- @shape page\nSELECT id FROM notes");
  EXPECT_EQ(app.call(*endpoint, "page_size=0"), "422: page_size must be at least 1");
  EXPECT_EQ(app.call(*endpoint, "page_size=1001"), "422: page_size must be at most 1000");
  EXPECT_EQ(app.call(*endpoint).substr(0, 41), R"({"items":[],"total":0,"page":1,"page_size)");
  EXPECT_EQ(app.call(*endpoint, "page=9223372036854775807&page_size=9").substr(0, 22), R"({"items":[],"total":0,)");
}

TEST_F(CompileEndpoint, column_types_come_from_the_database_the_tree_and_the_author) {
  const EndpointPtr endpoint = app.endpoint("n.sql", R"(-- @column total decimal
SELECT id, tags, due, price, done, count(*) AS n, id > 3 AS big, json_array(1) AS list, sum(price) AS total
FROM notes GROUP BY id)");
  std::vector<std::string> types;
  for (const ColumnPlan& column : endpoint->statements.front().columns) types.emplace_back(sql::to_string(column.type));
  EXPECT_EQ(types,
            (std::vector<std::string>{"int", "json", "date", "decimal", "bool", "int", "bool", "json", "decimal"}));
}

TEST_F(CompileEndpoint, only_json_that_functions_made_is_taken_unchecked) {
  const EndpointPtr endpoint =
      app.endpoint("n.sql", R"(WITH made AS (SELECT id, json_object('n', id) AS made FROM notes)
SELECT tags, likely(n.tags) AS likely_tags, coalesce(n.tags, json_array()) AS some, (SELECT n.tags) AS one,
       nullif(n.tags, '') AS null_tags, json(n.tags) AS checked, json_array(n.tags) AS list, m.made AS made
FROM notes AS n JOIN made AS m ON m.id = n.id)");
  std::vector<std::string> unchecked;
  for (const ColumnPlan& column : endpoint->statements.front().columns) {
    EXPECT_EQ(column.type, sql::ColumnType::json) << column.name;
    if (column.json_made_by_database) unchecked.push_back(column.name);
  }
  EXPECT_EQ(unchecked, (std::vector<std::string>{"checked", "list", "made"}));
}

TEST_F(CompileEndpoint, statuses_follow_the_method_unless_said) {
  EXPECT_EQ(app.endpoint("n.sql", "SELECT id FROM notes")->success_status(), 200U);
  EXPECT_EQ(app.endpoint("n.post.sql", "INSERT INTO notes (label) VALUES ('x') RETURNING id")->success_status(), 201U);
  EXPECT_EQ(app.endpoint("n.post.sql", "INSERT INTO notes (label) VALUES ('x')")->success_status(), 204U);
  EXPECT_EQ(app.endpoint("n.delete.sql", "-- @status 202\nDELETE FROM notes")->success_status(), 202U);
}

TEST(ColumnTypeOf, declared_types_have_json_types) {
  EXPECT_EQ(column_type_of("DECIMAL(10,2)"), sql::ColumnType::decimal);
  EXPECT_EQ(column_type_of("bigint"), sql::ColumnType::integer);
  EXPECT_EQ(column_type_of("VARCHAR(20)"), sql::ColumnType::text);
  EXPECT_EQ(column_type_of("Timestamp"), sql::ColumnType::timestamp);
  EXPECT_EQ(column_type_of("DOUBLE PRECISION"), sql::ColumnType::number);
  EXPECT_EQ(column_type_of(""), sql::ColumnType::any);
}

}  // namespace
}  // namespace freshet::api
