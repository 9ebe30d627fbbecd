#include "api/answer_epoch.hpp"

#include <gtest/gtest.h>

#include "test_app.hpp"

namespace freshet::api {
namespace {

constexpr std::string_view schema = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);";
constexpr std::string_view schema_and_view =
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);"
    "CREATE VIEW long AS SELECT * FROM notes WHERE length(text) > 80;";
constexpr std::string_view notes = "SELECT id, text FROM notes";

struct Parts {
  std::string_view schema = api::schema;
  std::string_view file = "notes.sql";
  std::string_view text = notes;
  std::string_view program = "0.1.0";
  std::string_view database = "7312:1:16384";
  std::size_t etag_body_max = 1'000'000;
};

std::string epoch_of(const Parts& parts) {
  TestApp folder(parts.schema);
  App app;
  app.config.server.etag_body_max = parts.etag_body_max;
  app.endpoints.push_back(folder.endpoint(std::string(parts.file), parts.text));
  return answer_epoch(app, folder.database().catalog(), parts.program, parts.database);
}

TEST(AnswerEpochTest, the_same_app_has_the_same_epoch_wherever_its_folder_is) { EXPECT_EQ(epoch_of({}), epoch_of({})); }

TEST(AnswerEpochTest, whatever_answers_are_made_of_makes_another_epoch) {
  const std::string usual = epoch_of({});
  EXPECT_NE(epoch_of({.schema = schema_and_view}), usual);
  EXPECT_NE(epoch_of({.file = "other.sql"}), usual);
  EXPECT_NE(epoch_of({.text = "SELECT id, text FROM notes ORDER BY id"}), usual);
  EXPECT_NE(epoch_of({.program = "0.1.1"}), usual);
  EXPECT_NE(epoch_of({.database = "7312:2:16384"}), usual);
  EXPECT_NE(epoch_of({.etag_body_max = 0}), usual);
}

}  // namespace
}  // namespace freshet::api
