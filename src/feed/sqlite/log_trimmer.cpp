#include "feed/sqlite/log_trimmer.hpp"

#include <algorithm>

namespace freshet::feed::sqlite {
namespace {

db::sqlite::DatabaseHandle open_to_trim(db::sqlite::OpenOptions options) {
  options.role = db::sqlite::Role::writer;
  db::sqlite::DatabaseHandle handle = db::sqlite::open(options);
  // Whoever writes more than this does the checkpoints: they may wait for the disk.
  execute(handle.get(), "PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 0");
  return handle;
}

}  // namespace

LogTrimmer::LogTrimmer(const db::sqlite::OpenOptions& options)
    : handle_(open_to_trim(options)),
      ends_(handle_.get(),
            "SELECT (SELECT min(id) FROM main.freshet_change), (SELECT max(id) FROM main.freshet_change)"),
      delete_(handle_.get(), "DELETE FROM main.freshet_change WHERE id < ?1") {}

LogTrimmer::Trimmed LogTrimmer::trim(const std::function<bool()>& stop) {
  Trimmed trimmed;
  if (!ends_.next()) return trimmed;
  std::int64_t oldest = ends_.integer(0);
  const std::int64_t newest = ends_.integer(1);
  ends_.reset();
  if (newest - oldest < kept + surplus) return trimmed;
  const std::int64_t first_kept = newest - kept + 1;
  do {
    const std::int64_t until = std::min(first_kept, oldest + batch);
    delete_.bind(1, until).next();
    trimmed.records += until - oldest;
    oldest = until;
    trimmed.more = oldest < first_kept;
  } while (trimmed.more && !stop());
  return trimmed;
}

}  // namespace freshet::feed::sqlite
