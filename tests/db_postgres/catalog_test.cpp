#include "support.hpp"

namespace freshet::db {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PostgresCatalog : public test::PostgresTest {};

TEST_F(PostgresCatalog, tables_views_columns_keys_and_indexes_are_as_the_database_has_them) {
  const auto connection = connect();
  connection->execute(
      "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
      "CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE folded NOT NULL, "
      "  born date, code varchar(3) COLLATE \"C\" DEFAULT 'x', doubled bigint GENERATED ALWAYS AS (length(code) * 2) "
      "STORED);"
      "CREATE TABLE visits (person bigint REFERENCES people, day date, n int, PRIMARY KEY (day, person)) PARTITION BY "
      "RANGE (day);"
      "CREATE UNIQUE INDEX one_code ON people (code, lower(name)) INCLUDE (born) WHERE born IS NOT NULL;"
      "CREATE VIEW names AS SELECT name FROM people;"
      "CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM people;"
      "CREATE TABLE freshet_own (a int); CREATE SCHEMA apart; CREATE TABLE apart.hidden (a int);");
  const Catalog catalog = connection->catalog();
  std::vector<std::string> names;
  for (const CatalogTable& table : catalog.tables) names.push_back(table.name);
  EXPECT_THAT(names, ElementsAre("counts", "names", "people", "visits"));
  EXPECT_THAT(catalog.search_path, ElementsAre("public"));
  EXPECT_TRUE(catalog.table("counts")->virtual_table);

  const CatalogTable& people = *catalog.table("people");
  EXPECT_EQ(people.schema, "public");
  ASSERT_EQ(people.columns.size(), 5U);
  EXPECT_EQ(people.columns[0].declared_type, "bigint");
  EXPECT_EQ(people.columns[0].primary_key_position, 1);
  EXPECT_TRUE(people.columns[0].has_default);
  EXPECT_EQ(people.columns[0].collation, "");
  EXPECT_EQ(people.columns[0].affinity, sql::Affinity::numeric);
  EXPECT_EQ(people.columns[1].collation, "folded");
  EXPECT_FALSE(people.columns[1].deterministic_collation);
  EXPECT_TRUE(people.columns[1].not_null);
  EXPECT_EQ(people.columns[3].collation, "C");
  EXPECT_TRUE(people.columns[3].deterministic_collation);
  EXPECT_EQ(people.columns[3].declared_type, "character varying(3)");
  EXPECT_TRUE(people.columns[4].generated);
  ASSERT_EQ(people.indexes.size(), 2U);
  EXPECT_EQ(people.indexes[0].name, "one_code");
  EXPECT_THAT(people.indexes[0].columns, ElementsAre("code", ""));
  EXPECT_TRUE(people.indexes[0].unique && people.indexes[0].partial);

  const CatalogTable& visits = *catalog.table("visits");
  EXPECT_EQ(visits.columns[0].primary_key_position, 2);
  EXPECT_EQ(visits.columns[1].primary_key_position, 1);
  ASSERT_EQ(visits.foreign_keys.size(), 1U);
  EXPECT_EQ(visits.foreign_keys[0].target_table, "people");
  EXPECT_THAT(visits.foreign_keys[0].columns, ElementsAre("person"));
  EXPECT_THAT(visits.foreign_keys[0].target_columns, ElementsAre("id"));

  const CatalogTable& view = *catalog.table("names");
  EXPECT_TRUE(view.view);
  EXPECT_THAT(view.view_sql, HasSubstr("CREATE VIEW names AS"));
  EXPECT_THAT(view.view_sql, HasSubstr("FROM people"));
}

}  // namespace
}  // namespace freshet::db
