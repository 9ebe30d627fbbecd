#include "db/sqlite/seed_functions.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "db/seed_random.hpp"
#include "db/sqlite/open.hpp"
#include "db/sqlite/statement_cache.hpp"

namespace freshet::db::sqlite {
namespace {

using ::testing::HasSubstr;

class SeedFunctions : public ::testing::Test {
 protected:
  SeedFunctions() {
    OpenOptions options;
    options.path = ":memory:";
    handle = open(options);
    register_seed_functions(handle.get(), 11);
  }

  /// First column of the first row, or "error: …".
  std::string value(const std::string& sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v2(handle.get(), sql.c_str(), -1, &raw, nullptr);
    const StatementHandle statement(raw);
    if (code == SQLITE_OK && sqlite3_step(raw) == SQLITE_ROW) {
      const auto* const text = sqlite3_column_text(raw, 0);
      return text == nullptr ? "NULL" : reinterpret_cast<const char*>(text);
    }
    return sqlite3_errcode(handle.get()) == SQLITE_DONE ? "no row"
                                                        : std::string("error: ") + sqlite3_errmsg(handle.get());
  }

  double real(const std::string& sql) {
    const StatementHandle statement = prepare(handle.get(), sql, false);
    return sqlite3_step(statement.get()) == SQLITE_ROW ? sqlite3_column_double(statement.get(), 0) : -1e300;
  }

  DatabaseHandle handle;
};

TEST_F(SeedFunctions, draw_what_seed_random_says) {
  EXPECT_EQ(real("SELECT rnd('p', 5)"), uniform(seed_bits(11, "p", std::int64_t{5})));
  EXPECT_EQ(real("SELECT rnd('p', '5')"), uniform(seed_bits(11, "p", "5")));
  EXPECT_EQ(value("SELECT rnd_int(10, 20, 'p', 5)"),
            std::to_string(uniform_between(seed_bits(11, "p", std::int64_t{5}), 10, 20)));
  const double normal = standard_normal(seed_bits(11, "p", std::int64_t{5}));
  EXPECT_EQ(real("SELECT rnd_normal(100, 15, 'p', 5)"), 100 + 15 * normal);
  EXPECT_EQ(real("SELECT rnd_lognormal(40, 0.5, 'p', 5)"), 40 * exact_exp(0.5 * normal));
}

TEST_F(SeedFunctions, pick_chooses_every_value_and_keeps_its_type) {
  EXPECT_EQ(value("SELECT count(DISTINCT rnd_pick('p', i, 'a', 2, 3.5, NULL)) FROM seed_series(1, 200)"), "3");
  EXPECT_EQ(value("SELECT count(*) BETWEEN 30 AND 70 FROM seed_series(1, 200) WHERE rnd_pick('p', i, 'a', 2, 3.5, "
                  "NULL) IS NULL"),
            "1");
  EXPECT_EQ(value("SELECT typeof(rnd_pick('p', 1, 7))"), "integer");
}

TEST_F(SeedFunctions, weights_are_respected) {
  EXPECT_EQ(value("SELECT abs(avg(rnd_weighted('w', i, 1, 25, 0, 75)) - 0.25) < 0.01 FROM seed_series(1, 20000)"), "1");
  EXPECT_EQ(
      value(
          "SELECT count(*) FROM seed_series(1, 2000) WHERE rnd_weighted('w', i, 'never', 0, 'always', 0.5) = 'never'"),
      "0");
  EXPECT_EQ(
      value(
          "SELECT count(*) FROM seed_series(1, 2000) WHERE rnd_weighted('w', i, 'always', 0.5, 'never', 0) = 'never'"),
      "0");
}

TEST_F(SeedFunctions, lognormal_has_its_median) {
  EXPECT_EQ(
      value(
          "SELECT count(*) BETWEEN 4800 AND 5200 FROM seed_series(1, 10000) WHERE rnd_lognormal(40, 0.7, 'l', i) < 40"),
      "1");
}

TEST_F(SeedFunctions, wrong_calls_say_what_is_wrong) {
  EXPECT_THAT(value("SELECT rnd(1, 1)"), HasSubstr("rnd: the purpose must be a text"));
  EXPECT_THAT(value("SELECT rnd('p', NULL)"), HasSubstr("rnd: the key must be an integer or a text"));
  EXPECT_THAT(value("SELECT rnd('p', 1.5)"), HasSubstr("key"));
  EXPECT_THAT(value("SELECT rnd_int(2, 1, 'p', 1)"), HasSubstr("no integer from 2 to 1"));
  EXPECT_THAT(value("SELECT rnd_int(1.5, 2, 'p', 1)"), HasSubstr("first bound must be an integer"));
  EXPECT_THAT(value("SELECT rnd_int(1, NULL, 'p', 1)"), HasSubstr("last bound must be an integer"));
  EXPECT_EQ(value("SELECT rnd_int(3.0, 3, 'p', 1)"), "3");
  EXPECT_THAT(value("SELECT rnd_normal('a', 1, 'p', 1)"), HasSubstr("mean must be a number"));
  EXPECT_THAT(value("SELECT rnd_lognormal(1, 1000, 'p', 1)"), HasSubstr("sigma"));
  EXPECT_THAT(value("SELECT rnd_pick('p', 1)"), HasSubstr("at least one value"));
  EXPECT_THAT(value("SELECT rnd_weighted('p', 1, 'a')"), HasSubstr("pairs"));
  EXPECT_THAT(value("SELECT rnd_weighted('p', 1, 'a', -1)"), HasSubstr("must not be negative"));
  EXPECT_THAT(value("SELECT rnd_weighted('p', 1, 'a', 0, 'b', 0)"), HasSubstr("above 0"));
  EXPECT_THAT(value("SELECT rnd_weighted('p', 1, 'a', 'x')"), HasSubstr("weight must be a number"));
}

TEST_F(SeedFunctions, series_has_both_ends_in_order) {
  EXPECT_EQ(value("SELECT group_concat(i) FROM seed_series(-1, 3)"), "-1,0,1,2,3");
  EXPECT_EQ(value("SELECT count(*) FROM seed_series(5, 4)"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM seed_series(NULL, 4)"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM seed_series(9223372036854775806, 9223372036854775807)"), "2");
  EXPECT_EQ(value("SELECT i FROM seed_series(1, 1000000) ORDER BY i DESC LIMIT 1"), "1000000");
  EXPECT_THAT(value("SELECT i FROM seed_series(1)"), HasSubstr("two arguments"));
  EXPECT_THAT(value("SELECT i FROM seed_series"), HasSubstr("two arguments"));
}

TEST_F(SeedFunctions, series_may_depend_on_another_table) {
  EXPECT_EQ(value("WITH m(n) AS (VALUES (1), (3), (2)) SELECT group_concat(n || ':' || i) FROM m, seed_series(1, m.n)"),
            "1:1,3:1,3:2,3:3,2:1,2:2");
  EXPECT_EQ(value("SELECT count(*) FROM seed_series(1, 10) a, seed_series(1, a.i) b"), "55");
  EXPECT_EQ(value("SELECT count(*) FROM seed_series(1, b.i) a, seed_series(1, 10) b"), "55");
}

}  // namespace
}  // namespace freshet::db::sqlite
