// The SQL of an endpoint, bare: prepared once, stepped in a loop, every column read, nothing encoded and nothing sent.
// What a server that added nothing to its database would reach.
//
//   bench_household_sql DATABASE ENDPOINT.sql THREADS SECONDS MONTHS [NAME=VALUE…]
//
// MONTHS is a comma-separated list; a value `*` takes the next month of it on each run. Each thread has a connection of
// its own, opened as the server opens its readers. An endpoint of several statements runs them in one transaction, as
// the server does for its snapshot. Prints one line of JSON: runs a second, and microseconds of a run.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/error.hpp"
#include "core/value.hpp"
#include "db/sqlite/open.hpp"
#include "sql/directives.hpp"
#include "sql/statement.hpp"

namespace {

using namespace freshet;
using db::sqlite::StatementHandle;
using Values = std::map<std::string, std::string>;  // parameter → text
using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string database, endpoint;
  int threads = 1;
  std::chrono::duration<double> seconds{1};
  std::vector<std::string> months;
  Values values;
};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Arguments read_arguments(int argc, char** argv) {
  if (argc < 6)
    throw std::invalid_argument("bench_household_sql DATABASE ENDPOINT.sql THREADS SECONDS MONTHS [NAME=VALUE…]");
  Arguments out{.database = argv[1], .endpoint = argv[2], .months = split(argv[5], ','), .values = {}};
  out.threads = std::atoi(argv[3]);
  out.seconds = std::chrono::duration<double>(std::atof(argv[4]));
  for (int i = 6; i < argc; ++i) {
    const std::string_view pair = argv[i];
    const std::size_t equals = std::min(pair.find('='), pair.size());
    out.values[std::string(pair.substr(0, equals))] = pair.substr(std::min(equals + 1, pair.size()));
  }
  if (out.threads < 1 || out.months.empty()) throw std::invalid_argument("at least one thread and one month");
  return out;
}

sql::EndpointSource read_endpoint(const std::string& file) {
  std::ifstream stream(file);
  Diagnostics problems;
  sql::EndpointSource source =
      sql::parse_endpoint(file, std::string(std::istreambuf_iterator<char>(stream), {}), problems);
  if (!problems.empty()) throw std::runtime_error(problems.front().message());
  return source;
}

/// One connection with the endpoint's statements prepared.
class Runner {
 public:
  Runner(const Arguments& arguments, const sql::EndpointSource& source)
      : arguments_(arguments),
        source_(source),
        database_(db::sqlite::open({.path = arguments.database, .role = db::sqlite::Role::reader})) {
    for (const sql::StatementSource& statement : source.statements) {
      if (!selected(statement)) continue;
      Prepared prepared{.name = statement.name, .rendered = {}, .handle = prepare_statement(statement), .captured = {}};
      prepared.rendered = sql::render(statement, sql::PlaceholderStyle::sqlite, source.parameters);
      statements_.push_back(std::move(prepared));
    }
    begin_ = prepare("BEGIN");
    commit_ = prepare("COMMIT");
  }

  /// Runs all statements once; returns how many bytes and numbers were read.
  std::uint64_t run(const std::string& month) {
    const bool snapshot = statements_.size() > 1;
    if (snapshot) step_once(begin_);
    std::uint64_t sum = 0;
    for (Prepared& prepared : statements_) sum += run(prepared, month);
    if (snapshot) step_once(commit_);
    return sum;
  }

 private:
  struct Prepared {
    std::string name;
    sql::Rendered rendered;
    StatementHandle handle;
    std::map<std::string, sqlite3_int64> captured;  // integers of the first row, for later statements
  };

  [[nodiscard]] bool selected(const sql::StatementSource& statement) const {
    if (!statement.when) return true;
    const auto given = arguments_.values.find(statement.when->parameter);
    if (given == arguments_.values.end()) throw std::runtime_error("give a value for " + statement.when->parameter);
    const auto& values = statement.when->values;
    return std::find(values.begin(), values.end(), given->second) != values.end();
  }

  StatementHandle prepare_statement(const sql::StatementSource& statement) {
    return prepare(sql::render(statement, sql::PlaceholderStyle::sqlite, source_.parameters).sql);
  }

  StatementHandle prepare(const std::string& text) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v3(database_.get(), text.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(database_.get()));
    }
    return StatementHandle(raw);
  }

  void step_once(const StatementHandle& handle) {
    if (sqlite3_step(handle.get()) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database_.get()));
    sqlite3_reset(handle.get());
  }

  std::uint64_t run(Prepared& prepared, const std::string& month) {
    sqlite3_stmt* const handle = prepared.handle.get();
    for (std::size_t i = 0; i < prepared.rendered.slots.size(); ++i) {
      bind(handle, static_cast<int>(i + 1), prepared.rendered.slots[i], month);
    }
    std::uint64_t sum = 0;
    bool first = true;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(handle)) == SQLITE_ROW) {
      sum += read_row(prepared, first);
      first = false;
    }
    if (code != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database_.get()));
    sqlite3_reset(handle);
    return sum;
  }

  static std::uint64_t read_row(Prepared& prepared, bool first) {
    sqlite3_stmt* const handle = prepared.handle.get();
    std::uint64_t sum = 0;
    for (int c = 0; c < sqlite3_column_count(handle); ++c) {
      if (sqlite3_column_type(handle, c) == SQLITE_INTEGER) {
        const sqlite3_int64 value = sqlite3_column_int64(handle, c);
        sum += static_cast<std::uint64_t>(value);
        if (first && !prepared.name.empty()) prepared.captured[sqlite3_column_name(handle, c)] = value;
      } else if (sqlite3_column_text(handle, c) != nullptr) {
        sum += static_cast<std::uint64_t>(sqlite3_column_bytes(handle, c));
      }
    }
    return sum;
  }

  void bind(sqlite3_stmt* handle, int position, const sql::Slot& slot, const std::string& month) {
    for (const Prepared& earlier : statements_) {
      if (earlier.name.empty() || earlier.name != slot.name || slot.column.empty()) continue;
      sqlite3_bind_int64(handle, position, earlier.captured.at(slot.column));
      return;
    }
    if (const auto given = arguments_.values.find(slot.name); given != arguments_.values.end()) {
      const std::string& value = given->second == "*" ? month : given->second;
      sqlite3_bind_text(handle, position, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
      return;
    }
    bind_default(handle, position, slot.name);
  }

  void bind_default(sqlite3_stmt* handle, int position, const std::string& name) {
    for (const sql::ParameterSpec& spec : source_.parameters) {
      if (spec.name != name) continue;
      if (spec.list) {
        std::string items;
        for (const Value& item : spec.default_value.items) {
          items += fmt::format("{}\"{}\"", items.empty() ? "" : ",", std::get<std::string>(item));
        }
        items = "[" + items + "]";
        sqlite3_bind_text(handle, position, items.data(), static_cast<int>(items.size()), SQLITE_TRANSIENT);
      } else if (const auto* text = std::get_if<std::string>(&spec.default_value.scalar)) {
        sqlite3_bind_text(handle, position, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
      } else if (const auto* integer = std::get_if<std::int64_t>(&spec.default_value.scalar)) {
        sqlite3_bind_int64(handle, position, *integer);
      }
    }
  }

  const Arguments& arguments_;
  const sql::EndpointSource& source_;
  db::sqlite::DatabaseHandle database_;
  std::vector<Prepared> statements_;
  StatementHandle begin_, commit_;
};

void measure(const Arguments& arguments, const sql::EndpointSource& source) {
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> runs{0}, read{0};
  std::atomic<int> ready{0};
  std::atomic<bool> go{false}, stop{false};
  for (int t = 0; t < arguments.threads; ++t) {
    threads.emplace_back([&, t] {
      Runner runner(arguments, source);
      std::size_t month = static_cast<std::size_t>(t) * 7;
      runner.run(arguments.months[month % arguments.months.size()]);
      ++ready;
      go.wait(false);
      std::uint64_t mine = 0, bytes = 0;
      for (; !stop.load(std::memory_order_relaxed); ++mine) {
        bytes += runner.run(arguments.months[++month % arguments.months.size()]);
      }
      runs += mine;
      read += bytes;
    });
  }
  while (ready.load() < arguments.threads) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto start = Clock::now();
  go = true;
  go.notify_all();
  std::this_thread::sleep_for(arguments.seconds);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = Clock::now() - start;
  const double per_second = static_cast<double>(runs.load()) / took.count();
  fmt::print("{{\"runs\": {}, \"per_second\": {:.1f}, \"microseconds\": {:.1f}, \"read\": {}}}\n", runs.load(),
             per_second, 1e6 * arguments.threads / per_second, read.load());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = read_arguments(argc, argv);
    measure(arguments, read_endpoint(arguments.endpoint));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_household_sql: {}\n", error.what());
    return 1;
  }
}
