// What the driver adds to a bare sqlite3_step loop: per row of a long result, and per statement of a short one.
//
//   bench_driver [ROUNDS] [ROWS]
//
// Several ways, in turn, on one file with the same settings: `bare` steps a prepared statement and reads every column
// by its type, by either family of SQLite's functions; `connection` is db::Connection::run on the thread itself;
// `database` is db::Database::run, which hands the work to a session's thread and comes back. Short statements go one
// after the other (a hand-over there and back each) and 64 at a time. Medians of the rounds, with the lowest and the
// highest; CPU is of the whole process.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include "core/error.hpp"
#include "db/database.hpp"
#include "db/sqlite/connection.hpp"

#include <sys/resource.h>

namespace {

namespace fs = std::filesystem;
using namespace freshet;

constexpr std::string_view all_rows = "SELECT id, label, amount, day, ratio FROM line";
constexpr std::string_view one_value = "SELECT ?1";
constexpr std::string_view one_row = "SELECT id, label, amount, day, ratio FROM line WHERE id = ?1";

/// What a body that does something `times` times took, each.
struct Sample {
  double wall_ns = 0, cpu_ns = 0;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class Body>
Sample measure(std::uint64_t times, const Body& body) {
  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  body();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto each = 1e9 / static_cast<double>(times);
  return {.wall_ns = took.count() * each, .cpu_ns = (cpu_seconds() - cpu) * each};
}

/// Adds up what it sees, so that every column is read.
class Sum final : public db::RowSink {
 public:
  bool row(Row row) override {
    for (const Cell& cell : row) {
      value += static_cast<std::uint64_t>(cell.integer) + static_cast<std::uint64_t>(cell.real) + cell.text.size();
    }
    ++rows;
    return true;
  }
  std::uint64_t rows = 0, value = 0;
};

class Bare {
 public:
  explicit Bare(const db::sqlite::ConnectionOptions& options) : database_(db::sqlite::open(options)) {}

  void prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    statement_.reset(raw);
    if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(database_.get()));
  }

  /// `read` takes a statement and a column, and gives what it found there.
  template <class Read>
  void run(std::int64_t parameter, Sum& sum, const Read& read) {
    sqlite3_stmt* const statement = statement_.get();
    if (sqlite3_bind_parameter_count(statement) > 0) sqlite3_bind_int64(statement, 1, parameter);
    const int columns = sqlite3_column_count(statement);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      for (int i = 0; i < columns; ++i) sum.value += read(statement, i);
      ++sum.rows;
    }
    if (sqlite3_reset(statement) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(database_.get()));
  }

  static std::uint64_t by_column(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_INTEGER:
        return static_cast<std::uint64_t>(sqlite3_column_int64(statement, column));
      case SQLITE_FLOAT:
        return static_cast<std::uint64_t>(sqlite3_column_double(statement, column));
      case SQLITE_TEXT:
        sqlite3_column_text(statement, column);
        return static_cast<std::uint64_t>(sqlite3_column_bytes(statement, column));
      default:
        return 0;
    }
  }

  static std::uint64_t by_value(sqlite3_stmt* statement, int column) {
    sqlite3_value* const value = sqlite3_column_value(statement, column);
    switch (sqlite3_value_type(value)) {
      case SQLITE_INTEGER:
        return static_cast<std::uint64_t>(sqlite3_value_int64(value));
      case SQLITE_FLOAT:
        return static_cast<std::uint64_t>(sqlite3_value_double(value));
      case SQLITE_TEXT:
        sqlite3_value_text(value);
        return static_cast<std::uint64_t>(sqlite3_value_bytes(value));
      default:
        return 0;
    }
  }

 private:
  db::sqlite::DatabaseHandle database_;
  db::sqlite::StatementHandle statement_;
};

db::Step step(const db::StatementPtr& statement, std::int64_t parameter, Sum& sum) {
  db::Step out;
  out.statement = statement;
  out.sink = &sum;
  if (statement->parameter_count > 0) out.bind = [parameter](db::Binder& binder) { binder.integer(1, parameter); };
  return out;
}

boost::asio::awaitable<void> run_many(db::Database& database, db::StatementPtr statement, std::uint64_t times,
                                      std::uint64_t& value) {
  for (std::uint64_t i = 0; i < times; ++i) {
    Sum sum;
    db::Work work;
    work.steps.push_back(step(statement, static_cast<std::int64_t>(i % 1000) + 1, sum));
    co_await database.run(work);
    value += sum.value;
  }
}

/// `times` runs by `clients` coroutines of one thread, each one after the other.
std::uint64_t run_on_database(db::Database& database, const db::StatementPtr& statement, std::uint64_t times,
                              std::uint64_t clients) {
  boost::asio::io_context io(1);
  std::uint64_t value = 0;
  const auto rethrow = [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  };
  for (std::uint64_t i = 0; i < clients; ++i) {
    boost::asio::co_spawn(io, run_many(database, statement, times / clients, value), rethrow);
  }
  io.run();
  return value;
}

/// There and back between two Asio threads, with nothing done there: what no driver with threads can go below.
class HandOver {
 public:
  std::uint64_t run(std::uint64_t times) {
    left_ = times;
    work_.emplace(here_.get_executor());
    next();
    here_.restart();
    here_.run();
    return times;
  }

 private:
  void next() {
    if (left_-- == 0) return work_.reset();
    boost::asio::post(there_, [this] { boost::asio::post(here_, [this] { next(); }); });
  }

  boost::asio::io_context here_{1};
  boost::asio::thread_pool there_{1};
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::uint64_t left_ = 0;
};

class Bench {
 public:
  Bench(const fs::path& file, std::uint64_t rows) : rows_(rows) {
    connection_options_.path = file.string();
    fill();
    connection_options_.role = db::sqlite::Role::reader;
    bare_ = std::make_unique<Bare>(connection_options_);
    connection_ = std::make_unique<db::sqlite::SqliteConnection>(connection_options_);
    db::DatabaseOptions options;
    options.url = "sqlite:" + file.string();
    database_ = db::open_database(options);
  }

  void run(int rounds) {
    fmt::print("{:<38}{:>28}{:>28}{:>10}\n", "", "ns each", "CPU ns each", "÷ bare");
    compare("rows of a long result", all_rows, rows_, 1, rounds);
    const std::uint64_t shorts = std::max<std::uint64_t>(rows_ / 10, 640);
    compare("SELECT ?1", one_value, 1, shorts, rounds);
    compare("a row by its key", one_row, 1, shorts, rounds);
  }

 private:
  struct Line {
    std::string_view name;
    std::function<std::uint64_t()> body;
    std::vector<Sample> samples;
  };

  void fill() {
    db::sqlite::SqliteConnection connection(connection_options_);
    connection.execute("CREATE TABLE line (id INTEGER PRIMARY KEY, label TEXT, amount INTEGER, day TEXT, ratio REAL)");
    connection.execute(
        fmt::format("INSERT INTO line WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
                    "SELECT i, 'label, number ' || i, i % 1000 * 25, printf('2024-%02d-%02d', 1 + i % 12, 1 + i % 28), "
                    "i / 7.0 FROM n",
                    rows_));
  }

  void compare(std::string_view title, std::string_view sql, std::uint64_t rows, std::uint64_t times, int rounds) {
    bare_->prepare(sql);
    const db::StatementPtr statement = database_->prepare(sql);
    std::vector<Line> lines;
    lines.push_back({.name = "bare, sqlite3_value_*",
                     .body = [&, times] { return by_bare(times, Bare::by_value); },
                     .samples = {}});
    lines.push_back({.name = "bare, sqlite3_column_*",
                     .body = [&, times] { return by_bare(times, Bare::by_column); },
                     .samples = {}});
    lines.push_back(
        {.name = "connection", .body = [&, times] { return by_connection(statement, times); }, .samples = {}});
    lines.push_back({.name = "database, one after another",
                     .body = [&, times] { return run_on_database(*database_, statement, times, 1); },
                     .samples = {}});
    if (times > 1) {
      lines.push_back({.name = "(a hand-over of nothing, and back)",
                       .body = [&, times] { return hand_over_.run(times); },
                       .samples = {}});
      lines.push_back({.name = "database, 64 at a time",
                       .body = [&, times] { return run_on_database(*database_, statement, times / 64 * 64, 64); },
                       .samples = {}});
    }
    for (Line& line : lines) line.body();  // once unmeasured: statements get prepared, pages read
    for (int round = 0; round < rounds; ++round) {
      for (Line& line : lines) line.samples.push_back(measure(rows * times, line.body));
    }
    show(title, lines);
  }

  template <class Read>
  std::uint64_t by_bare(std::uint64_t times, const Read& read) {
    Sum sum;
    for (std::uint64_t i = 0; i < times; ++i) bare_->run(static_cast<std::int64_t>(i % 1000) + 1, sum, read);
    return sum.value;
  }

  std::uint64_t by_connection(const db::StatementPtr& statement, std::uint64_t times) {
    Sum sum;
    for (std::uint64_t i = 0; i < times; ++i) {
      connection_->run(step(statement, static_cast<std::int64_t>(i % 1000) + 1, sum));
    }
    return sum.value;
  }

  static std::string spread(const std::vector<Sample>& samples, double Sample::*part) {
    std::vector<double> values;
    for (const Sample& sample : samples) values.push_back(sample.*part);
    std::sort(values.begin(), values.end());
    return fmt::format("{:.0f} ({:.0f}–{:.0f})", values[values.size() / 2], values.front(), values.back());
  }

  static double median_ns(const Line& line) {
    std::vector<double> values;
    for (const Sample& sample : line.samples) values.push_back(sample.wall_ns);
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }

  static void show(std::string_view title, const std::vector<Line>& lines) {
    fmt::print("{}\n", title);
    for (const Line& line : lines) {
      fmt::print("  {:<36}{:>28}{:>28}{:>10.2f}\n", line.name, spread(line.samples, &Sample::wall_ns),
                 spread(line.samples, &Sample::cpu_ns), median_ns(line) / median_ns(lines.front()));
    }
  }

  std::uint64_t rows_;
  db::sqlite::ConnectionOptions connection_options_;
  std::unique_ptr<Bare> bare_;
  std::unique_ptr<db::sqlite::SqliteConnection> connection_;
  std::unique_ptr<db::Database> database_;
  HandOver hand_over_;
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const std::uint64_t rows = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  if (argc > 3 || rounds < 1 || rows < 1000) {
    fmt::print(stderr, "usage: bench_driver [ROUNDS] [ROWS, 1000 or more]\n");
    return 2;
  }
  const fs::path folder = fs::temp_directory_path() / fmt::format("freshet-bench-{}", ::getpid());
  int result = 0;
  try {
    fs::create_directories(folder);
    Bench(folder / "driver.db", rows).run(rounds);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_driver: {}\n", error.what());
    result = 1;
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return result;
}
