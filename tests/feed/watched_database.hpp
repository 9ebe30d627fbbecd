#pragma once
// A database whose writes are logged, and what a write changes of it, by the names of tags.

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "feed/canonical.hpp"
#include "feed/feed.hpp"
#include "feed/watch_plan.hpp"

#include "support.hpp"

namespace freshet::feed::test {

inline Shape shape(std::string table, std::vector<std::string> columns = {}) {
  return {.table = std::move(table), .columns = std::move(columns)};
}

class WatchedDatabase : public testing::Test {
 protected:
  /// Makes the schema, installs what `shapes` need (and the whole tables), and follows it.
  void start(const std::string& schema, std::vector<Shape> shapes) {
    shell(path_, "PRAGMA journal_mode = WAL;" + schema);
    for (std::size_t i = 0, count = shapes.size(); i < count; ++i) shapes.push_back(shape(shapes[i].table));
    shapes_ = std::move(shapes);
    install(shapes_);
    open();
  }

  /// As `freshet cache enable` does; in a transaction, through SQLite's own shell.
  void install(const std::vector<Shape>& shapes) {
    const WatchPlan plan = plan_watch(options(), shapes);
    shell(path_, "BEGIN;" + plan.up + "COMMIT");
  }

  void open() {
    watching_.reset();
    feed_.reset();
    database_ = db::open_database(options());
    feed_ = open_feed(options(), *database_);
    ASSERT_EQ(feed_->figures().mode, Mode::pieces) << feed_->figures().reason;
    ASSERT_TRUE(watches_all());
  }

  [[nodiscard]] bool watches_all() {
    watching_ = feed_->watch(shapes_);
    return watching_->unseen().empty();
  }

  [[nodiscard]] db::DatabaseOptions options() const {
    db::DatabaseOptions options = db::test::options_for(path_);
    options.pool_size = 2;
    return options;
  }

  void catch_up() {
    if (!feed_->is_current()) db::test::run_coro(feed_->catch_up());
  }

  struct Answer {
    std::vector<std::string> rows;
    std::optional<Stamp> stamp;
  };
  /// A miss: pin, read, seal. `between` runs after the position was read and before the query.
  Answer fill(const std::string& sql, std::vector<Tag> tags, const std::function<void()>& between = {}) {
    PendingStamp pending(feed_->tags(), std::move(tags));
    const std::unique_ptr<FillPosition> position = feed_->fill();
    db::test::Rows rows;
    db::Work work;
    work.steps.push_back(db::test::step(database_->prepare(sql), &rows));
    if (between) work.steps[0].bind = [&](db::Binder&) { between(); };
    position->lead(work);
    db::test::run_coro(database_->run(work));
    Answer answer{.rows = rows.rows, .stamp = std::nullopt};
    if (const auto at = position->position()) answer.stamp = std::move(pending).seal(*at);
    return answer;
  }
  /// A hit's question.
  bool valid(const Stamp& stamp) {
    catch_up();
    return stamp.holds();
  }

  /// What of `tags` an answer that was read before `write` may not be kept for.
  std::set<std::string> changed(const std::vector<Tag>& tags, const std::function<void()>& write) {
    catch_up();
    std::vector<std::pair<std::string, Stamp>> stamps;
    for (const Tag& tag : tags) {
      PendingStamp pending(feed_->tags(), {tag});
      std::optional<Stamp> stamp = std::move(pending).seal(feed_->tags().applied());
      EXPECT_TRUE(stamp) << tag.text;
      if (stamp) stamps.emplace_back(tag.text, std::move(*stamp));
    }
    write();
    catch_up();
    std::set<std::string> names;
    for (const auto& [name, stamp] : stamps) {
      if (!stamp.holds()) names.insert(name);
    }
    return names;
  }
  std::set<std::string> changed(const std::vector<Tag>& tags, const std::string& sql) {
    return changed(tags, [&] { shell(path_, sql); });
  }

  db::test::TemporaryFolder folder_;
  const std::string path_ = folder_.file("app.db");
  std::vector<Shape> shapes_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Feed> feed_;
  std::unique_ptr<Watching> watching_;
};

inline Tag piece(const std::string& table, const std::string& column, const Value& value,
                 sql::Affinity affinity = sql::Affinity::text, sql::Collation collation = sql::Collation::binary) {
  return piece_tag(shape(table, {column}), {canonical(value, affinity, collation).value()});
}

}  // namespace freshet::feed::test
