// freshet new: a starter app that serves at once and shows the ways of the house.

#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

namespace freshet::cli {
namespace {

struct StarterFile {
  std::string_view path;
  std::string_view text;  // @NAME@ stands for the app's name
};

constexpr std::array<StarterFile, 10> starter{{
    {"freshet.toml", R"(# Settings of the app. All of them: docs/reference/configuration.md
name = "@NAME@"

[database]
url = "sqlite:data/@NAME@.db"   # relative to this folder; made when it is missing

[server]
host = "127.0.0.1"
port = 8080

[seed]
rows = 200
)"},
    {"migrations/0001_notes.sql", R"(-- Notes, and the topics that they belong to.
CREATE TABLE topics (
  id    INTEGER PRIMARY KEY,
  title TEXT NOT NULL UNIQUE CHECK (length(title) BETWEEN 1 AND 80)
);

CREATE TABLE notes (
  id         INTEGER PRIMARY KEY,
  topic_id   INTEGER NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
  body       TEXT NOT NULL CHECK (length(body) BETWEEN 1 AND 2000),
  done       BOOLEAN NOT NULL DEFAULT FALSE CHECK (done IN (0, 1)),
  created_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);
CREATE INDEX notes_by_topic ON notes (topic_id, done);

-- @down
DROP TABLE notes;
DROP TABLE topics;
)"},
    {"endpoints/topics/index.sql", R"(-- Topics with their open notes.
-- @name topics
-- @shape list
SELECT id, title FROM topics ORDER BY title;

-- @name notes
-- @embed notes in topics on topic_id = id
SELECT id, topic_id, body FROM notes
WHERE topic_id IN (:topics.id) AND NOT done
ORDER BY id;
)"},
    {"endpoints/topics/index.post.sql", R"(-- Create a topic.
-- @param title text required min_length=1 max_length=80
-- @shape object
INSERT INTO topics (title) VALUES (:title) RETURNING id, title;
)"},
    {"endpoints/notes/index.sql", R"(-- Notes, page by page.
-- @param topic int                -- of this topic only
-- @param done bool                -- only those that are done, or are not
-- @shape page size=20 max=100
SELECT id, topic_id, body, done, created_at FROM notes
WHERE (:topic IS NULL OR topic_id = :topic) AND (:done IS NULL OR done = :done)
ORDER BY id DESC;
)"},
    {"endpoints/notes/index.post.sql", R"(-- Write one note, or many.
-- @param topic_id int required
-- @param body text required min_length=1 max_length=2000
-- @bulk max=500
-- @shape object
INSERT INTO notes (topic_id, body) VALUES (:topic_id, :body)
RETURNING id, topic_id, body, done, created_at;
)"},
    {"endpoints/notes/[id].patch.sql", R"(-- Change a note.
-- @param id int
-- @param body text min_length=1 max_length=2000
-- @param done bool
-- @shape object
UPDATE notes SET
  body = CASE WHEN :body.given THEN :body ELSE body END,
  done = CASE WHEN :done.given THEN :done ELSE done END
WHERE id = :id
RETURNING id, topic_id, body, done, created_at;
)"},
    {"endpoints/notes/[id].delete.sql", R"(-- Delete a note.
-- @param id int
-- @shape object
-- @status 204
DELETE FROM notes WHERE id = :id RETURNING id;
)"},
    {"seed/010_topics.sql", R"(-- A few topics.
-- @into topics
-- @rows 4
SELECT i AS id,
       CASE i WHEN 1 THEN 'Garden' WHEN 2 THEN 'House' WHEN 3 THEN 'Travel' ELSE 'Reading' END AS title
FROM seed_series(1, 4);
)"},
    {"seed/020_notes.sql", R"(-- Notes on them.
-- @into notes
SELECT i AS id,
       rnd_int(1, 4, 'topic', i) AS topic_id,
       rnd_pick('body', i, 'Ask for a price', 'Look it up', 'Call on Monday', 'Buy two of them', 'Write it down') || ' (' || i || ')' AS body,
       rnd('done', i) < 0.3 AS done,
       printf('%s-%02dT%02d:%02d:00Z', :until, rnd_int(1, 28, 'day', i), rnd_int(7, 21, 'hour', i),
              rnd_int(0, 59, 'minute', i)) AS created_at
FROM seed_series(1, :rows);
)"},
}};

std::string filled(std::string_view text, const std::string& name) {
  constexpr std::string_view mark = "@NAME@";
  std::string out(text);
  for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at + name.size())) {
    out.replace(at, mark.size(), name);
  }
  return out;
}

// The folder's name as an app name: what a URL and a file name can hold.
std::string app_name(const std::filesystem::path& folder) {
  std::string out;
  for (const char c : folder.filename().string()) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    out += fine ? c : '-';
  }
  return out;
}

// The folder to fill, made if it is not there.
std::filesystem::path make_folder(const std::string& where) {
  const auto refused = [&](const std::string& why) {
    return Error(ErrorKind::usage, why).hinting("name a folder that does not exist yet");
  };
  if (where.empty()) throw refused("DIR is empty");
  const std::filesystem::path folder = std::filesystem::absolute(where).lexically_normal();
  std::filesystem::path clean = folder.has_filename() ? folder : folder.parent_path();
  std::error_code failed;
  if (std::filesystem::exists(clean, failed)) {
    if (!std::filesystem::is_directory(clean, failed)) throw refused(fmt::format("{} is a file", where));
    if (!std::filesystem::is_empty(clean, failed)) throw refused(fmt::format("{} exists and is not empty", where));
  }
  std::filesystem::create_directories(clean, failed);
  if (failed) {
    throw Error(ErrorKind::internal, fmt::format("cannot make the folder {}: {}", where, failed.message()));
  }
  return clean;
}

void make(const std::string& where) {
  const std::filesystem::path clean = make_folder(where);
  const std::string name = app_name(clean);
  const auto write = [&](std::string_view path, std::string_view text) {
    std::filesystem::create_directories((clean / path).parent_path());
    write_file(clean / path, filled(text, name));
    fmt::print("  {}\n", path);
  };
  for (const StarterFile& file : starter) write(file.path, file.text);
  write(".gitignore", "data/\n");
  fmt::print(
      "\n{} Now:\n\n  freshet seed {}     rows to look at\n  freshet serve {}    then open "
      "http://127.0.0.1:8080/docs\n",
      styled(STDOUT_FILENO, "1;32", name + " is ready."), where, where);
}

}  // namespace

void add_new(CLI::App& root) {
  CLI::App* command = root.add_subcommand("new", "Make a starter app in a new folder");
  command->group(group_start);
  auto folder = std::make_shared<std::string>();
  command->add_option("DIR", *folder, "Where; must not exist, or be empty")->required();
  command->callback([folder] { make(*folder); });
}

}  // namespace freshet::cli
