#include "db/sqlite/statement_cache.hpp"

#include <sqlite3.h>

#include "db/sqlite/errors.hpp"

namespace freshet::db::sqlite {

StatementHandle prepare(sqlite3* handle, std::string_view sql, bool keep) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                                      keep ? SQLITE_PREPARE_PERSISTENT : 0, &raw, nullptr);
  if (code != SQLITE_OK) throw error_from(handle, code, sql, Interruption::none);
  if (raw == nullptr) throw Error(ErrorKind::internal, "an empty statement").detailing(std::string(sql));
  return StatementHandle(raw);
}

sqlite3_stmt* StatementCache::get(sqlite3* handle, std::uint64_t id, std::string_view sql) {
  if (!by_use_.empty() && by_use_.front().id == id) return by_use_.front().statement.get();
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return by_use_.front().statement.get();
  }
  StatementHandle statement = prepare(handle, sql, true);
  if (by_use_.size() >= capacity_) {
    by_id_.erase(by_use_.back().id);
    by_use_.pop_back();
  }
  by_use_.push_front({id, std::move(statement)});
  by_id_.emplace(id, by_use_.begin());
  return by_use_.front().statement.get();
}

void StatementCache::clear() noexcept {
  by_id_.clear();
  by_use_.clear();
}

}  // namespace freshet::db::sqlite
