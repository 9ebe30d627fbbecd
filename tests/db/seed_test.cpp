#include "db/seed.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "db/sqlite/connection.hpp"

namespace freshet::db {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

sqlite::ConnectionOptions in_memory() {
  sqlite::ConnectionOptions options;
  options.path = ":memory:";
  return options;
}

class Seed : public ::testing::Test {
 protected:
  Seed() : target(in_memory()) {
    target.execute(
        "CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, salary DECIMAL(10,2));"
        "CREATE TABLE payment (id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES member(id), cents INTEGER,"
        "  twice INTEGER GENERATED ALWAYS AS (2 * cents))");
  }

  SeedSummary run(const std::vector<std::pair<std::string, std::string>>& texts, SeedOptions options = {}) {
    std::vector<SeedFile> files;
    for (const auto& [name, text] : texts) files.push_back(parse_seed_file(name, text));
    if (options.until.empty()) options.until = "2025-06";
    return seed(target, files, options, {});
  }

  /// The error that seeding ends with.
  Error failure(const std::vector<std::pair<std::string, std::string>>& texts, SeedOptions options = {}) {
    try {
      run(texts, std::move(options));
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "was seeded";
    return Error(ErrorKind::internal, "none");
  }

  std::string value(std::string_view sql) { return target.scalar(sql); }

  sqlite::SqliteConnection target;
};

const std::string members =
    "-- @into member\n-- @rows 10%\n-- @keep\nSELECT i AS id, 'm' || i AS name, rnd_int(1, 9, 's', i) AS salary "
    "FROM seed_series(1, :rows)\n";
const std::string payments =
    "-- @into payment\nSELECT m.id AS member_id, rnd_int(100, 999, 'cents', i) AS cents\n"
    "FROM seed_series(1, :rows) JOIN member m ON m.id = rnd_int(1, (SELECT count(*) FROM member), 'who', i)";

TEST_F(Seed, fills_tables_in_order_and_later_files_read_kept_rows) {
  const SeedSummary summary = run({{"010.sql", members}, {"020.sql", payments}}, {.rows = 1000});
  EXPECT_EQ(value("SELECT count(*) FROM member"), "100");
  EXPECT_EQ(value("SELECT count(*) FROM payment"), "1000");
  EXPECT_EQ(value("SELECT count(DISTINCT member_id) > 80 FROM payment"), "1");
  EXPECT_EQ(summary.rows, 1100U);
  ASSERT_EQ(summary.files.size(), 2U);
  EXPECT_EQ(summary.files[0].table, "member");
  EXPECT_EQ(summary.files[1].rows, 1000U);
}

TEST_F(Seed, same_arguments_give_the_same_rows_and_another_seed_others) {
  const std::string sum = "SELECT group_concat(id || '/' || member_id || '/' || cents) FROM payment";
  const auto rows_with = [&](std::int64_t seed) {
    run({{"010.sql", members}, {"020.sql", payments}}, {.rows = 200, .seed = seed, .existing = ExistingRows::reset});
    return value(sum);
  };
  const std::string first = rows_with(1);
  EXPECT_EQ(rows_with(1), first);
  EXPECT_NE(rows_with(2), first);
}

TEST_F(Seed, parameters_reach_the_statement) {
  run({{"a.sql", "-- @into member\nSELECT :rows || '|' || :seed || '|' || :until AS name"}},
      {.rows = 42, .seed = -3, .until = "2024-02"});
  EXPECT_EQ(value("SELECT name FROM member"), "42|-3|2024-02");
}

TEST_F(Seed, engine_functions_are_there) {
  run({{"a.sql", "-- @into member\nSELECT 1 AS id, 'x' AS name"},
       {"b.sql",
        "-- @into payment\nSELECT 1 AS member_id, to_minor('12.34', 2) AS cents WHERE month_add(:until, 1) = "
        "'2025-07'"}});
  EXPECT_EQ(value("SELECT cents FROM payment"), "1234");
}

TEST_F(Seed, tables_with_rows_are_refused_unless_told_otherwise) {
  run({{"m.sql", members}}, {.rows = 100});
  const Error error = failure({{"m.sql", members}}, {.rows = 100});
  EXPECT_EQ(error.kind(), ErrorKind::conflict);
  EXPECT_THAT(error.message(), HasSubstr("member has rows already"));
  EXPECT_THAT(error.hint(), HasSubstr("--append"));
  const std::string more = "-- @into member\nSELECT 'n' || i AS name FROM seed_series(1, 5)";
  run({{"n.sql", more}}, {.existing = ExistingRows::append});
  EXPECT_EQ(value("SELECT count(*) FROM member"), "15");
  run({{"n.sql", more}}, {.existing = ExistingRows::reset});
  EXPECT_EQ(value("SELECT count(*) FROM member"), "5");
}

TEST_F(Seed, reset_deletes_children_before_parents) {
  const std::vector<std::pair<std::string, std::string>> both = {{"010.sql", members}, {"020.sql", payments}};
  run(both, {.rows = 100});
  run(both, {.rows = 50, .existing = ExistingRows::reset});
  EXPECT_EQ(value("SELECT count(*) FROM payment"), "50");
}

TEST_F(Seed, reset_starts_automatic_ids_anew) {
  target.execute("CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, x)");
  const std::string log = "-- @into log\nSELECT i AS x FROM seed_series(1, 3)";
  run({{"l.sql", log}});
  run({{"l.sql", log}}, {.existing = ExistingRows::reset});
  EXPECT_EQ(value("SELECT group_concat(id) FROM log"), "1,2,3");
}

TEST_F(Seed, spared_rows_do_not_count_and_stay) {
  target.execute("INSERT INTO member VALUES (1, 'of a migration', 0)");
  const std::string text = "-- @into member\n-- @spare id = 1\nSELECT 'n' || i AS name FROM seed_series(1, 5)";
  run({{"m.sql", text}});
  run({{"m.sql", text}}, {.existing = ExistingRows::reset});
  EXPECT_EQ(value("SELECT count(*) FROM member"), "6");
  EXPECT_EQ(value("SELECT name FROM member WHERE id = 1"), "of a migration");
  const Error error = failure({{"m.sql", "-- @into member\n-- @spare idd = 1\nSELECT 'n' AS name"}});
  EXPECT_EQ(error.place()->line, 2U);
  EXPECT_EQ(error.place()->column, 11U);
}

TEST_F(Seed, everything_is_one_transaction) {
  const Error error =
      failure({{"010.sql", members}, {"020.sql", "-- @into payment\nSELECT 1 AS member_id, nonsense AS cents"}});
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_EQ(value("SELECT count(*) FROM member"), "0");
}

TEST_F(Seed, sql_errors_show_file_line_and_column) {
  const Error error =
      failure({{"seed/010.sql", "-- @into member\n-- words\nSELECT i AS id,\n  nme AS name FROM seed_series(1, 3)"}});
  ASSERT_TRUE(error.place());
  EXPECT_EQ(error.place()->file, "seed/010.sql");
  EXPECT_EQ(error.place()->line, 4U);
  EXPECT_EQ(error.place()->column, 3U);
  EXPECT_EQ(error.source_line(), "  nme AS name FROM seed_series(1, 3)");
}

struct Mistake {
  std::string text, message, hint;
  std::uint32_t line;
};

TEST_F(Seed, mistakes_are_named_where_they_are) {
  for (const Mistake& mistake : std::vector<Mistake>{
           {"-- @into membr\nSELECT 1 AS id", "no table `membr`", "`member`", 1},
           {"-- @into member\nSELECT 1 AS id, 'x' AS nam", "no column `nam`", "`name`", 2},
           {"-- @into member\nSELECT 1 AS id", "`name` of member needs a value", "", 1},
           {"-- @into member\nSELECT 'x' AS name, 'y' AS NAME", "selected twice", "", 2},
           {"-- @into payment\nSELECT 1 AS member_id,\n 2 AS twice", "computed by the database", "", 3},
           {"-- @into member\nSELECT :month AS name", "no parameter `:month`", ":until", 2},
           {"-- @into member\nCREATE TABLE x (a)", "one SELECT", "", 2},
           {"-- @into member\nSELECT 'a' AS name; SELECT 'b' AS name", "second statement", "", 2},
           {"-- @into member\nSELECT rnd_int(1, 2, 'x', i) AS name\nFROM seed_serie(1, 3)", "seed_serie", "", 3},
           {"-- @into member\nSELECT i AS name FROM seed_series(1)", "two arguments", "", 2},
           {"-- @into member\nSELECT rnd('x', NULL) AS name", "key must be an integer or a text", "", 2},
       }) {
    const Error error = failure({{"f.sql", mistake.text}});
    EXPECT_EQ(error.kind(), ErrorKind::config) << mistake.text;
    EXPECT_THAT(error.message(), HasSubstr(mistake.message)) << mistake.text;
    EXPECT_THAT(error.hint(), HasSubstr(mistake.hint)) << mistake.text;
    ASSERT_TRUE(error.place()) << mistake.text;
    EXPECT_EQ(error.place()->line, mistake.line) << mistake.text;
  }
}

TEST_F(Seed, refused_row_is_shown) {
  const Error error =
      failure({{"seed/m.sql", "-- @into member\nSELECT 'n' || (i % 3) AS name, i AS salary FROM seed_series(1, 9)"}});
  EXPECT_EQ(error.kind(), ErrorKind::conflict);
  EXPECT_THAT(error.message(), HasSubstr("row 4 cannot go into member"));
  EXPECT_THAT(error.hint(), HasSubstr("name = 'n1', salary = 4"));
  EXPECT_EQ(error.place()->file, "seed/m.sql");
}

TEST_F(Seed, kept_table_has_the_types_and_the_key_of_the_target) {
  run({{"a.sql", "-- @into member\n-- @keep\nSELECT '7' AS id, 'x' AS name, '1.50' AS salary"},
       {"b.sql",
        "-- @into payment\nSELECT id AS member_id, typeof(id) = 'integer' AND salary = 1.5 AS cents FROM member WHERE "
        "rowid = 7"}});
  EXPECT_EQ(value("SELECT cents FROM payment"), "1");
}

TEST_F(Seed, rows_that_are_not_kept_are_not_seen_by_later_files) {
  const Error error = failure({{"a.sql", "-- @into member\nSELECT 1 AS id, 'x' AS name"},
                               {"b.sql", "-- @into payment\nSELECT id AS member_id FROM member"}});
  EXPECT_THAT(error.message(), HasSubstr("no such table: member"));
}

TEST_F(Seed, progress_grows_to_the_number_of_rows) {
  std::vector<SeedFile> files = {parse_seed_file("a.sql", members), parse_seed_file("b.sql", payments)};
  std::uint64_t last = 0, expected_last = 0;
  const SeedOptions options{.rows = 200, .until = "2025-06"};
  seed(target, files, options, [&](const SeedProgress& progress) {
    EXPECT_EQ(progress.rows, last + 1);
    EXPECT_GE(progress.rows_expected, progress.rows);
    last = progress.rows;
    expected_last = progress.rows_expected;
  });
  EXPECT_EQ(last, 220U);
  EXPECT_EQ(expected_last, 220U);
}

TEST_F(Seed, bad_options_are_usage_errors) {
  EXPECT_EQ(failure({{"m.sql", members}}, {.until = "2025-13"}).kind(), ErrorKind::usage);
  EXPECT_EQ(failure({{"m.sql", members}}, {.rows = 0}).kind(), ErrorKind::usage);
}

TEST(SeedFiles, directives_are_read) {
  const SeedFile file = parse_seed_file(
      "seed/x.sql",
      "-- Words first.\n--   @into  t -- the target\n\n-- @rows 12.5%\n-- @keep\nSELECT 1 AS a -- @rows 5\n");
  EXPECT_EQ(file.table, "t");
  EXPECT_TRUE(file.keep);
  EXPECT_EQ(file.rows_of(1000), 125);
  EXPECT_EQ(file.rows_of(1), 1);
  EXPECT_EQ(parse_seed_file("x", "-- @into t\n-- @rows 7\nSELECT 1").rows_of(1'000'000), 7);
  EXPECT_EQ(parse_seed_file("x", "-- @into t\nSELECT 1").rows_of(1'000'000), 1'000'000);
}

TEST(SeedFiles, wrong_directives_are_refused_where_they_stand) {
  for (const Mistake& mistake : std::vector<Mistake>{
           {"SELECT 1", "does not say which table", "@into TABLE", 1},
           {"-- @into\nSELECT 1", "needs the name of a table", "", 1},
           {"-- @into a\n-- @into b\nSELECT 1", "one table", "", 2},
           {"-- @into a\n-- @row 5\nSELECT 1", "no directive @row", "`rows`", 2},
           {"-- @into a\n-- @rows many\nSELECT 1", "number or a percentage", "", 2},
           {"-- @into a\n-- @rows 0\nSELECT 1", "number or a percentage", "", 2},
           {"-- @into a\n-- @rows 2.5\nSELECT 1", "number or a percentage", "", 2},
           {"-- @into a\n-- @rows\nSELECT 1", "number or a percentage", "", 2},
           {"-- @into a\n-- @keep it\nSELECT 1", "takes nothing", "", 2},
           {"-- @into a\n-- @spare\nSELECT 1", "needs a condition", "", 2},
       }) {
    try {
      (void)parse_seed_file("x.sql", mistake.text);
      ADD_FAILURE() << mistake.text << " was accepted";
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(mistake.message));
      EXPECT_THAT(error.hint(), HasSubstr(mistake.hint));
      EXPECT_EQ(error.place()->line, mistake.line);
    }
  }
}

TEST(SeedFiles, are_read_in_the_order_of_their_names) {
  const auto folder = std::filesystem::temp_directory_path() / ("freshet_seed_" + std::to_string(::getpid())) / "seed";
  std::filesystem::create_directories(folder);
  for (const char* const name : {"020_b.sql", "010_a.sql", "notes.txt"}) {
    std::ofstream(folder / name) << "-- @into t\nSELECT 1 AS a";
  }
  std::vector<std::string> names;
  for (const SeedFile& file : read_seed_files(folder)) names.push_back(file.file);
  EXPECT_THAT(names, ElementsAre("seed/010_a.sql", "seed/020_b.sql"));
  std::filesystem::remove_all(folder.parent_path());
  EXPECT_THROW((void)read_seed_files(folder), Error);
}

}  // namespace
}  // namespace freshet::db
