#pragma once
// Which statements a session has prepared, by Statement::id: the least recently used leaves first.

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace freshet::db::postgres {

/// Only names: preparing and deallocating is the caller's. Not thread-safe. O(1).
class StatementNames {
 public:
  explicit StatementNames(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  struct Use {
    const char* name;                    // valid until the id leaves
    bool fresh;                          // to be prepared first
    std::optional<std::string> evicted;  // to be deallocated first
  };
  [[nodiscard]] Use use(std::uint64_t id);
  /// It was not prepared after all.
  void forget(std::uint64_t id) noexcept;
  void clear() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return by_id_.size(); }

 private:
  struct Entry {
    std::uint64_t id;
    std::string name;
  };
  std::size_t capacity_;
  std::uint64_t last_number_ = 0;  // a name is never used twice: nothing is mistaken for what it was
  std::list<Entry> by_use_;        // most recent first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_id_;
};

}  // namespace freshet::db::postgres
