#include "feed/sqlite/feed.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "core/mutant.hpp"
#include "core/text.hpp"
#include "feed/sqlite/change_log.hpp"
#include "feed/sqlite/commit_watch.hpp"
#include "feed/sqlite/era.hpp"
#include "feed/sqlite/log_trimmer.hpp"
#include "feed/sqlite/query.hpp"
#include "feed/sqlite/reading_thread.hpp"
#include "feed/sqlite/seen_mark.hpp"
#include "feed/sqlite/watch_state.hpp"

namespace freshet::feed::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int looks_max = 64;  // a header is rewritten in some ten nanoseconds
constexpr std::chrono::seconds tick_every{1};
constexpr std::int64_t no_schema_version = -1;

db::sqlite::OpenOptions options_for(const std::string& path, const db::DatabaseOptions& options) {
  db::sqlite::OpenOptions own;
  own.path = path;
  own.role = db::sqlite::Role::reader;
  own.read_only = options.read_only;
  own.busy_timeout = options.busy_timeout;
  own.mmap_bytes = 0;
  own.cache_kib = 256;
  return own;
}

/// Two modes, of which the database's schema decides: with triggers in place the log is read (mode `pieces`), else a
/// commit may have changed anything (mode `database`). Each time that the ground shifts - another schema, a gap in the
/// log, another file - a new era begins, whose positions are above all earlier ones, and everything older is worthless.
class SqliteFeed final : public Feed {
 public:
  SqliteFeed(const std::string& path, const db::DatabaseOptions& options, db::Database& database)
      : options_(options_for(path, options)),
        database_(database),
        first_read_(database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1", nullptr)),
        thread_([this] { read(); }, [this] { return tick(); }, tick_every) {
    read();
  }
  ~SqliteFeed() override { SqliteFeed::close(); }
  SqliteFeed(const SqliteFeed&) = delete;
  SqliteFeed& operator=(const SqliteFeed&) = delete;

  [[nodiscard]] TagTable& tags() noexcept override { return tags_; }
  [[nodiscard]] std::unique_ptr<Watching> watch(const std::vector<Shape>& shapes) override;
  void forget(const std::vector<Shape>& shapes) noexcept;

  [[nodiscard]] bool is_current() const noexcept override {
    const std::optional<CommitMark> seen = seen_.get();
    return seen && eyes().same(*seen);
  }

  [[nodiscard]] boost::asio::awaitable<void> catch_up() override {
    // A look at shared memory is all that mode `database` needs; anything else may wait for a disk or a lock.
    if (caught_up_by_a_look()) co_return;
    co_await thread_.read_for_me();
  }

  [[nodiscard]] bool schema_is_current() const noexcept override {
    const std::optional<CommitMark> seen = schema_seen_.get();
    return seen && eyes().same(*seen);
  }

  [[nodiscard]] boost::asio::awaitable<void> catch_up_with_schema() override { co_await thread_.read_for_me(); }

  [[nodiscard]] std::unique_ptr<FillPosition> fill() override;

  [[nodiscard]] std::uint64_t schema_changes() const noexcept override {
    return schema_changes_.load(std::memory_order_acquire);
  }

  [[nodiscard]] FeedFigures figures() const override {
    const std::lock_guard lock(mutex_);
    FeedFigures figures = figures_;
    figures.mode = era().pieces() ? Mode::pieces : Mode::database;
    figures.position = tags_.applied();
    return figures;
  }

  void close() override { thread_.close(); }

  // For fills, on a session's thread.
  [[nodiscard]] Era era() const noexcept { return Era(era_.load(std::memory_order_acquire)); }
  [[nodiscard]] db::StatementPtr lead_statement(Era era) const {
    const std::lock_guard lock(mutex_);
    return era.pieces() ? newest_read_ : first_read_;
  }
  [[nodiscard]] const CommitWatch& eyes() const noexcept { return *eyes_.load(std::memory_order_acquire); }
  /// Mode `database`: the position of the state `mark` of the file that `watch` is of, in `era`. nullopt: that is not
  /// the state of the moment any more.
  [[nodiscard]] std::optional<Position> position_of(const CommitMark& mark, const CommitWatch& watch, Era era) noexcept;

 private:
  [[nodiscard]] bool caught_up_by_a_look() noexcept;
  [[nodiscard]] std::optional<CommitMark> look_until_whole(bool repair) const noexcept;
  void advance(const CommitMark& now) noexcept;

  void read();
  void read_state();
  void read_records(const CommitMark& mark);
  void open_files();
  void adopt_schema(std::int64_t version, const CommitMark& mark);
  [[nodiscard]] std::string use_triggers();
  void begin_era(bool pieces, std::string reason, const CommitMark& mark);
  bool tick() noexcept;
  bool trim();

  const db::sqlite::OpenOptions options_;
  db::Database& database_;
  const db::StatementPtr first_read_;
  TagTable tags_;
  SeenMark seen_;
  SeenMark schema_seen_;  // likewise, with the schema
  std::atomic<const CommitWatch*> eyes_{nullptr};
  std::atomic<std::uint64_t> era_{0};
  std::atomic<std::uint64_t> schema_changes_{0};

  std::mutex log_mutex_;                               // of reading the log: what stands here
  std::vector<std::unique_ptr<CommitWatch>> watches_;  // the last counts; others may still be looked at
  std::unique_ptr<ChangeLog> log_;
  std::unique_ptr<LogTrimmer> trimmer_;
  WatchedTables tables_;
  std::int64_t schema_version_ = no_schema_version;
  std::int64_t last_ = 0;  // the record up to which the tags are told

  std::mutex shapes_mutex_;
  std::multiset<Shape> shapes_;          // that somebody depends on; guarded by shapes_mutex_
  std::atomic<bool> reconsider_{false};  // whether the triggers suffice: somebody depends on less than before

  mutable std::mutex mutex_;  // of what is told: never held while anything is read
  bool begun_ = false;        // an era has
  bool opened_ = false;       // and it is of the file that is looked at
  std::uint64_t states_ = 0;  // mode `database`: how many were seen in this era
  db::StatementPtr newest_read_;
  FeedFigures figures_;

  ReadingThread thread_;  // last: it uses all of the above
};

/// Mode `pieces`: reads the log's counter as the first thing that the work reads. Mode `database`: looks before and
/// after the work's first read; if nothing was committed in between, the work sees that state.
class SqliteFill final : public FillPosition, private db::RowSink {
 public:
  explicit SqliteFill(SqliteFeed& feed) noexcept : feed_(feed) {}

  void lead(db::Work& work) override {
    if (work.mode != db::Mode::read) return;  // a write's own changes are in no state that others see
    era_ = feed_.era();
    watch_ = &feed_.eyes();
    const bool same_file = watch_->same_file();
    db::Step step;
    // Another file may have no log to read.
    step.statement = feed_.lead_statement(same_file ? era_ : Era::first(false));
    step.sink = this;
    // Before the snapshot is taken, and after the session has looked which file it reads: neither an era that begins
    // later, nor another file, lends its positions to what is read here.
    step.bind = [this, same_file](db::Binder&) {
      ready_ = same_file && feed_.era() == era_ && &feed_.eyes() == watch_ && watch_->same_file();
      if (!era_.pieces()) before_ = watch_->look();
    };
    step.changed = [this](std::int64_t) {
      if (ready_) settle();
    };
    work.steps.insert(work.steps.begin(), std::move(step));
    // One step alone would run outside a transaction; with this one in front there are at least two, unless there was
    // nothing to run.
  }

  [[nodiscard]] std::optional<Position> position() const noexcept override {
    if (mutant("stamp_after_query") && position_) return feed_.tags().applied();
    return position_;
  }

 private:
  bool row(Row row) override {
    if (!row.empty() && row[0].type == Cell::Type::integer) newest_ = row[0].integer;
    return true;
  }

  void settle() {
    if (era_.pieces()) {
      if (newest_) position_ = era_.at(*newest_);
      return;
    }
    if (before_ && watch_->look() == before_) position_ = feed_.position_of(*before_, *watch_, era_);
  }

  SqliteFeed& feed_;
  Era era_{0};  // with the file that watch_ is of: as they were when the work was planned
  const CommitWatch* watch_ = nullptr;
  bool ready_ = false;
  std::optional<CommitMark> before_;
  std::optional<std::int64_t> newest_;
  std::optional<Position> position_;
};

std::unique_ptr<FillPosition> SqliteFeed::fill() { return std::make_unique<SqliteFill>(*this); }

std::optional<Position> SqliteFeed::position_of(const CommitMark& mark, const CommitWatch& watch, Era of) noexcept {
  const std::lock_guard lock(mutex_);
  if (!opened_ || era() != of || &eyes() != &watch) return std::nullopt;
  if (seen_.get() == mark) return era().at(static_cast<std::int64_t>(states_));
  // Nobody has told the tags of this state yet. It may be told here, but only while it is the present one: an older one
  // must not take the place of what came after it.
  if (watch.look() != mark) return std::nullopt;
  advance(mark);
  return era().at(static_cast<std::int64_t>(states_));
}

bool SqliteFeed::caught_up_by_a_look() noexcept {
  const CommitWatch& watched = eyes();
  if (era().pieces() || !watched.in_shared_memory() || !watched.same_file()) return false;
  const Clock::time_point begun_at = Clock::now();
  const std::lock_guard lock(mutex_);
  const std::optional<CommitMark> now = look_until_whole(false);
  if (!now || !opened_ || era().pieces() || &eyes() != &watched) return false;
  if (seen_.get() != now) advance(*now);
  figures_.add_catch_up(Clock::now() - begun_at);
  return true;
}

std::optional<CommitMark> SqliteFeed::look_until_whole(bool repair) const noexcept {
  for (int look = 0; look < looks_max; ++look) {
    if (const std::optional<CommitMark> mark = eyes().look()) return mark;
    if (repair && look >= looks_max / 2) eyes().repair();  // whoever was writing it may be gone
    std::this_thread::yield();
  }
  return std::nullopt;
}

/// The caller holds the mutex. What was seen is published last: whoever finds it equal finds the tags told.
void SqliteFeed::advance(const CommitMark& now) noexcept {
  const Position position = era().at(static_cast<std::int64_t>(++states_));
  ++figures_.changes;
  if (!mutant("feed_gap_ignored")) tags_.change_everything(position);
  tags_.applied(position);
  seen_.set(now);
}

void SqliteFeed::read() {
  const std::lock_guard lock(log_mutex_);
  const Clock::time_point begun_at = Clock::now();
  try {
    read_state();
  } catch (const Error& failure) {
    const std::lock_guard told(mutex_);
    ++figures_.failures;
    throw Error(ErrorKind::unavailable, "the database cannot be watched for changes")
        .detailing(failure.log_detail().empty() ? failure.message() : failure.log_detail());
  }
  const std::lock_guard told(mutex_);
  figures_.add_catch_up(Clock::now() - begun_at);
}

/// The mark is from before the reading: what is committed meanwhile shows in it, and asks for another.
void SqliteFeed::read_state() {
  if (log_ == nullptr || !eyes().same_file()) open_files();
  const std::optional<CommitMark> before = look_until_whole(true);
  if (!before) throw Error(ErrorKind::unavailable, "its state cannot be read");
  const ReadTransaction one_state(log_->handle());
  const std::int64_t version = log_->schema_version();
  const bool known = version == schema_version_ || (mutant("schema_change_ignored") && schema_version_ >= 0);
  const bool reconsider = reconsider_.exchange(false, std::memory_order_acq_rel);
  if (!known || reconsider) {
    adopt_schema(version, *before);
  } else if (era().pieces()) {
    read_records(*before);
  } else {
    const std::lock_guard told(mutex_);
    if (seen_.get() != before) advance(*before);
  }
  schema_seen_.set(*before);
}

void SqliteFeed::read_records(const CommitMark& mark) {
  const ChangeLog::Reading reading = log_->read(last_, tables_, tags_, era().at(0));
  if (reading.gap && !mutant("feed_gap_ignored")) {
    last_ = reading.newest;
    return begin_era(true, {}, mark);
  }
  const std::optional<CommitMark> later = mutant("mark_taken_after_reading") ? look_until_whole(true) : std::nullopt;
  last_ = reading.newest;
  const std::lock_guard told(mutex_);
  figures_.changes += static_cast<std::uint64_t>(reading.records);
  tags_.applied(era().at(last_));
  seen_.set(later.value_or(mark));
}

/// The first time, and when the file has been replaced by another of the same name.
void SqliteFeed::open_files() {
  std::error_code ignored;
  if (!std::filesystem::exists(options_.path, ignored)) throw Error(ErrorKind::unavailable, "its file is gone");
  log_.reset();
  trimmer_.reset();
  schema_version_ = no_schema_version;
  auto fresh = std::make_unique<CommitWatch>(options_);
  auto log = std::make_unique<ChangeLog>(options_);
  log_ = std::move(log);
  watches_.push_back(std::move(fresh));
  const std::lock_guard told(mutex_);
  opened_ = false;
  seen_.set(no_mark);  // marks of two files may be equal
  schema_seen_.set(no_mark);
  eyes_.store(watches_.back().get(), std::memory_order_release);
}

/// Looks at the triggers again, and lets everything that was known before go.
void SqliteFeed::adopt_schema(std::int64_t version, const CommitMark& mark) {
  std::string problem = use_triggers();
  const bool pieces = problem.empty();
  const bool another = std::exchange(schema_version_, version) != version || pieces != era().pieces();
  // Before the era begins: who finds its positions finds this, too.
  if (begun_ && another) schema_changes_.fetch_add(1, std::memory_order_acq_rel);
  trimmer_.reset();
  begin_era(pieces, std::move(problem), mark);
}

/// Why they cannot be used, or nothing.
std::string SqliteFeed::use_triggers() {
  const WatchState state = read_watch_state(log_->handle());
  if (std::string problem = problem_of(log_->handle(), state); !problem.empty()) return problem;
  tables_ = WatchedTables(log_->handle(), state);
  {
    const std::lock_guard lock(shapes_mutex_);
    for (const Shape& shape : shapes_) {
      if (tables_.tell_of(shape)) continue;
      return "the table " + shape.table + " is read, and not watched: `freshet cache enable` adds its triggers";
    }
  }
  log_->use_log(tables_.columns());
  last_ = log_->newest();
  if (last_ > Era::newest_max) return "the change log has counted too far";
  if (newest_read_ != nullptr) return {};
  db::StatementPtr newest = database_.prepare("SELECT coalesce(max(id), 0) FROM freshet_change", nullptr);
  const std::lock_guard told(mutex_);
  newest_read_ = std::move(newest);
  return {};
}

void SqliteFeed::begin_era(bool pieces, std::string reason, const CommitMark& mark) {
  const std::lock_guard told(mutex_);
  const bool another = std::exchange(begun_, true);
  opened_ = true;
  const Era next = another ? era().next(pieces) : Era::first(pieces);
  states_ = 0;
  figures_.reason = std::move(reason);
  figures_.gaps += another ? 1 : 0;
  const Position position = next.at(pieces ? last_ : 0);
  tags_.change_everything(position);
  tags_.applied(position);
  era_.store(next.word(), std::memory_order_release);
  seen_.set(mark);
}

/// Ends with the answers that depend on the shapes.
class SqliteWatching final : public Watching {
 public:
  explicit SqliteWatching(SqliteFeed& feed) : feed_(feed) {}
  ~SqliteWatching() override { feed_.forget(seen_); }
  SqliteWatching(const SqliteWatching&) = delete;
  SqliteWatching& operator=(const SqliteWatching&) = delete;

  [[nodiscard]] const std::vector<Shape>& unseen() const noexcept override { return unseen_; }
  void add(const Shape& shape, bool seen) { (seen ? seen_ : unseen_).push_back(shape); }

 private:
  SqliteFeed& feed_;
  std::vector<Shape> seen_, unseen_;
};

std::unique_ptr<Watching> SqliteFeed::watch(const std::vector<Shape>& shapes) {
  const std::lock_guard lock(log_mutex_);
  read_state();
  auto watching = std::make_unique<SqliteWatching>(*this);
  for (const Shape& shape : shapes) {
    const bool seen = era().pieces() ? tables_.sees(shape) : shape.columns.empty();
    watching->add(shape, seen);
    if (!seen) continue;
    if (era().pieces()) tables_.tell_of(shape);
    const std::lock_guard shapes_lock(shapes_mutex_);
    shapes_.insert(shape);
  }
  return watching;
}

void SqliteFeed::forget(const std::vector<Shape>& shapes) noexcept {
  const std::lock_guard lock(shapes_mutex_);
  for (const Shape& shape : shapes) shapes_.erase(shapes_.find(shape));
  // What is left may be what triggers tell of.
  if (!era().pieces()) reconsider_.store(true, std::memory_order_release);
}

/// Keeps the log short, and what there is to read of it; notices other files and other schemas. What fails here fails
/// again, and is reported, with the next reading that somebody waits for. True: there is more to trim.
bool SqliteFeed::tick() noexcept {
  try {
    const std::lock_guard lock(log_mutex_);
    read_state();
    return era().pieces() && !options_.read_only && last_ >= LogTrimmer::kept + LogTrimmer::surplus && trim();
  } catch (const std::exception&) {
    return false;
  }
}

bool SqliteFeed::trim() {
  if (trimmer_ == nullptr) trimmer_ = std::make_unique<LogTrimmer>(options_);
  const LogTrimmer::Trimmed trimmed = trimmer_->trim([this] { return thread_.is_asked(); });
  const std::lock_guard told(mutex_);
  figures_.trimmed += static_cast<std::uint64_t>(trimmed.records);
  return trimmed.more;
}

}  // namespace

std::unique_ptr<Feed> open_feed(const std::string& path, const db::DatabaseOptions& options, db::Database& database) {
  return std::make_unique<SqliteFeed>(path, options, database);
}

}  // namespace freshet::feed::sqlite
