// Soundness of the triggers: random tables with random keys, random triggers and foreign keys, random writes in random
// transactions. After each commit, every piece whose rows are not what they were must have changed.

#include <map>
#include <random>

#include <fmt/format.h>

#include "watched_database.hpp"

namespace freshet::feed {
namespace {

using test::shape;

/// A column of a random table.
struct RandomColumn {
  std::string name, declaration;
  sql::Affinity affinity;
  sql::Collation collation;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class Range>
  const auto& pick(const Range& range) {
    return range[below(std::size(range))];
  }

 private:
  std::mt19937 random_;
};

struct DomainValue {
  const char* sql;
  Value value;
};
const std::vector<DomainValue> domain{
    {"NULL", Null{}},          {"1", std::int64_t{1}},    {"2", std::int64_t{2}},      {"1.0", 1.0},
    {"'a'", std::string("a")}, {"'A'", std::string("A")}, {"'a '", std::string("a ")}, {"'b'", std::string("b")},
    {"'1'", std::string("1")}, {"x'61'", Blob{"a"}}};

/// Tables r and s, by chance; s may refer to r, and r to itself.
class RandomSchema {
 public:
  explicit RandomSchema(Dice& dice) : dice_(dice) {
    for (const char* name : {"a", "b", "c"}) columns_.push_back(column(name));
    sql_ = "CREATE TABLE r(" + key() + columns() + generated() + self_reference() + constraints() + ")" + options() +
           ";CREATE TABLE s(id INTEGER PRIMARY KEY, a TEXT, b TEXT UNIQUE" + reference() + ");";
    for (std::size_t i = dice_.below(3); i > 0; --i) sql_ += index(i);
    for (std::size_t i = dice_.below(3); i > 0; --i) sql_ += trigger(i);
  }

  [[nodiscard]] const std::string& sql() const { return sql_; }
  [[nodiscard]] const std::vector<RandomColumn>& columns_of_r() const { return columns_; }
  [[nodiscard]] bool has_rowid() const { return !without_rowid_; }
  [[nodiscard]] const std::string& key_column() const { return key_; }

  std::string random_write() {
    static const std::vector<std::string> conflicts{"", "", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL"};
    switch (dice_.below(8)) {
      case 0:
      case 1:
      case 2:
        return insert(dice_.pick(conflicts));
      case 3:
        return insert("") + " ON CONFLICT DO UPDATE SET " + assignment();
      case 4:
      case 5:
        return "UPDATE" + dice_.pick(conflicts) + " r SET " + assignment() + (dice_.one_in(3) ? "" : condition());
      case 6:
        return "DELETE FROM r" + (dice_.one_in(4) ? "" : condition());
      default:
        return fmt::format("INSERT{} INTO s(a, b, {}) VALUES ({}, {}, {})", dice_.pick(conflicts), "r", value(),
                           value(), value());
    }
  }

 private:
  RandomColumn column(const std::string& name) {
    using sql::Affinity;
    using sql::Collation;
    static const std::vector<RandomColumn> kinds{{"", "TEXT", Affinity::text, Collation::binary},
                                                 {"", "TEXT COLLATE NOCASE", Affinity::text, Collation::nocase},
                                                 {"", "TEXT COLLATE RTRIM", Affinity::text, Collation::rtrim},
                                                 {"", "INTEGER", Affinity::numeric, Collation::binary},
                                                 {"", "REAL", Affinity::numeric, Collation::binary},
                                                 {"", "", Affinity::blob, Collation::binary},
                                                 {"", "COLLATE NOCASE", Affinity::blob, Collation::nocase}};
    RandomColumn column = dice_.pick(kinds);
    column.name = name;
    if (dice_.one_in(4)) column.declaration += " NOT NULL DEFAULT 1";
    if (dice_.one_in(5)) column.declaration += dice_.one_in(2) ? " UNIQUE" : " UNIQUE ON CONFLICT REPLACE";
    return column;
  }

  std::string key() {
    switch (dice_.below(5)) {
      case 0:
        key_ = "a";
        without_rowid_ = dice_.one_in(2);
        return "";
      case 1:
        key_ = "a, b";
        without_rowid_ = dice_.one_in(2);
        return "";
      case 2:
        return "";
      default:
        key_ = "id";
        return "id INTEGER PRIMARY KEY, ";
    }
  }
  std::string columns() {
    std::string out;
    for (const RandomColumn& column : columns_)
      out += (out.empty() ? "" : ", ") + column.name + " " + column.declaration;
    return out;
  }
  std::string generated() {
    generated_ = dice_.one_in(4);
    if (!generated_) return "";
    return std::string(", g AS (lower(b) || coalesce(c, '')) ") + (dice_.one_in(2) ? "STORED" : "VIRTUAL");
  }
  std::string self_reference() {
    if (key_ != "id" || !dice_.one_in(3)) return "";
    return ", parent INTEGER REFERENCES r(id) ON DELETE " + action() + " ON UPDATE CASCADE";
  }
  std::string constraints() { return key_.empty() || key_ == "id" ? "" : ", PRIMARY KEY (" + key_ + ")"; }
  std::string options() const { return without_rowid_ ? " WITHOUT ROWID" : ""; }
  std::string action() { return dice_.one_in(2) ? "CASCADE" : "SET NULL"; }
  std::string reference() {
    if (key_ != "id" && key_ != "a") return ", r";
    return ", r REFERENCES r(" + key_ + ") ON DELETE " + action() + " ON UPDATE " + action();
  }

  std::string index(std::size_t number) {
    std::vector<std::string> keys{"a",        "b COLLATE NOCASE", "b, c",   "c COLLATE BINARY DESC",
                                  "lower(b)", "a, lower(c)",      "b || c", "a COLLATE RTRIM, b"};
    if (generated_) keys.emplace_back("g");
    static const std::vector<std::string> conditions{"", "", " WHERE a IS NOT NULL", " WHERE c = 'a'", " WHERE b > 1"};
    return fmt::format("CREATE UNIQUE INDEX i{} ON r({}){};", number, dice_.pick(keys), dice_.pick(conditions));
  }

  std::string trigger(std::size_t number) {
    static const std::vector<std::string> times{"BEFORE", "AFTER"};
    static const std::vector<std::string> events{"INSERT", "UPDATE", "DELETE"};
    static const std::vector<std::string> bodies{"INSERT INTO s(a, b) VALUES ('a', 'b')",
                                                 "REPLACE INTO s(id, a, b) VALUES (1, 'b', 'a')",
                                                 "UPDATE r SET c = 'a' WHERE c = 'b'",
                                                 "DELETE FROM r WHERE b = 'b'",
                                                 "DELETE FROM s",
                                                 "SELECT RAISE(IGNORE) WHERE (SELECT count(*) FROM r) > 4"};
    return fmt::format("CREATE TRIGGER t{} {} {} ON r BEGIN {}; END;", number, dice_.pick(times), dice_.pick(events),
                       dice_.pick(bodies));
  }

  std::string value() { return dice_.pick(domain).sql; }
  std::string insert(const std::string& conflict) {
    std::string names = "a, b, c";
    std::string values = value() + ", " + value() + ", " + value();
    if (key_ == "id" || (!without_rowid_ && dice_.one_in(3))) {
      names += key_ == "id" ? ", id" : ", rowid";
      values += dice_.one_in(4) ? ", NULL" : ", " + std::to_string(1 + dice_.below(4));
    }
    std::string more;
    if (dice_.one_in(3))
      more = fmt::format(", ({}, {}, {}{})", value(), value(), value(), names.size() > 7 ? ", 2" : "");
    return fmt::format("INSERT{} INTO r({}) VALUES ({}){}", conflict, names, values, more);
  }
  std::string assignment() {
    std::string out = fmt::format("{} = {}", dice_.pick(columns_).name, value());
    if (!without_rowid_ && dice_.one_in(4)) out += fmt::format(", rowid = {}", 1 + dice_.below(4));
    return out;
  }
  std::string condition() { return fmt::format(" WHERE {} IS {}", dice_.pick(columns_).name, value()); }

  Dice& dice_;
  std::vector<RandomColumn> columns_;
  std::string sql_, key_;
  bool without_rowid_ = false, generated_ = false;
};

/// Which rows each piece has, by its tag.
struct Contents {
  std::map<std::string, std::multiset<std::string>> rows;
  std::map<std::string, Tag> tags;
};

class ContentsReader final : public db::RowSink {
 public:
  ContentsReader(Contents& contents, std::string table, std::vector<RandomColumn> columns)
      : contents_(contents), table_(std::move(table)), columns_(std::move(columns)) {}

  bool row(Row row) override {
    std::string text;
    for (const Cell& cell : row) text += std::to_string(static_cast<int>(cell.type)) + db::test::to_text(cell) + "|";
    std::vector<std::string> values(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      canonical(row[i], columns_[i].affinity, columns_[i].collation, values[i]);
    }
    add(table_tag(table_), text);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      add(piece_tag(shape(table_, {columns_[i].name}), {values[i]}), text);
      for (std::size_t j = i + 1; j < columns_.size(); ++j) {
        add(piece_tag(shape(table_, {columns_[i].name, columns_[j].name}), {values[i], values[j]}), text);
      }
    }
    return true;
  }

 private:
  void add(const Tag& tag, const std::string& text) {
    const std::string id = std::to_string(tag.id);
    contents_.rows[id].insert(text);
    contents_.tags.emplace(id, tag);
  }
  Contents& contents_;
  std::string table_;
  std::vector<RandomColumn> columns_;
};

std::vector<Shape> shapes_for(const std::string& table, const std::vector<RandomColumn>& columns) {
  std::vector<Shape> shapes{shape(table)};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    shapes.push_back(shape(table, {columns[i].name}));
    for (std::size_t j = i + 1; j < columns.size(); ++j) {
      shapes.push_back(shape(table, {columns[i].name, columns[j].name}));
    }
  }
  return shapes;
}

class PiecesPropertyTest : public test::WatchedDatabase {
 protected:
  void run(unsigned seed, int rounds) {
    Dice dice(seed);
    RandomSchema schema(dice);
    SCOPED_TRACE(fmt::format("seed {}: {}", seed, schema.sql()));
    columns_ = schema.columns_of_r();
    std::vector<Shape> shapes = shapes_for("r", columns_);
    const std::vector<Shape> more = shapes_for("s", columns_of_s);
    shapes.insert(shapes.end(), more.begin(), more.end());
    ASSERT_NO_FATAL_FAILURE(start(schema.sql(), shapes));
    connection_ = db::open_connection(options());
    all_ = every_row(schema.has_rowid() && schema.key_column() != "id");
    seed_tags();
    try_execute(fmt::format("PRAGMA recursive_triggers = {}", dice.one_in(2)));
    for (int round = 0; round < rounds && !HasFailure(); ++round) one_commit(dice, schema);
    watching_.reset();
    feed_.reset();
    database_.reset();
    connection_.reset();
  }

  int changed_ = 0, needless_ = 0;

 private:
  /// All columns of all rows, those that name pieces first.
  static std::string every_row(bool rowid) {
    return std::string("SELECT a, b, c, *") + (rowid ? ", rowid" : "") + " FROM r";
  }

  void seed_tags() {
    std::vector<std::vector<std::string>> values;
    for (const RandomColumn& column : columns_) {
      std::vector<std::string>& known = values.emplace_back();
      for (const DomainValue& one : domain) {
        if (auto text = canonical(one.value, column.affinity, column.collation)) known.push_back(*std::move(text));
      }
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      for (const std::string& value : values[i]) {
        remember(piece_tag(shape("r", {columns_[i].name}), {value}));
        for (std::size_t j = i + 1; j < columns_.size(); ++j) {
          for (const std::string& other : values[j]) {
            remember(piece_tag(shape("r", {columns_[i].name, columns_[j].name}), {value, other}));
          }
        }
      }
    }
  }
  void remember(const Tag& tag) { tags_.emplace(std::to_string(tag.id), tag); }

  Contents read() {
    Contents contents;
    for (const auto& [table, sql, columns] :
         {std::tuple{std::string("r"), all_, columns_},
          std::tuple{std::string("s"), std::string("SELECT a, b, * FROM s"), columns_of_s}}) {
      ContentsReader reader(contents, table, columns);
      connection_->run(db::test::step(std::make_shared<const db::Statement>(connection_->describe(sql)), &reader));
    }
    for (const auto& [id, tag] : contents.tags) tags_.emplace(id, tag);
    return contents;
  }

  bool try_execute(const std::string& sql) {
    try {
      connection_->execute(sql);
      return true;
    } catch (const Error&) {
      return false;  // a constraint, most often: part of the game
    }
  }

  std::string write(Dice& dice, RandomSchema& schema) {
    std::string script;
    const bool transaction = dice.one_in(3);
    if (transaction) try_execute("BEGIN");
    for (std::size_t i = transaction ? 1 + dice.below(4) : 1; i > 0; --i) {
      if (transaction && dice.one_in(4)) try_execute("SAVEPOINT p");
      const std::string sql = schema.random_write();
      script += sql + (try_execute(sql) ? ";\n" : "; -- failed\n");
      if (transaction && dice.one_in(5)) script += try_execute("ROLLBACK TO p") ? "-- rolled back to p\n" : "";
    }
    if (transaction && !try_execute(dice.one_in(5) ? "ROLLBACK" : "COMMIT")) try_execute("ROLLBACK");
    return script;
  }

  void one_commit(Dice& dice, RandomSchema& schema) {
    const Contents before = read();
    std::vector<Tag> tags;
    for (const auto& [id, tag] : tags_) tags.push_back(tag);
    std::string script;
    Contents after;
    std::map<std::string, bool> dead;
    catch_up();
    std::vector<std::pair<std::string, Stamp>> stamps;
    for (const Tag& tag : tags) {
      PendingStamp pending(feed_->tags(), {tag});
      stamps.emplace_back(std::to_string(tag.id), std::move(pending).seal(feed_->tags().applied()).value());
    }
    script = write(dice, schema);
    catch_up();
    for (const auto& [id, stamp] : stamps) dead[id] = !stamp.holds();
    after = read();
    for (const auto& [id, is_dead] : dead) {
      const auto was = before.rows.find(id);
      const auto is = after.rows.find(id);
      const bool same = (was == before.rows.end() ? std::multiset<std::string>{} : was->second) ==
                        (is == after.rows.end() ? std::multiset<std::string>{} : is->second);
      ASSERT_TRUE(same || is_dead) << tags_.at(id).text << "\nafter\n" << script;
      changed_ += is_dead ? 1 : 0;
      needless_ += is_dead && same ? 1 : 0;
    }
    ASSERT_EQ(feed_->figures().gaps, 0U) << script;
    ASSERT_EQ(feed_->figures().mode, Mode::pieces) << script;
  }

  static inline const std::vector<RandomColumn> columns_of_s{{"a", "", sql::Affinity::text, sql::Collation::binary},
                                                             {"b", "", sql::Affinity::text, sql::Collation::binary}};
  std::vector<RandomColumn> columns_;
  std::map<std::string, Tag> tags_;
  std::string all_;
  std::unique_ptr<db::Connection> connection_;
};

class PiecesProperty : public PiecesPropertyTest, public testing::WithParamInterface<unsigned> {};

TEST_P(PiecesProperty, every_piece_whose_rows_are_not_what_they_were_has_changed) {
  const unsigned first = GetParam() * 1'000'000U;
  const char* const more = std::getenv("FRESHET_PROPERTY_RUNS");
  const unsigned runs = more == nullptr ? 10 : static_cast<unsigned>(std::strtoul(more, nullptr, 10));
  for (unsigned i = 0; i < runs && !HasFailure(); ++i) {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    run(first + i, 40);
  }
  RecordProperty("pieces_changed", changed_);
  RecordProperty("of_these_needlessly", needless_);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PiecesProperty, testing::Range(1U, 5U));

}  // namespace
}  // namespace freshet::feed
