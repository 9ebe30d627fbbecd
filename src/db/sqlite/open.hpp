#pragma once
// Opening a SQLite file with the settings that Freshet relies on.

#include <chrono>
#include <cstdint>
#include <string>

#include "db/sqlite/handle.hpp"

namespace freshet::db::sqlite {

enum class Role : std::uint8_t {
  reader,  // query_only: whatever is run, nothing is written
  writer,
};

struct OpenOptions {
  std::string path;  // ":memory:" for a private database
  Role role = Role::writer;
  bool read_only = false;  // the file is never touched: no journal mode, no -wal of our own
  std::chrono::milliseconds busy_timeout{5'000};
  std::int64_t mmap_bytes = std::int64_t{1} << 30;
  std::int64_t cache_kib = 65'536;
};

/// Opens, configures and looks at the file once. A missing file is created, with its folder, unless read_only. Throws
/// config, with a hint, for what cannot be opened; unavailable if another process keeps it locked.
[[nodiscard]] DatabaseHandle open(const OpenOptions& options);

/// Tells SQLite once per process that connections do not share anything: no statistics behind a global lock.
void configure_library() noexcept;

}  // namespace freshet::db::sqlite
