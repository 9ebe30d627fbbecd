#pragma once
// Money moved between accounts by writers while readers add it all up: what must hold in every snapshot, counted.
// Shared by a unit test (short) and bench/db/writers_readers (a minute).

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>

#include "db/connection.hpp"
#include "db/database.hpp"

namespace freshet::db::test {

/// `accounts` accounts with 1000 each; a transfer takes from one, gives to another and writes a line. In any snapshot
/// the balances add up to the start, and balances equal 1000 plus the lines. Runs of transfers that must fail (a CHECK
/// keeps balances above zero) leave nothing.
class WritersReaders {
 public:
  static constexpr int accounts = 50;
  static constexpr std::int64_t balance_at_start = 1000;

  struct Counts {
    std::atomic<std::uint64_t> committed{0}, refused{0}, reads{0}, violations{0}, surprises{0}, busy{0};
    std::atomic<std::int64_t> last_surprise_kind{-1};
  };

  static void create(Connection& connection) {
    connection.execute(
        "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));"
        "CREATE TABLE line (id INTEGER PRIMARY KEY, giver INTEGER NOT NULL REFERENCES account (id),"
        "  taker INTEGER NOT NULL REFERENCES account (id), amount INTEGER NOT NULL, writer INTEGER NOT NULL)");
    for (int i = 1; i <= accounts; ++i) {
      connection.execute("INSERT INTO account VALUES (" + std::to_string(i) + ", " + std::to_string(balance_at_start) +
                         ")");
    }
  }

  explicit WritersReaders(Database& database)
      : database_(database),
        take_(database.prepare("UPDATE account SET balance = balance - ?1 WHERE id = ?2")),
        give_(database.prepare("UPDATE account SET balance = balance + ?1 WHERE id = ?2")),
        note_(database.prepare("INSERT INTO line (giver, taker, amount, writer) VALUES (?1, ?2, ?3, ?4)")),
        sum_(database.prepare("SELECT sum(balance), count(*) FROM account")),
        lines_(database.prepare(
            "SELECT count(*) FROM (SELECT a.id FROM account a WHERE a.balance != 1000 "
            "+ (SELECT coalesce(sum(amount), 0) FROM line WHERE taker = a.id AND id > (SELECT coalesce(max(id), 0) - "
            "100000000 FROM line)) - (SELECT coalesce(sum(amount), 0) FROM line WHERE giver = a.id) LIMIT 5)")),
        count_(database.prepare("SELECT count(*) FROM line")) {}

  /// Starts everybody; they stop at `end` or after `transfers` each.
  void start(boost::asio::thread_pool& threads, int writers, int readers, std::uint64_t transfers,
             std::chrono::steady_clock::time_point end, bool check_lines) {
    for (int i = 0; i < writers; ++i) {
      boost::asio::co_spawn(threads, write(i, transfers, end), boost::asio::detached);
    }
    writing_ = writers;
    for (int i = 0; i < readers; ++i) boost::asio::co_spawn(threads, read(end, check_lines), boost::asio::detached);
  }

  Counts counts;

 private:
  class Numbers final : public RowSink {
   public:
    bool row(Row row) override {
      for (const Cell& cell : row) values.push_back(cell.integer);
      return true;
    }
    std::vector<std::int64_t> values;
  };

  static Step step(const StatementPtr& statement, std::function<void(Binder&)> bind, RowSink* sink = nullptr) {
    Step result;
    result.statement = statement;
    result.bind = std::move(bind);
    result.sink = sink;
    return result;
  }

  void note_surprise(const Error& error) {
    ++counts.surprises;
    if (error.kind() == ErrorKind::unavailable) ++counts.busy;
    counts.last_surprise_kind = static_cast<std::int64_t>(error.kind());
  }

  boost::asio::awaitable<void> write(int number, std::uint64_t transfers, std::chrono::steady_clock::time_point end) {
    std::mt19937_64 random(static_cast<std::uint64_t>(number) + 1);
    for (std::uint64_t i = 0; i < transfers && std::chrono::steady_clock::now() < end; ++i) {
      const auto giver = static_cast<std::int64_t>(random() % accounts) + 1;
      const auto taker = static_cast<std::int64_t>(random() % accounts) + 1;
      const auto amount = static_cast<std::int64_t>(random() % 400);
      Work work;
      work.mode = Mode::write;
      work.steps.push_back(step(note_, [=](Binder& binder) {
        binder.integer(1, giver);
        binder.integer(2, taker);
        binder.integer(3, amount);
        binder.integer(4, number);
      }));
      work.steps.push_back(step(give_, [=](Binder& binder) {
        binder.integer(1, amount);
        binder.integer(2, taker);
      }));
      work.steps.push_back(step(take_, [=](Binder& binder) {  // last: if it is refused, there is something to undo
        binder.integer(1, amount);
        binder.integer(2, giver);
      }));
      try {
        co_await database_.run(work);
        ++counts.committed;
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::unprocessable) {
          ++counts.refused;
        } else {
          note_surprise(error);
        }
      }
    }
    --writing_;
  }

  boost::asio::awaitable<void> read(std::chrono::steady_clock::time_point end, bool check_lines) {
    while (writing_ > 0 && std::chrono::steady_clock::now() < end) {
      Numbers numbers;
      Work work;
      work.steps.push_back(step(sum_, {}, &numbers));
      if (check_lines) work.steps.push_back(step(lines_, {}, &numbers));
      work.steps.push_back(step(count_, {}, &numbers));
      work.steps.push_back(step(count_, {}, &numbers));
      work.steps.push_back(step(sum_, {}, &numbers));
      try {
        co_await database_.run(work);
        ++counts.reads;
        check(numbers.values, check_lines);
      } catch (const Error& error) {
        note_surprise(error);
      }
    }
  }

  void check(const std::vector<std::int64_t>& values, bool check_lines) {
    const std::size_t lines = check_lines ? 3 : 2;
    const bool good = values.size() == lines + 4 && values[0] == accounts * balance_at_start && values[1] == accounts &&
                      (!check_lines || values[2] == 0) && values[lines] == values[lines + 1] &&
                      values[lines + 2] == values[0];
    if (!good) ++counts.violations;
  }

  Database& database_;
  StatementPtr take_, give_, note_, sum_, lines_, count_;
  std::atomic<int> writing_{0};
};

}  // namespace freshet::db::test
