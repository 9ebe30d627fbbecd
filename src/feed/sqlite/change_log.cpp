#include "feed/sqlite/change_log.hpp"

#include <fmt/format.h>

namespace freshet::feed::sqlite {

ChangeLog::ChangeLog(const db::sqlite::OpenOptions& options)
    : handle_(db::sqlite::open(options)), schema_version_(handle_.get(), "PRAGMA schema_version") {}

std::int64_t ChangeLog::schema_version() {
  const std::int64_t version = schema_version_.next() ? schema_version_.integer(0) : 0;
  schema_version_.reset();
  return version;
}

void ChangeLog::use_log(std::size_t columns) {
  std::string names;
  for (std::size_t i = 0; i < columns; ++i) names += fmt::format(", p{}", i + 1);
  newest_ = std::make_unique<Query>(handle_.get(), "SELECT max(id) FROM main.freshet_change");
  records_ = std::make_unique<Query>(
      handle_.get(), fmt::format("SELECT id, t{} FROM main.freshet_change WHERE id > ?1 ORDER BY id", names));
}

std::int64_t ChangeLog::newest() {
  const std::int64_t newest = newest_->next() ? newest_->integer(0) : 0;
  newest_->reset();
  return newest;
}

ChangeLog::Reading ChangeLog::read(std::int64_t since, WatchedTables& tables, TagTable& tags, Position base) {
  Reading reading{.records = 0, .gap = false, .newest = newest()};
  reading.gap = reading.newest < since || reading.newest - since > records_max;
  if (reading.gap || reading.newest == since) return reading;
  tables.begin_reading();
  std::int64_t last = since;
  for (records_->bind(1, since); !reading.gap && records_->next(); ++reading.records) {
    const std::int64_t id = records_->integer(0);
    reading.gap = id != ++last;
    const auto cell = [this](std::size_t column) { return records_->cell(static_cast<int>(column) + 2); };
    tables.tell(tags, records_->integer(1), cell, base + static_cast<Position>(id));
  }
  records_->reset();
  reading.gap = reading.gap || last != reading.newest;
  return reading;
}

}  // namespace freshet::feed::sqlite
