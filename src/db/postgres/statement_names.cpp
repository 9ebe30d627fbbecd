#include "db/postgres/statement_names.hpp"

#include <utility>

namespace freshet::db::postgres {

StatementNames::Use StatementNames::use(std::uint64_t id) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return {.name = by_use_.front().name.c_str(), .fresh = false, .evicted = std::nullopt};
  }
  std::optional<std::string> evicted;
  if (by_use_.size() >= capacity_) {
    evicted = std::move(by_use_.back().name);
    by_id_.erase(by_use_.back().id);
    by_use_.pop_back();
  }
  by_use_.push_front({id, "f" + std::to_string(++last_number_)});
  by_id_.emplace(id, by_use_.begin());
  return {.name = by_use_.front().name.c_str(), .fresh = true, .evicted = std::move(evicted)};
}

void StatementNames::forget(std::uint64_t id) noexcept {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  by_use_.erase(found->second);
  by_id_.erase(found);
}

void StatementNames::clear() noexcept {
  by_id_.clear();
  by_use_.clear();
}

}  // namespace freshet::db::postgres
