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

TEST(Location, database_in_memory_is_not_served) {
  DatabaseOptions options;
  options.url = "sqlite::memory:";
  EXPECT_EQ(test::error_of([&] { static_cast<void>(open_database(options)); }).kind(), ErrorKind::config);
}

}  // namespace
}  // namespace freshet::db
