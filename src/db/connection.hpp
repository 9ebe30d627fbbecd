#pragma once
// One blocking connection, for the command line (migrate, seed, load) and for the threads that drivers own.
// Never used on an I/O thread. Not thread-safe, except interrupt().

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "db/catalog.hpp"
#include "db/statement.hpp"

namespace freshet::db {

class Connection {
 public:
  virtual ~Connection() = default;

  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;

  /// Runs every statement of `script`; rows are discarded. Errors carry the byte offset as line and column.
  virtual void execute(std::string_view script) = 0;

  /// Verifies one statement without running it. `offset_out`, if given, gets the byte offset of the error in `sql`
  /// (npos if the database does not tell) before the Error (kind config) is thrown. Statement::id is left 0.
  [[nodiscard]] virtual Statement describe(std::string_view sql, std::size_t* offset_out = nullptr) = 0;

  /// Runs one step (within the open transaction, if there is one); returns rows changed.
  virtual std::int64_t run(const Step& step) = 0;

  /// PostgreSQL: runs `statement`, a COPY … FROM STDIN, with `rows` (copy_rows.hpp); returns how many there were. An
  /// error that is about one of them has its number as its line. Others throw internal.
  virtual std::int64_t copy(const std::string& statement, std::string_view rows);

  virtual void begin(Mode mode) = 0;
  virtual void commit() = 0;
  /// Does nothing outside a transaction.
  virtual void rollback() noexcept = 0;

  /// Stops what runs now, from any thread.
  virtual void interrupt() noexcept = 0;

  [[nodiscard]] virtual Catalog catalog() = 0;

  /// Convenience for the command line: first column of the first row as text, or empty.
  [[nodiscard]] std::string scalar(std::string_view sql);
};

/// A transaction that rolls back unless committed.
class Transaction {
 public:
  Transaction(Connection& connection, Mode mode) : connection_(&connection) { connection.begin(mode); }
  ~Transaction() {
    if (connection_ != nullptr) connection_->rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    connection_->commit();
    connection_ = nullptr;
  }

 private:
  Connection* connection_;
};

}  // namespace freshet::db
