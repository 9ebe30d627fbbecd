#pragma once
// The language of these tests: that of tests/db, in a database of one's own on a real server.

#include <memory>
#include <string>

#include "db/support.hpp"
#include "support/postgres_server.hpp"

namespace freshet::db::test {

/// Each test has an empty database.
class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    FRESHET_NEEDS_POSTGRES();
    url_ = freshet::test::postgres_server().create_database();
  }

  [[nodiscard]] DatabaseOptions options() const {
    DatabaseOptions options;
    options.url = url_;
    return options;
  }
  [[nodiscard]] std::unique_ptr<Connection> connect() const { return open_connection(options()); }
  [[nodiscard]] std::unique_ptr<Database> open() const { return open_database(options()); }
  /// Somebody else, with another program.
  std::string psql(std::string_view sql) const { return freshet::test::postgres_server().psql(url_, sql); }

  std::string url_;
};

}  // namespace freshet::db::test
