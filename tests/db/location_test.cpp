#include "db/location.hpp"

#include "support.hpp"

namespace freshet::db {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Location, every_form_of_a_sqlite_url_names_its_path) {
  const std::pair<const char*, const char*> cases[] = {
      {"sqlite:app.db", "app.db"},
      {"sqlite:data/app.db", "data/app.db"},
      {"sqlite:/var/lib/app.db", "/var/lib/app.db"},
      {"sqlite:///var/lib/app.db", "/var/lib/app.db"},
      {"sqlite:file without ending", "file without ending"},
      {"sqlite::memory:", ":memory:"},
      {":memory:", ":memory:"},
      {"data/app.db", "data/app.db"},
      {"/x/app.sqlite", "/x/app.sqlite"},
      {"app.sqlite3", "app.sqlite3"},
  };
  for (const auto& [url, path] : cases) {
    const Location location = parse_location(url);
    EXPECT_EQ(location.dialect, Dialect::sqlite) << url;
    EXPECT_EQ(location.path, path) << url;
  }
}

TEST(Location, other_urls_are_refused_with_a_hint_and_without_their_password) {
  for (const char* url :
       {"", "sqlite:", "sqlite://host/app.db", "app.txt", "mysql://u:secret@h/app.db", "postgresql:secret"}) {
    const Error error = test::error_of([&] { static_cast<void>(parse_location(url)); });
    EXPECT_EQ(error.kind(), ErrorKind::config) << url;
    EXPECT_THAT(error.hint(), HasSubstr("sqlite:")) << url;
    EXPECT_THAT(error.message(), Not(HasSubstr("secret"))) << url;
  }
}

class Variables final : public Environment {
 public:
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const override {
    if (name == "DATABASE_URL") return "postgres://ada:secret@db.example/books";
    if (name == "FILE") return "sqlite:app.db";
    if (name == "LOOP") return "$LOOP";
    return std::nullopt;
  }
};

TEST(Location, url_of_postgresql_is_handed_on_as_it_is) {
  for (const char* url : {"postgres://", "postgresql://ada@/books?host=/run/postgresql", "postgresql://h:5433/d"}) {
    const Location location = parse_location(url);
    EXPECT_EQ(location.dialect, Dialect::postgres) << url;
    EXPECT_EQ(location.url, url);
  }
}

TEST(Location, environment_variable_holds_the_url) {
  EXPECT_EQ(parse_location("$DATABASE_URL", Variables()).url, "postgres://ada:secret@db.example/books");
  EXPECT_EQ(parse_location("$FILE", Variables()).path, "app.db");
  for (const char* url : {"$UNSET", "$LOOP", "$"}) {
    EXPECT_EQ(test::error_of([&] { static_cast<void>(parse_location(url, Variables())); }).kind(), ErrorKind::config);
  }
}

TEST(Location, password_is_never_shown) {
  const std::pair<const char*, const char*> cases[] = {
      {"postgresql://ada:secret@host:5433/books", "postgresql://ada@host:5433/books"},
      {"postgres://host/books?password=secret&sslmode=require", "postgresql://host/books"},
      {"postgres://ada@host/books", "postgresql://ada@host/books"},
      {"postgres://ada:se?cret@host/books", "postgresql://…"},
      {"postgres://ada:se/cret@host/books", "postgresql://…"},
      {"postgres://ada:se@cret@host/books", "postgresql://…"},
      {"postgres://ada:se#cret@host/books", "postgresql://…"},
      {"postgres://host?password=se@cret", "postgresql://…"},
      {"postgresql://", "postgresql://"},
  };
  for (const auto& [url, shown] : cases) EXPECT_EQ(parse_location(url).shown(), shown);
}

TEST(Location, database_in_memory_is_not_served) {
  DatabaseOptions options;
  options.url = "sqlite::memory:";
  EXPECT_EQ(test::error_of([&] { static_cast<void>(open_database(options)); }).kind(), ErrorKind::config);
}

}  // namespace
}  // namespace freshet::db
