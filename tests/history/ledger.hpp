#pragma once
// Transactions under way, and how they ended: written by the writers, asked by the referee. Thread-safe.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "history/record.hpp"
#include "history/world.hpp"

namespace freshet::history {

enum class Outcome : std::uint8_t {
  committed,
  aborted,  // refused or rolled back: must leave no trace
  unknown,  // nobody heard: committed or not
};

struct LedgerFigures {
  std::uint64_t committed = 0, aborted = 0, unknown = 0;
};

class Ledger {
 public:
  [[nodiscard]] OpId next_id() noexcept { return ++last_id_; }
  /// Before anything of it reaches the database.
  void open(Op op);
  void close(OpId id, Outcome outcome, CommitTimes times);

  struct Entry {
    Op op;
    Outcome outcome = Outcome::unknown;
    CommitTimes times;
    bool closed = false;
  };
  /// The entry of a transaction of which the audit table tells, once its writer has told its end; taken out. Waits.
  /// nullopt: nobody opened it, or its writer said that it was aborted, or has said nothing for a minute.
  [[nodiscard]] std::optional<Entry> settle(OpId id);
  [[nodiscard]] LedgerFigures figures() const;

 private:
  std::atomic<OpId> last_id_{0};
  mutable std::mutex mutex_;
  std::condition_variable closed_;
  std::unordered_map<OpId, Entry> entries_;  // guarded by mutex_
  LedgerFigures figures_;                    // guarded by mutex_
};

}  // namespace freshet::history
