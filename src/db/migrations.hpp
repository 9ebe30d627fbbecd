#pragma once
// Migrations: plain SQL files `NNNN_name.sql`, applied in order, each in a transaction, recorded with a checksum in
// `freshet_migrations`. A line `-- @down` starts the way back. `x.postgres.sql` stands in for `x.sql` on PostgreSQL;
// `x.sqlite.sql` is for SQLite only, and a lone `x.postgres.sql` for PostgreSQL only.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "db/database.hpp"

namespace freshet::db {

struct Migration {
  std::string version;  // "0001"
  std::string name;     // "0001_schema"
  std::filesystem::path file;
  std::string text;  // the whole file
  std::string up, down;
  std::size_t down_offset = 0;  // byte offset of `down` in text
  std::string checksum;         // hex XXH3-128 of the file
};

enum class MigrationState : std::uint8_t { applied, pending, changed /* checksum differs */, missing /* file gone */ };
struct MigrationStatus {
  std::string name;
  MigrationState state = MigrationState::pending;
  std::string applied_at;  // ISO 8601 UTC; empty if pending
  bool reversible = false;
};

/// Reads and orders a folder; throws config on duplicates or names that do not fit. A missing folder is no migrations.
[[nodiscard]] std::vector<Migration> read_migrations(const std::filesystem::path& folder, Dialect dialect);

[[nodiscard]] std::vector<MigrationStatus> migration_status(Connection& connection, const std::vector<Migration>& all);

/// Applies what is pending, in order; `on_applied` hears of each. Refuses (config) if an applied file changed or is
/// missing. A failing migration leaves no trace. Two processes at once: one applies, the other waits and finds nothing.
/// On PostgreSQL, Freshet's SQL functions come first.
std::size_t migrate_up(Connection& connection, const std::vector<Migration>& all,
                       const std::function<void(const Migration&)>& on_applied);
/// Takes back the last `steps` applied migrations; config if one has no way back.
std::size_t migrate_down(Connection& connection, const std::vector<Migration>& all, std::size_t steps,
                         const std::function<void(const Migration&)>& on_reverted);

}  // namespace freshet::db
