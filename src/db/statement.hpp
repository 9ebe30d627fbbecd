#pragma once
// A statement as a database knows it, and what runs it: steps with their sinks.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "core/value.hpp"
#include "sql/dependencies.hpp"

namespace freshet::db {

enum class Dialect : std::uint8_t { sqlite, postgres };

/// One column of a result, as far as the database says.
struct Column {
  std::string name;
  // "INTEGER", "BOOLEAN", "DECIMAL(10,2)". SQLite: empty for an expression; PostgreSQL: format_type(…), of any column.
  std::string declared_type;
  std::string table;      // where it comes from; empty for an expression
  std::string origin;     // its name there
  bool not_null = false;  // the table says so (an outer join may still make it null)
};

/// SQL in the database's own placeholders (SQLite: ?1 ?2 …), verified. Immutable, shared between sessions; sessions
/// keep it prepared under its id.
struct Statement {
  std::uint64_t id = 0;  // unique within a Database
  std::string sql;
  std::vector<Column> columns;  // empty: returns nothing
  int parameter_count = 0;
  std::vector<std::uint32_t> parameter_types;  // PostgreSQL: the oid of each parameter's type
  bool read_only = true;
  sql::Reads reads;  // what the database says that it reads: the ground on which sql::analyse() stands
};
using StatementPtr = std::shared_ptr<const Statement>;

/// Takes the values of one execution. Positions count from 1. Views must live until the step has run.
class Binder {
 public:
  virtual ~Binder() = default;
  virtual void null(int position) = 0;
  virtual void integer(int position, std::int64_t value) = 0;
  virtual void real(int position, double value) = 0;
  virtual void text(int position, std::string_view value) = 0;
  virtual void blob(int position, std::string_view bytes) = 0;
  /// Several values as one parameter: on SQLite a JSON array for json_each, on PostgreSQL an array.
  virtual void list(int position, std::span<const Value> values) = 0;

  void value(int position, const Value& value);
  /// The cells of a row, from position 1 on.
  void row(Row row);
};

/// How a sink that may be slower than the database slows down a driver that has no thread to block.
class Pace {
 public:
  virtual ~Pace() = default;
  /// True: wait for room() before the next row.
  [[nodiscard]] virtual bool full() = 0;
  [[nodiscard]] virtual boost::asio::awaitable<void> room() = 0;
};

/// Receives the rows of one step, on whatever thread the driver steps.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Returns false to end the step early (enough rows).
  virtual bool row(Row row) = 0;
  /// Of a sink whose row() may block for long. Whoever asks promises to heed it, and row() does not block any more.
  [[nodiscard]] virtual Pace* pace() { return nullptr; }
};

/// One execution of a statement.
struct Step {
  StatementPtr statement;
  /// Called right before the step runs: earlier steps' sinks have all their rows. Empty: no parameters.
  std::function<void(Binder&)> bind;
  /// Null: rows are ignored.
  RowSink* sink = nullptr;
  /// True if `bind` reads what earlier steps delivered; a pipelining driver waits there.
  bool depends_on_earlier = false;
  /// Called after the step, with the number of rows that it changed.
  std::function<void(std::int64_t)> changed;
};

/// How steps run together.
enum class Mode : std::uint8_t {
  read,   // all steps see one snapshot; nothing is written
  write,  // one transaction: all or nothing
};

/// What to run, and how long it may take.
struct Work {
  Mode mode = Mode::read;
  std::vector<Step> steps;
  std::chrono::milliseconds statement_timeout{0};  // 0: the database's default

  // Filled by Database::run, also when it throws: how long the work waited for a session, and how long it had one.
  std::uint64_t wait_us = 0;
  std::uint64_t run_us = 0;
};

}  // namespace freshet::db
