#include "history/ledger.hpp"

#include <chrono>
#include <utility>

namespace freshet::history {

void Ledger::open(Op op) {
  const std::lock_guard lock(mutex_);
  const OpId id = op.id;
  entries_[id].op = std::move(op);
}

void Ledger::close(OpId id, Outcome outcome, CommitTimes times) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome == Outcome::committed) ++figures_.committed;
    if (outcome == Outcome::unknown) ++figures_.unknown;
    if (outcome == Outcome::aborted) {
      ++figures_.aborted;
      entries_.erase(id);
      return;
    }
    Entry& entry = entries_[id];
    entry.outcome = outcome;
    entry.times = times;
    entry.closed = true;
  }
  closed_.notify_all();
}

std::optional<Ledger::Entry> Ledger::settle(OpId id) {
  std::unique_lock lock(mutex_);
  const auto settled = [&] {
    const auto found = entries_.find(id);
    return found == entries_.end() || found->second.closed;
  };
  if (!closed_.wait_for(lock, std::chrono::minutes(1), settled)) return std::nullopt;
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  Entry entry = std::move(found->second);
  entries_.erase(found);
  return entry;
}

LedgerFigures Ledger::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

}  // namespace freshet::history
