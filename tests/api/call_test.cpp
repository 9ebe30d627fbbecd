// Calls against a real database: what each shape answers, and what statements see of each other.

#include "api/call.hpp"

#include <gtest/gtest.h>

#include "api/test_app.hpp"

namespace freshet::api {
namespace {

constexpr std::string_view schema = R"(
CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, active BOOLEAN NOT NULL DEFAULT 1);
CREATE TABLE albums (id INTEGER PRIMARY KEY, artist_id INTEGER NOT NULL REFERENCES artists (id), title TEXT NOT NULL);
CREATE TABLE tracks (id INTEGER PRIMARY KEY, album_id INTEGER NOT NULL, title TEXT NOT NULL, cents INTEGER CHECK (cents > 0));
INSERT INTO artists (id, name) VALUES (1, 'Ada'), (2, 'Bo'), (3, 'Cy');
INSERT INTO albums VALUES (10, 1, 'First'), (11, 1, 'Second'), (12, 2, 'Third');
INSERT INTO tracks VALUES (100, 10, 'a', 99), (101, 10, 'b', 199), (102, 12, 'c', NULL);
)";

class Calls : public ::testing::Test {
 protected:
  TestApp app{schema};
};

TEST_F(Calls, a_list_is_an_array_of_objects) {
  const EndpointPtr endpoint = app.endpoint("a.sql", "SELECT id, name, active FROM artists ORDER BY id");
  EXPECT_EQ(
      app.call(*endpoint),
      R"([{"id":1,"name":"Ada","active":true},{"id":2,"name":"Bo","active":true},{"id":3,"name":"Cy","active":true}])");
}

TEST_F(Calls, an_object_is_the_first_row_or_a_404) {
  const EndpointPtr endpoint = app.endpoint("a/[id].sql", R"(-- @param id int
-- @shape object
SELECT name FROM artists WHERE id = :id)");
  EXPECT_EQ(app.call(*endpoint, "", "", {"2"}), R"({"name":"Bo"})");
  EXPECT_EQ(app.call(*endpoint, "", "", {"9"}), "404: there is nothing here by these parameters");
}

TEST_F(Calls, a_value_is_bare) {
  EXPECT_EQ(app.call(*app.endpoint("n.sql", "-- @shape value\nSELECT count(*) FROM artists")), "3");
  EXPECT_EQ(app.call(*app.endpoint("m.sql", "-- @shape value\nSELECT name FROM artists WHERE id = 99")), "null");
}

TEST_F(Calls, a_page_counts_everything_and_shows_a_part) {
  const EndpointPtr endpoint = app.endpoint("a.sql", "-- @shape page size=2 max=5\nSELECT id FROM artists ORDER BY id");
  EXPECT_EQ(
      app.call(*endpoint, "page=2"),
      R"({"items":[{"id":3}],"total":3,"page":2,"page_size":2,"total_pages":2,"has_next":false,"has_previous":true,)"
      R"("links":{"self":"/a?page=2","first":"/a?page=1","prev":"/a?page=1","last":"/a?page=2"}})");
  EXPECT_EQ(app.call(*endpoint, "page=0"), "422: page must be at least 1");
  EXPECT_EQ(app.call(*endpoint, "page_size=6"), "422: page_size must be at most 5");
}

TEST_F(Calls, named_statements_answer_under_their_names) {
  const EndpointPtr endpoint = app.endpoint("d.sql", R"(-- @name count
-- @shape value
SELECT count(*) FROM artists;
-- @name first
-- @shape object
SELECT name FROM artists ORDER BY id;
-- @name none
-- @shape object
SELECT name FROM artists WHERE id = 99;)");
  EXPECT_EQ(app.call(*endpoint), R"({"count":3,"first":{"name":"Ada"},"none":null})");
}

TEST_F(Calls, children_are_embedded_to_any_depth_by_one_statement_a_level) {
  const EndpointPtr endpoint = app.endpoint("a.sql", R"(-- @name artists
SELECT id, name FROM artists ORDER BY id;
-- @name albums
-- @embed albums in artists on artist_id = id
SELECT id, artist_id, title FROM albums WHERE artist_id IN (:artists.id) ORDER BY id;
-- @name tracks
-- @embed tracks in albums on album_id = id
SELECT album_id, title FROM tracks WHERE album_id IN (:albums.id) ORDER BY id;)");
  EXPECT_EQ(
      app.call(*endpoint),
      R"([{"id":1,"name":"Ada","albums":[)"
      R"({"id":10,"artist_id":1,"title":"First","tracks":[{"album_id":10,"title":"a"},{"album_id":10,"title":"b"}]},)"
      R"({"id":11,"artist_id":1,"title":"Second","tracks":[]}]},)"
      R"({"id":2,"name":"Bo","albums":[{"id":12,"artist_id":2,"title":"Third","tracks":[{"album_id":12,"title":"c"}]}]},)"
      R"({"id":3,"name":"Cy","albums":[]}])");
}

TEST_F(Calls, one_parent_can_be_embedded_as_an_object) {
  const EndpointPtr endpoint = app.endpoint("a.sql", R"(-- @name albums
SELECT id, artist_id FROM albums WHERE id > 10 ORDER BY id;
-- @name artist
-- @embed one artist in albums on id = artist_id
SELECT id, name FROM artists WHERE id IN (:albums.artist_id);)");
  EXPECT_EQ(
      app.call(*endpoint),
      R"([{"id":11,"artist_id":1,"artist":{"id":1,"name":"Ada"}},{"id":12,"artist_id":2,"artist":{"id":2,"name":"Bo"}}])");
}

TEST_F(Calls, statements_that_when_excludes_have_no_key) {
  const EndpointPtr endpoint = app.endpoint("w.sql", R"(-- @param level enum(low,high) = low
-- @name level
-- @shape value
SELECT :level;
-- @name artists
-- @when level = high
SELECT id FROM artists ORDER BY id;)");
  EXPECT_EQ(app.call(*endpoint), R"({"level":"low"})");
  EXPECT_EQ(app.call(*endpoint, "level=high"), R"({"level":"high","artists":[{"id":1},{"id":2},{"id":3}]})");
}

TEST_F(Calls, a_statement_that_is_written_twice_runs_once) {
  const EndpointPtr endpoint = app.endpoint("d.sql", R"(-- @param id int
-- @param more enum(yes,no) = no

-- @name first
-- @shape object
SELECT id, title FROM albums WHERE artist_id = :id ORDER BY id;
-- @name all
-- @shape list
SELECT id, title FROM albums WHERE artist_id = :id ORDER BY id;
-- @name more
-- @when more = yes
-- @shape value
SELECT id, title FROM albums WHERE artist_id = :id ORDER BY id;
-- @name others
-- @shape list
SELECT id, title FROM albums WHERE artist_id = :first.id - 8 ORDER BY id)");
  CallArguments arguments;
  arguments.items.emplace_back(2);
  arguments.items[0][0].scalar = std::int64_t{1};
  arguments.items[0][1].scalar = std::string("no");
  EXPECT_EQ(Call(*endpoint, arguments, Origin::rollups).work().steps.size(), 2);
  EXPECT_EQ(app.call(*endpoint, "id=1"),
            R"({"first":{"id":10,"title":"First"},"all":[{"id":10,"title":"First"},{"id":11,"title":"Second"}],)"
            R"("others":[{"id":12,"title":"Third"}]})");
  EXPECT_EQ(app.call(*endpoint, "id=2&more=yes"),
            R"({"first":{"id":12,"title":"Third"},"all":[{"id":12,"title":"Third"}],"more":12,"others":[]})");
}

TEST_F(Calls, writes_are_one_transaction_whose_statements_see_each_other) {
  const EndpointPtr endpoint = app.endpoint("a.post.sql", R"(-- @param name text required
-- @param title text required
-- @name artist
-- @shape object
INSERT INTO artists (name) VALUES (:name) RETURNING id;
-- @name album
-- @shape object
INSERT INTO albums (artist_id, title) VALUES (:artist.id, CASE WHEN :title = 'bad' THEN NULL ELSE :title END)
RETURNING artist_id, title;)");
  EXPECT_EQ(app.call(*endpoint, "", R"({"name":"Di","title":"New"})"),
            R"({"artist":{"id":4},"album":{"artist_id":4,"title":"New"}})");
  EXPECT_EQ(app.call(*endpoint, "", R"({"name":"Ed","title":"bad"})").substr(0, 4), "422:");
  const EndpointPtr count = app.endpoint("n.sql", "-- @shape value\nSELECT count(*) FROM artists");
  EXPECT_EQ(app.call(*count), "4");
}

TEST_F(Calls, bulk_is_all_or_nothing_and_answers_a_row_an_item) {
  const EndpointPtr endpoint = app.endpoint("a.post.sql", R"(-- @param name text required
-- @bulk
-- @shape object
INSERT INTO artists (name) VALUES (:name) RETURNING id, name)");
  EXPECT_EQ(app.call(*endpoint, "", R"([{"name":"X"},{"name":"Y"}])"), R"([{"id":4,"name":"X"},{"id":5,"name":"Y"}])");
  EXPECT_EQ(app.call(*endpoint, "", R"({"name":"Z"})"), R"({"id":6,"name":"Z"})");
  EXPECT_EQ(app.call(*endpoint, "", R"([{"name":"V"},{"name":"X"}])").substr(0, 4), "409:");
  EXPECT_EQ(app.call(*endpoint, "", "[]"), "[]");
  EXPECT_EQ(app.call(*app.endpoint("n.sql", "-- @shape value\nSELECT count(*) FROM artists")), "6");
}

TEST_F(Calls, given_tells_null_from_absent) {
  const EndpointPtr endpoint = app.endpoint("t/[id].patch.sql", R"(-- @param id int
-- @param cents int
-- @param title text
-- @shape object
UPDATE tracks SET cents = CASE WHEN :cents.given THEN :cents ELSE cents END, title = coalesce(:title, title)
WHERE id = :id RETURNING title, cents)");
  EXPECT_EQ(app.call(*endpoint, "", R"({"title":"z"})", {"100"}), R"({"title":"z","cents":99})");
  EXPECT_EQ(app.call(*endpoint, "", R"({"cents":null})", {"100"}), R"({"title":"z","cents":null})");
}

TEST_F(Calls, values_are_bound_whatever_they_hold) {
  const EndpointPtr endpoint = app.endpoint("a.sql", "-- @param name text\nSELECT id FROM artists WHERE name = :name");
  EXPECT_EQ(app.call(*endpoint, "name=Ada'%20OR%20'1'='1"), "[]");
  EXPECT_EQ(app.call(*endpoint, "name=%27%3B%20DROP%20TABLE%20artists%3B--"), "[]");
  EXPECT_EQ(app.call(*endpoint, "name=Ada"), R"([{"id":1}])");
}

TEST_F(Calls, too_many_rows_are_an_error_that_says_what_to_do) {
  const EndpointPtr endpoint = app.endpoint("n.sql", R"(-- @param n int required
WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < :n) SELECT i FROM s)");
  EXPECT_EQ(app.call(*endpoint, "n=2"), R"([{"i":1},{"i":2}])");
  EXPECT_EQ(app.call(*endpoint, "n=100001"), "422: the answer has more than 100000 rows; narrow the parameters");
}

}  // namespace
}  // namespace freshet::api
