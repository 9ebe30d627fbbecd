#pragma once
// Sees whether anybody, in any process, has committed to a SQLite file, without a system call.
//
// In WAL mode each commit rewrites the header of the WAL-index, in memory that all connections share: 48 bytes with a
// change counter, the log's length and checksums of its frames, kept twice. COMMIT returns only after both copies are
// written, and no reader sees the commit before that. So as long as the header is the one that was seen before, nothing
// that anybody could know of has been committed since. In other journal modes the same is asked through
// `PRAGMA data_version`, at the cost of a lock and a look at the file.

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "db/sqlite/file_identity.hpp"
#include "db/sqlite/handle.hpp"
#include "db/sqlite/open.hpp"

namespace freshet::feed::sqlite {

/// A state of the file. Two equal marks: nothing was committed from the one to the other. Unequal ones prove nothing.
using CommitMark = std::array<std::uint64_t, 6>;

/// The mark of no state.
inline constexpr CommitMark no_mark{~std::uint64_t{0}};

/// Thread-safe. Keeps a connection of its own open, which also keeps the shared memory mapped and the journal mode what
/// it is. Never holds a transaction open.
class CommitWatch {
 public:
  /// As db::sqlite::open(). `options.role` is taken for reader.
  explicit CommitWatch(db::sqlite::OpenOptions options);

  /// True: same() is a few loads. False: the file is not in WAL mode, or its shared memory cannot be reached.
  [[nodiscard]] bool in_shared_memory() const noexcept { return header_ != nullptr; }

  /// The state now. nullopt: a commit is being published this very moment, or the file cannot be read. Does not wait,
  /// except for locks where there is no shared memory: then up to the busy timeout.
  [[nodiscard]] std::optional<CommitMark> look() const noexcept;

  /// True if the state is `mark`. With shared memory: no lock, no system call. Without: one look at the file, of some
  /// microseconds, and never a wait: false where it would have to.
  [[nodiscard]] bool same(const CommitMark& mark) const noexcept;

  /// Lets SQLite repair the header, if whoever wrote it died halfway. May wait up to the busy timeout.
  void repair() const noexcept;

  /// False after the file was replaced by another of the same name. One system call.
  [[nodiscard]] bool same_file() const noexcept { return file_.is_at(path_); }

 private:
  [[nodiscard]] std::optional<CommitMark> data_version() const noexcept;  // with the mutex locked
  void find_header();

  const std::string path_;
  const std::chrono::milliseconds busy_timeout_;
  const db::sqlite::FileIdentity file_;
  mutable std::mutex mutex_;  // of the connection
  db::sqlite::DatabaseHandle handle_;
  db::sqlite::StatementHandle data_version_, any_read_;
  const std::uint64_t* header_ = nullptr;  // the two copies, one after the other
};

}  // namespace freshet::feed::sqlite
