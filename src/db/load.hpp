#pragma once
// `freshet load`: a CSV, packed or not, streams into a table (docs/load.md). Constant memory.
//
// Every line is checked against the types of the columns, then inserted; what the database refuses (NOT NULL, CHECK,
// UNIQUE, foreign keys, triggers) makes that line bad, not the run. Bad lines go into a side file.
//
// All or nothing: one transaction, committed only if no line was bad; a process that is killed leaves nothing. Partial:
// good lines are committed in batches; with a key, running it again skips (or updates) the rows that are there.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/encoding.hpp"
#include "db/connection.hpp"

namespace freshet::db {

enum class OnConflict : std::uint8_t { skip, update };

/// `--map column=expression`.
struct ColumnMap {
  std::string column, expression;
};

struct LoadOptions {
  std::string table{};
  std::filesystem::path file{};
  std::vector<ColumnMap> maps{};
  std::vector<std::string> key{};  // empty: every line is a new row
  OnConflict on_conflict = OnConflict::skip;
  std::optional<char> delimiter{};  // none: found out
  TextEncoding encoding = TextEncoding::utf8;
  std::optional<std::string> null_text{};  // fields that are NULL, in columns of text too
  std::uint64_t batch = 10'000;            // rows of a transaction, when partial
  bool partial = false;
  bool dry_run = false;              // everything but the commit
  std::filesystem::path bad_file{};  // where bad lines go
  std::uint64_t bad_max = 1'000;     // give up after so many; 0: never
};

struct LoadProgress {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0, bytes_total = 0;  // of the file as it lies on the disk; total 0: not known
};

struct LoadSummary {
  std::uint64_t lines = 0;    // records read, without the header
  std::uint64_t loaded = 0;   // inserted or updated
  std::uint64_t skipped = 0;  // their key was there
  std::uint64_t bad = 0;
  bool gave_up = false;                      // bad_max was reached
  bool committed = false;                    // at least one row is in the database for good
  std::vector<std::string> ignored_headers;  // columns of the file that nothing uses
};

/// Throws usage for options, headers and expressions that do not fit the table, before anything is written;
/// unprocessable for a file that is damaged; whatever the database says when it fails as such. Then nothing is
/// committed but, if partial, the batches before.
LoadSummary load(Connection& connection, const LoadOptions& options,
                 const std::function<void(const LoadProgress&)>& on_progress);

}  // namespace freshet::db
