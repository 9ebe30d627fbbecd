// Applying migrations and taking them back, each in a transaction of its own.

#include "db/migrations.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "core/time.hpp"
#include "db/postgres/functions.hpp"
#include "sql/lexer.hpp"

namespace freshet::db {
namespace {

constexpr std::chrono::minutes patience{5};  // with another process that migrates

/// Rows as texts; for small results.
class Rows final : public RowSink {
 public:
  bool row(Row row) override {
    std::vector<std::string>& texts = rows.emplace_back();
    for (const Cell& cell : row) {
      texts.push_back(cell.type == Cell::Type::integer ? std::to_string(cell.integer) : std::string(cell.text));
    }
    return true;
  }
  std::vector<std::vector<std::string>> rows;
};

std::vector<std::vector<std::string>> query(Connection& connection, std::string_view sql) {
  Rows rows;
  Step step;
  step.statement = std::make_shared<const Statement>(connection.describe(sql));
  step.sink = &rows;
  connection.run(step);
  return std::move(rows.rows);
}

void execute(Connection& connection, const std::string& sql, std::span<const std::string> values) {
  Step step;
  step.statement = std::make_shared<const Statement>(connection.describe(sql));
  step.bind = [&](Binder& binder) {
    for (std::size_t i = 0; i < values.size(); ++i) binder.text(static_cast<int>(i + 1), values[i]);
  };
  connection.run(step);
}

std::string placeholder(const Connection& connection, int position) {
  return fmt::format("{}{}", connection.dialect() == Dialect::sqlite ? '?' : '$', position);
}

struct Applied {
  std::string name, checksum, applied_at;
};

/// What the database remembers, in the order of versions.
std::vector<Applied> read_applied(Connection& connection) {
  const std::string_view exists =
      connection.dialect() == Dialect::sqlite
          ? "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'freshet_migrations'"
          : "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = "
            "'freshet_migrations'";
  if (connection.scalar(exists) == "0") return {};
  std::vector<Applied> applied;
  for (std::vector<std::string>& row :
       query(connection, "SELECT name, checksum, applied_at FROM freshet_migrations ORDER BY position")) {
    applied.push_back({std::move(row[0]), std::move(row[1]), std::move(row[2])});
  }
  return applied;
}

void create_record(Connection& connection) {
  if (connection.dialect() == Dialect::postgres &&
      connection.scalar("SELECT coalesce(current_schema(), 'freshet')") == "freshet") {
    throw Error(ErrorKind::config, "no schema of the search_path exists: there is nowhere to put tables")
        .hinting("CREATE SCHEMA public, or set search_path of the role or in the URL's options");
  }
  connection.execute(
      "CREATE TABLE IF NOT EXISTS freshet_migrations (\n"
      "  position INTEGER NOT NULL PRIMARY KEY,\n"
      "  name TEXT NOT NULL UNIQUE,\n"
      "  checksum TEXT NOT NULL,\n"
      "  applied_at TEXT NOT NULL)");
}

void remember(Connection& connection, const Migration& migration) {
  const std::array<std::string, 3> values{migration.name, migration.checksum, to_text(now())};
  execute(connection,
          fmt::format("INSERT INTO freshet_migrations (position, name, checksum, applied_at) SELECT "
                      "coalesce(max(position), 0) + 1, {}, {}, {} FROM freshet_migrations",
                      placeholder(connection, 1), placeholder(connection, 2), placeholder(connection, 3)),
          values);
}

void forget(Connection& connection, const Migration& migration) {
  execute(connection, fmt::format("DELETE FROM freshet_migrations WHERE name = {}", placeholder(connection, 1)),
          std::array{migration.name});
}

const Migration* find(const std::vector<Migration>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &Migration::name);
  return found == all.end() ? nullptr : &*found;
}

Error refusal(const Migration& migration, std::string message, std::string hint) {
  return Error(ErrorKind::config, std::move(message))
      .at({.file = migration.file.string(), .line = 0, .column = 0})
      .hinting(std::move(hint));
}

void check_unchanged(const Applied& applied, const Migration* migration) {
  if (migration == nullptr) {
    throw Error(ErrorKind::config, fmt::format("the migration {} was applied, but its file is gone", applied.name))
        .hinting("bring the file back: the database was built with it");
  }
  if (migration->checksum != applied.checksum) {
    throw refusal(
        *migration,
        fmt::format("the migration {} was applied at {}, and has been changed since", applied.name, applied.applied_at),
        "take the change back, and write it as a new migration");
  }
}

/// The first that is not applied yet, or null. Throws where files and database contradict each other.
const Migration* next_pending(const std::vector<Migration>& all, const std::vector<Applied>& applied) {
  for (const Applied& one : applied) check_unchanged(one, find(all, one.name));
  const Migration* pending = nullptr;
  for (const Migration& migration : all) {
    const bool done = std::ranges::find(applied, migration.name, &Applied::name) != applied.end();
    if (!done && pending == nullptr) pending = &migration;
    if (done && pending != nullptr) {
      throw refusal(*pending,
                    fmt::format("{} comes before {}, which is applied already", pending->name, migration.name),
                    "give it a number after the last one that is applied");
    }
  }
  return pending;
}

/// One direction of a migration: its statements, and where they stand in the file.
struct Part {
  const Migration& migration;
  std::string_view text;
  std::size_t offset;
};

Error error_in(const Part& part, std::size_t offset, std::string message) {
  return error_at(part.migration.file.string(), part.migration.text, part.offset + offset, std::move(message));
}

enum class Where : std::uint8_t { everywhere, sqlite };
struct Refused {
  Where where;
  std::string_view first, second;  // words that a statement starts with; second may be empty
  std::string_view why, hint;
};
constexpr std::string_view in_transaction = "cannot be used in a migration, which is one transaction";
constexpr std::array refused_starts = {
    Refused{Where::everywhere, "begin", "", in_transaction, "leave it out: all of the file is applied, or nothing"},
    Refused{Where::everywhere, "commit", "", in_transaction, "leave it out: all of the file is applied, or nothing"},
    Refused{Where::everywhere, "end", "", in_transaction, "leave it out: all of the file is applied, or nothing"},
    Refused{Where::everywhere, "rollback", "", in_transaction, "leave it out: all of the file is applied, or nothing"},
    Refused{Where::everywhere, "start", "transaction", in_transaction,
            "leave it out: all of the file is applied, or nothing"},
    Refused{Where::everywhere, "abort", "", in_transaction, "leave it out: all of the file is applied, or nothing"},
    Refused{Where::everywhere, "vacuum", "", in_transaction, "run it by hand, while the server is stopped"},
    Refused{Where::sqlite, "attach", "", in_transaction, "use `freshet load` to bring in data from elsewhere"},
    Refused{Where::sqlite, "detach", "", in_transaction, "use `freshet load` to bring in data from elsewhere"},
    Refused{Where::sqlite, "pragma", "foreign_keys", "has no effect in a migration, which is one transaction",
            "leave it out: foreign keys rest while a migration runs, and are all checked at its end"},
    Refused{Where::sqlite, "pragma", "journal_mode", in_transaction,
            "leave it out: Freshet keeps the database in WAL mode"},
    Refused{Where::sqlite, "pragma", "synchronous", in_transaction, "leave it out: it is a setting of each connection"},
    Refused{Where::sqlite, "pragma", "page_size", in_transaction, "set it before the first migration, then VACUUM"},
    Refused{Where::sqlite, "pragma", "auto_vacuum", in_transaction, "set it before the first migration, then VACUUM"},
    Refused{Where::sqlite, "pragma", "wal_checkpoint", in_transaction, "leave it out: it happens by itself"},
    Refused{Where::sqlite, "pragma", "writable_schema", "is not allowed", "write the change as CREATE, ALTER and DROP"},
};

/// `PRAGMA main.foreign_keys = OFF`: the word after PRAGMA, without a schema.
std::string second_word(std::string_view statement, std::span<const sql::Token> tokens) {
  if (tokens.size() < 2) return {};
  const bool qualified = tokens.size() > 3 && sql::is_punctuation(statement, tokens[2], '.');
  return lower_case(sql::text_of(statement, tokens[qualified ? 3 : 1]));
}

void check_statements(const Connection& connection, const Part& part) {
  for (const sql::StatementSpan& span : sql::split_statements(part.text)) {
    const std::string_view statement = part.text.substr(span.offset, span.length);
    const std::vector<sql::Token> tokens = sql::tokenize(statement.substr(0, 200));
    if (tokens.empty()) continue;
    const std::string second = second_word(statement, tokens);
    for (const Refused& refused : refused_starts) {
      if (refused.where == Where::sqlite && connection.dialect() != Dialect::sqlite) continue;
      if (!sql::is_word(statement, tokens.front(), refused.first)) continue;
      if (!refused.second.empty() && refused.second != second) continue;
      throw error_in(
          part, span.offset,
          fmt::format("{} {}",
                      refused.second.empty() ? sql::text_of(statement, tokens.front())
                                             : fmt::format("{} {}", sql::text_of(statement, tokens.front()), second),
                      refused.why))
          .hinting(std::string(refused.hint));
    }
  }
}

/// Runs the statements; what is wrong with them is reported at their place in the file.
void run_statements(Connection& connection, const Part& part) {
  check_statements(connection, part);
  try {
    connection.execute(part.text);
  } catch (const Error& failure) {
    if (failure.kind() == ErrorKind::unavailable || failure.kind() == ErrorKind::cancelled) throw;
    SourcePlace place = failure.place().value_or(SourcePlace{});
    if (place.line != 0) place.line += place_in_text(part.migration.text, part.offset).line - 1;
    place.file = part.migration.file.string();
    throw Error(ErrorKind::config, failure.message())
        .at(std::move(place))
        .with_source_line(failure.source_line())
        .hinting(failure.hint())
        .detailing(failure.log_detail());
  }
}

/// Foreign keys rest while migrations run (a table that is rebuilt would otherwise take its children with it), and are
/// checked as a whole at the end of each. Violations that were there before are not the migration's fault.
class ForeignKeysAtRest {
 public:
  explicit ForeignKeysAtRest(Connection& connection)
      : connection_(connection), active_(connection.dialect() == Dialect::sqlite) {
    if (!active_) return;
    connection_.execute("PRAGMA foreign_keys = OFF");
    for (auto& row : query(connection_, check)) known_.insert(std::move(row));
  }
  ~ForeignKeysAtRest() {
    if (!active_) return;
    try {
      connection_.execute("PRAGMA foreign_keys = ON");
    } catch (const Error&) {
      return;  // only if memory is out; the connection's statements will say so
    }
  }
  ForeignKeysAtRest(const ForeignKeysAtRest&) = delete;
  ForeignKeysAtRest& operator=(const ForeignKeysAtRest&) = delete;

  void check_now(const Migration& migration) {
    if (!active_) return;
    for (const std::vector<std::string>& row : query(connection_, check)) {
      if (known_.contains(row)) continue;
      throw refusal(migration,
                    fmt::format("after {}, row {} of {} refers to a row of {} that does not exist", migration.name,
                                row[1], row[0], row[2]),
                    "correct or delete such rows within the migration; nothing has been applied");
    }
  }

 private:
  static constexpr std::string_view check = "PRAGMA foreign_key_check";
  Connection& connection_;
  bool active_;
  std::set<std::vector<std::string>> known_;
};

/// Waits for another process that migrates.
void begin_patiently(Connection& connection) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    try {
      return connection.begin(Mode::write);
    } catch (const Error& failure) {
      if (failure.kind() != ErrorKind::unavailable || std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

/// On PostgreSQL, where a transaction begins without a lock. Freed with the transaction, so PgBouncer is no obstacle.
void lock_migrations(Connection& connection) {
  connection.execute(fmt::format("SET LOCAL lock_timeout = '{}s'", std::chrono::seconds(patience).count()));
  connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('freshet_migrations ' || current_schema(), 0))");
  connection.execute("SET LOCAL lock_timeout = DEFAULT");
}

/// A transaction for one migration, one at a time in a database; rolls back unless committed.
class MigrationTransaction {
 public:
  explicit MigrationTransaction(Connection& connection) : connection_(connection) {
    begin_patiently(connection);
    if (connection.dialect() == Dialect::sqlite) return;
    try {
      lock_migrations(connection);
    } catch (...) {
      connection_.rollback();
      throw;
    }
  }
  ~MigrationTransaction() { connection_.rollback(); }
  MigrationTransaction(const MigrationTransaction&) = delete;
  MigrationTransaction& operator=(const MigrationTransaction&) = delete;
  void commit() { connection_.commit(); }

 private:
  Connection& connection_;
};

/// Applies the first pending migration, or returns null. What is pending is looked up under the write lock: another
/// process may have been faster.
const Migration* apply_next(Connection& connection, const std::vector<Migration>& all, ForeignKeysAtRest& keys) {
  MigrationTransaction transaction(connection);
  const Migration* pending = next_pending(all, read_applied(connection));
  if (pending == nullptr) return nullptr;
  create_record(connection);
  run_statements(connection, {*pending, pending->up, 0});
  keys.check_now(*pending);
  remember(connection, *pending);
  transaction.commit();
  return pending;
}

const Migration* revert_last(Connection& connection, const std::vector<Migration>& all, ForeignKeysAtRest& keys) {
  MigrationTransaction transaction(connection);
  const std::vector<Applied> applied = read_applied(connection);
  if (applied.empty()) return nullptr;
  const Migration* last = find(all, applied.back().name);
  check_unchanged(applied.back(), last);
  if (sql::split_statements(last->down).empty()) {
    throw refusal(*last, fmt::format("the migration {} has no way back", last->name),
                  "write what undoes it after a line `-- @down`, before it is applied; or write a new migration");
  }
  run_statements(connection, {*last, last->down, last->down_offset});
  keys.check_now(*last);
  forget(connection, *last);
  transaction.commit();
  return last;
}

}  // namespace

std::vector<MigrationStatus> migration_status(Connection& connection, const std::vector<Migration>& all) {
  const std::vector<Applied> applied = read_applied(connection);
  std::vector<MigrationStatus> status;
  for (const Migration& migration : all) {
    const auto done = std::ranges::find(applied, migration.name, &Applied::name);
    MigrationStatus& one = status.emplace_back();
    one.name = migration.name;
    one.reversible = !sql::split_statements(migration.down).empty();
    if (done == applied.end()) continue;
    one.state = done->checksum == migration.checksum ? MigrationState::applied : MigrationState::changed;
    one.applied_at = done->applied_at;
  }
  for (const Applied& one : applied) {
    if (find(all, one.name) != nullptr) continue;
    status.push_back(
        {.name = one.name, .state = MigrationState::missing, .applied_at = one.applied_at, .reversible = false});
  }
  return status;
}

std::size_t migrate_up(Connection& connection, const std::vector<Migration>& all,
                       const std::function<void(const Migration&)>& on_applied) {
  if (connection.dialect() == Dialect::postgres) postgres::install_functions(connection);
  if (next_pending(all, read_applied(connection)) == nullptr) return 0;  // without waiting for the write lock
  ForeignKeysAtRest keys(connection);
  std::size_t count = 0;
  while (const Migration* applied = apply_next(connection, all, keys)) {
    ++count;
    if (on_applied) on_applied(*applied);
  }
  return count;
}

std::size_t migrate_down(Connection& connection, const std::vector<Migration>& all, std::size_t steps,
                         const std::function<void(const Migration&)>& on_reverted) {
  ForeignKeysAtRest keys(connection);
  std::size_t count = 0;
  while (count < steps) {
    const Migration* reverted = revert_last(connection, all, keys);
    if (reverted == nullptr) break;
    ++count;
    if (on_reverted) on_reverted(*reverted);
  }
  return count;
}

}  // namespace freshet::db
