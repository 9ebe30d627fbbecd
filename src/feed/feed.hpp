#pragma once
// The change feed: how Freshet learns what anybody wrote to the database, in time to never answer with what was.
//
// A hit is served like this: is_current()? then the tags tell the truth about this moment, and Stamp::holds() decides.
// Not current (somebody committed since)? then catch_up() first. A miss: pin tags (PendingStamp), run the work with
// fill()'s step in front, seal the stamp with what it read.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "db/database.hpp"
#include "feed/tag.hpp"
#include "feed/tag_table.hpp"

namespace freshet::feed {

/// Reads, in the work's own transaction, which state of the database the work sees. One for each execution.
class FillPosition {
 public:
  virtual ~FillPosition() = default;
  /// Puts the step that reads the position in front of the work's steps. This object must outlive the work.
  virtual void lead(db::Work& work) = 0;
  /// After the work has run. nullopt: it cannot be told for sure (a commit came in between): serve, but keep nothing.
  [[nodiscard]] virtual std::optional<Position> position() const noexcept = 0;
  /// The same state, as bytes that the feed of another process can judge (Feed::judge). nullopt: none could.
  [[nodiscard]] virtual std::optional<std::string> shared_state() const { return std::nullopt; }
};

/// How precisely writes are seen.
enum class Mode : std::uint8_t {
  pieces,    // triggers log which pieces change, whoever writes
  database,  // no triggers: any commit may have changed anything
};
[[nodiscard]] std::string_view to_string(Mode mode) noexcept;

struct FeedFigures {
  Mode mode = Mode::database;
  std::string reason;  // why it is not `pieces`, and what to do; for people
  Position position = 0;
  std::uint64_t catch_ups = 0;  // how often the log was read
  std::uint64_t changes = 0;    // log records applied
  std::uint64_t gaps = 0;       // times everything was invalidated: trimmed too far, schema or file changed
  std::uint64_t trimmed = 0;    // log records deleted
  std::uint64_t failures = 0;   // catch-ups that failed: requests went to the database
  std::uint64_t catch_up_us_total = 0, catch_up_us_max = 0;

  void add_catch_up(std::chrono::steady_clock::duration took) noexcept;
};

/// What somebody depends on: until it is destroyed, changes bump the tags of its shapes.
class Watching {
 public:
  virtual ~Watching() = default;
  /// Those that the feed cannot see (a table without triggers, a column that the triggers do not log): depend on the
  /// whole table instead, or, if the whole table's shape is among them, do not keep anything.
  [[nodiscard]] virtual const std::vector<Shape>& unseen() const noexcept = 0;
};

class Feed {
 public:
  virtual ~Feed() = default;

  [[nodiscard]] virtual TagTable& tags() noexcept = 0;

  /// The feed must outlive what it returns. Blocking: for loading, not serving.
  [[nodiscard]] virtual std::unique_ptr<Watching> watch(const std::vector<Shape>& shapes) = 0;

  /// True if nothing was committed since the tags were last brought up to date. Any thread; no lock, no system call, no
  /// wait: tens of nanoseconds. (A SQLite file that is only read and has no write-ahead log: some microseconds, and
  /// false where it would have to wait.)
  [[nodiscard]] virtual bool is_current() const noexcept = 0;

  /// Brings the tags up to a state of the database that was current at or after this call. Concurrent callers share
  /// one reading of the log, as long as it began after their call. Throws Error(unavailable) when the log cannot be
  /// read, or after close(): bypass the cache then.
  [[nodiscard]] virtual boost::asio::awaitable<void> catch_up() = 0;

  [[nodiscard]] virtual std::unique_ptr<FillPosition> fill() = 0;

  /// The stamp of an answer of another process, which shows `state` (FillPosition::shared_state()), if nothing that it
  /// depends on has changed between that state and the one up to which this feed has read. nullopt: something has, or
  /// this feed does not know all that happened since, or the state is of another history. Any thread; does not wait.
  [[nodiscard]] virtual std::optional<Stamp> judge(PendingStamp pending, std::string_view state) {
    static_cast<void>(pending);
    static_cast<void>(state);
    return std::nullopt;
  }

  /// How often another schema was found, or another way to see changes, since the feed was opened. Who reasoned from
  /// what was before (which tags an answer has, which rollup is exact) must reason anew. Read it before the schema. Any
  /// thread, no lock.
  [[nodiscard]] virtual std::uint64_t schema_changes() const noexcept = 0;
  /// True if schema_changes() tells of this moment, as is_current() says it of tags.
  [[nodiscard]] virtual bool schema_is_current() const noexcept = 0;
  /// As catch_up(), with the schema, which catch_up() need not look at where any commit ends every answer.
  [[nodiscard]] virtual boost::asio::awaitable<void> catch_up_with_schema() = 0;

  [[nodiscard]] virtual FeedFigures figures() const = 0;

  /// Stops background work. Blocking.
  virtual void close() = 0;
};

/// The feed of `options.url`. The database must outlive it.
[[nodiscard]] std::unique_ptr<Feed> open_feed(const db::DatabaseOptions& options, db::Database& database);

}  // namespace freshet::feed
