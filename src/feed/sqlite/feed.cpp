#include "feed/sqlite/feed.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/mutant.hpp"
#include "feed/sqlite/commit_watch.hpp"
#include "feed/sqlite/seen_mark.hpp"

namespace freshet::feed::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int looks_max = 64;  // a header is rewritten in some ten nanoseconds

db::sqlite::OpenOptions watch_options(const std::string& path, const db::DatabaseOptions& options) {
  db::sqlite::OpenOptions watch;
  watch.path = path;
  watch.role = db::sqlite::Role::reader;
  watch.read_only = options.read_only;
  watch.busy_timeout = options.busy_timeout;
  watch.mmap_bytes = 0;
  watch.cache_kib = 64;
  return watch;
}

/// Mode `database`: a position is the number of states of the file that were seen to differ.
class SqliteFeed final : public Feed {
 public:
  SqliteFeed(const std::string& path, const db::DatabaseOptions& options, db::Database& database)
      : watch_(watch_options(path, options)),
        first_read_(database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1", nullptr)) {
    catch_up_now();
  }
  ~SqliteFeed() override { SqliteFeed::close(); }
  SqliteFeed(const SqliteFeed&) = delete;
  SqliteFeed& operator=(const SqliteFeed&) = delete;

  [[nodiscard]] TagTable& tags() noexcept override { return tags_; }

  /// Whole tables are seen, in that any commit changes all of them; pieces are not.
  [[nodiscard]] std::vector<Shape> watch(const std::vector<Shape>& shapes) override {
    std::vector<Shape> unseen;
    std::ranges::copy_if(shapes, std::back_inserter(unseen), [](const Shape& shape) { return !shape.columns.empty(); });
    return unseen;
  }

  [[nodiscard]] bool is_current() const noexcept override {
    const std::optional<CommitMark> seen = seen_.get();
    return seen && watch_.same(*seen);
  }

  [[nodiscard]] boost::asio::awaitable<void> catch_up() override {
    if (watch_.in_shared_memory()) {
      catch_up_now();
      co_return;
    }
    // The look at the file may wait for a lock: not on the caller's thread.
    const std::uint64_t ticket = asked_.fetch_add(1) + 1;
    boost::asio::awaitable<void> reading = catch_up_for(ticket);
    co_await boost::asio::co_spawn(thread_, std::move(reading), boost::asio::use_awaitable);
  }

  [[nodiscard]] std::unique_ptr<FillPosition> fill() override;

  [[nodiscard]] FeedFigures figures() const override {
    const std::lock_guard lock(mutex_);
    FeedFigures figures = figures_;
    figures.position = tags_.applied();
    return figures;
  }

  void close() override { thread_.join(); }

  // For fills, on a session's thread.
  [[nodiscard]] const db::StatementPtr& first_read() const noexcept { return first_read_; }
  [[nodiscard]] std::optional<CommitMark> look() const noexcept { return watch_.look(); }
  /// The position of the state `mark`. nullopt: it is not that of the moment any more.
  [[nodiscard]] std::optional<Position> position_of(const CommitMark& mark) noexcept;

 private:
  [[nodiscard]] boost::asio::awaitable<void> catch_up_for(std::uint64_t ticket);
  void catch_up_now();
  [[nodiscard]] std::optional<CommitMark> look_until_whole() noexcept;
  void advance(const CommitMark& now) noexcept;

  CommitWatch watch_;
  const db::StatementPtr first_read_;
  TagTable tags_;
  SeenMark seen_;
  mutable std::mutex mutex_;  // of advancing: what is written below
  Position position_ = 0;
  FeedFigures figures_;
  std::atomic<std::uint64_t> asked_{0};
  std::uint64_t answered_ = 0;  // on the thread: all that had asked when the last look began
  boost::asio::thread_pool thread_{1};
};

/// Looks before and after the work's first read: if nothing was committed in between, the work sees that state.
class SqliteFill final : public FillPosition {
 public:
  explicit SqliteFill(SqliteFeed& feed) noexcept : feed_(feed) {}

  void lead(db::Work& work) override {
    if (work.mode != db::Mode::read) return;  // a write's own changes are in no state that others see
    db::Step step;
    step.statement = feed_.first_read();
    step.bind = [this](db::Binder&) { before_ = feed_.look(); };
    step.changed = [this](std::int64_t) {
      if (mutant("stamp_after_query")) before_ = feed_.look();
      if (before_ && feed_.look() == before_) position_ = feed_.position_of(*before_);
    };
    work.steps.insert(work.steps.begin(), std::move(step));
    // One step alone would run outside a transaction; with this one in front there are at least two, unless there was
    // nothing to run.
  }

  [[nodiscard]] std::optional<Position> position() const noexcept override { return position_; }

 private:
  SqliteFeed& feed_;
  std::optional<CommitMark> before_;
  std::optional<Position> position_;
};

std::unique_ptr<FillPosition> SqliteFeed::fill() { return std::make_unique<SqliteFill>(*this); }

std::optional<Position> SqliteFeed::position_of(const CommitMark& mark) noexcept {
  const std::lock_guard lock(mutex_);
  if (seen_.get() == mark) return position_;
  // Nobody has told the tags of this state yet. It may be told here, but only while it is the present one: an older one
  // must not take the place of what came after it.
  if (watch_.look() != mark) return std::nullopt;
  advance(mark);
  return position_;
}

boost::asio::awaitable<void> SqliteFeed::catch_up_for(std::uint64_t ticket) {
  if (ticket <= answered_) co_return;  // a look that began after the call has answered it
  const std::uint64_t all_that_ask = asked_.load();
  catch_up_now();
  answered_ = all_that_ask;
}

void SqliteFeed::catch_up_now() {
  const std::lock_guard lock(mutex_);
  const Clock::time_point begun_at = Clock::now();
  ++figures_.catch_ups;
  const std::optional<CommitMark> now = watch_.same_file() ? look_until_whole() : std::nullopt;
  if (!now) {
    ++figures_.failures;
    throw Error(ErrorKind::unavailable, "the database cannot be watched for changes")
        .detailing(watch_.same_file() ? "its state cannot be read" : "its file was replaced by another");
  }
  if (seen_.get() != now) advance(*now);
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_at).count();
  figures_.catch_up_us_total += static_cast<std::uint64_t>(us);
  figures_.catch_up_us_max = std::max(figures_.catch_up_us_max, static_cast<std::uint64_t>(us));
}

std::optional<CommitMark> SqliteFeed::look_until_whole() noexcept {
  for (int look = 0; look < looks_max; ++look) {
    if (const std::optional<CommitMark> mark = watch_.look()) return mark;
    if (!watch_.in_shared_memory()) return std::nullopt;
    if (look >= looks_max / 2) watch_.repair();  // whoever was writing it may be gone
    std::this_thread::yield();
  }
  return std::nullopt;
}

/// The caller holds the mutex. What was seen is published last: whoever finds it equal finds the tags told.
void SqliteFeed::advance(const CommitMark& now) noexcept {
  ++position_;
  ++figures_.changes;
  if (!mutant("feed_gap_ignored")) tags_.change_everything(position_);
  tags_.applied(position_);
  seen_.set(now);
}

}  // namespace

std::unique_ptr<Feed> open_feed(const std::string& path, const db::DatabaseOptions& options, db::Database& database) {
  return std::make_unique<SqliteFeed>(path, options, database);
}

}  // namespace freshet::feed::sqlite
