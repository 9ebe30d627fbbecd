#include "db/sqlite/errors.hpp"

#include "support.hpp"

namespace freshet::db::sqlite {
namespace {

using test::error_of;
using ::testing::HasSubstr;
using ::testing::Not;

class Errors : public ::testing::Test {
 protected:
  Errors() {
    DatabaseOptions options;
    options.url = ":memory:";
    connection = open_connection(options);
    connection->execute(R"sql(
      CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
        age INTEGER CONSTRAINT age_is_sane CHECK (age < 150), share INTEGER CHECK (share + 0 BETWEEN 0 AND 100));
      CREATE TABLE payment (member_id INTEGER NOT NULL REFERENCES member (id), month TEXT, cents INTEGER,
        PRIMARY KEY (member_id, month)) STRICT;
      CREATE TRIGGER no_refunds BEFORE INSERT ON payment WHEN new.cents < 0
        BEGIN SELECT RAISE(ABORT, 'refunds are booked elsewhere'); END;
      CREATE UNIQUE INDEX one_lower_name ON member (lower(name));
      INSERT INTO member (id, name) VALUES (1, 'Ada'))sql");
  }
  Error error(std::string_view sql) {
    return error_of([&] { test::query(*connection, sql); });
  }
  static std::string fields(const Error& error) {
    std::string text;
    for (const FieldProblem& field : error.fields()) text += field.field + ":" + field.code + " ";
    return text;
  }
  std::unique_ptr<Connection> connection;
};

TEST_F(Errors, constraints_map_to_kinds_and_name_their_fields) {
  struct Case {
    const char* sql;
    ErrorKind kind;
    const char* fields;
    const char* message;
  };
  const Case cases[] = {
      {"INSERT INTO member (name) VALUES ('Ada')", ErrorKind::conflict, "", "unique"},
      {"INSERT INTO member (id, name) VALUES (1, 'Bo')", ErrorKind::conflict, "id:unique ", "id exists already"},
      {"INSERT INTO payment VALUES (1, 'm', 1), (1, 'm', 2)", ErrorKind::conflict, "member_id:unique month:unique ",
       "combination of member_id, month"},
      {"INSERT INTO member (name) VALUES (NULL)", ErrorKind::unprocessable, "name:required ", "name must not be null"},
      {"INSERT INTO member (name, age) VALUES ('Bo', 200)", ErrorKind::unprocessable, ":check ", "age_is_sane"},
      {"INSERT INTO member (name, share) VALUES ('Bo', 200)", ErrorKind::unprocessable, "", "rule of the database"},
      {"INSERT INTO payment VALUES (9, 'm', 1)", ErrorKind::conflict, ":foreign_key ", "does not exist"},
      {"INSERT INTO payment VALUES (1, 'm', 'x')", ErrorKind::unprocessable, "cents:type ", "wrong type"},
      {"INSERT INTO payment VALUES (1, 'm', -1)", ErrorKind::unprocessable, "", "refunds are booked elsewhere"},
      {"INSERT INTO member (id, name) VALUES ('x', 'Bo')", ErrorKind::unprocessable, "", "wrong type"},
  };
  for (const Case& one : cases) {
    const Error failure = error(one.sql);
    EXPECT_EQ(failure.kind(), one.kind) << one.sql;
    if (*one.fields != '\0') {
      EXPECT_EQ(fields(failure), one.fields) << one.sql;
    }
    EXPECT_THAT(failure.message(), HasSubstr(one.message)) << one.sql;
    EXPECT_THAT(failure.message(), Not(HasSubstr("INSERT"))) << one.sql;
    EXPECT_THAT(failure.log_detail(), HasSubstr("INSERT")) << "the log has the statement";
  }
}

TEST_F(Errors, unique_column_is_named) {
  connection->execute("DROP INDEX one_lower_name");
  const Error failure = error("INSERT INTO member (name) VALUES ('Ada')");
  EXPECT_EQ(failure.kind(), ErrorKind::conflict);
  EXPECT_EQ(fields(failure), "name:unique ");
}

TEST_F(Errors, check_without_a_name_keeps_its_sql_for_the_log) {
  const Error failure = error("INSERT INTO member (name, share) VALUES ('Bo', 200)");
  EXPECT_THAT(failure.message(), Not(HasSubstr("BETWEEN")));
  EXPECT_THAT(failure.log_detail(), HasSubstr("BETWEEN"));
}

TEST_F(Errors, deleting_what_others_refer_to_is_a_conflict) {
  connection->execute("INSERT INTO payment VALUES (1, '2025-01', 5)");
  EXPECT_EQ(error("DELETE FROM member").kind(), ErrorKind::conflict);
}

TEST_F(Errors, runtime_error_of_a_statement_is_internal_and_its_text_stays_in_the_log) {
  const Error failure = error("SELECT abs(-9223372036854775807 - 1)");
  EXPECT_EQ(failure.kind(), ErrorKind::internal);
  EXPECT_THAT(failure.message(), Not(HasSubstr("overflow")));
  EXPECT_THAT(failure.log_detail(), HasSubstr("overflow"));
}

TEST_F(Errors, full_database_is_unavailable_with_a_remedy_and_goes_on_reading) {
  connection->execute("PRAGMA max_page_count = 20");
  const Error failure = error(
      "INSERT INTO member (name) SELECT hex(randomblob(2000)) FROM json_each('[1,2,3,4,5,6,7,8,9,"
      "10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30]')");
  EXPECT_EQ(failure.kind(), ErrorKind::unavailable);
  EXPECT_GT(failure.retry_after_s(), 0U);
  EXPECT_THAT(failure.log_detail(), HasSubstr("free space"));
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM member"), "1");
}

}  // namespace
}  // namespace freshet::db::sqlite
