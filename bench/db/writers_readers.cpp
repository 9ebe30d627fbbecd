// Two writers move money between accounts and eight readers add it all up, for a minute: the long form of the unit test
// of tests/db/sqlite_snapshot_test.cpp. Counts what must be nought, and ends with 1 if anything is not.
//
//   bench_writers_readers [SECONDS] [DATABASES]
//
// With more than one database object, clients are spread over as many as given, all on one file: writers then meet as
// those of several processes would.

#include "writers_readers.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "core/error.hpp"
#include "db/database.hpp"

namespace {

namespace fs = std::filesystem;
using namespace freshet;
using db::test::WritersReaders;

constexpr int writers = 2, readers = 8;

struct Totals {
  std::uint64_t committed = 0, refused = 0, reads = 0, violations = 0, surprises = 0, busy = 0, retries = 0;
  std::int64_t lost = 0;   // acknowledged lines that are not there, or lines that nobody acknowledged
  std::int64_t wrong = 0;  // accounts whose balance is not what the lines say

  [[nodiscard]] bool good() const { return violations + surprises == 0 && lost == 0 && wrong == 0; }
};

std::int64_t number(db::Connection& connection, std::string_view sql) { return std::stoll(connection.scalar(sql)); }

/// After everybody has gone: the file, past the databases that wrote it.
void audit(const db::DatabaseOptions& options, Totals& totals) {
  const auto connection = db::open_connection(options);
  totals.lost =
      std::abs(number(*connection, "SELECT count(*) FROM line") - static_cast<std::int64_t>(totals.committed));
  totals.wrong =
      number(*connection,
             "WITH moved (id, amount) AS (SELECT taker, amount FROM line UNION ALL SELECT giver, -amount FROM "
             "line), sums AS (SELECT id, sum(amount) AS amount FROM moved GROUP BY id) "
             "SELECT count(*) FROM account LEFT JOIN sums USING (id) "
             "WHERE balance != " +
                 std::to_string(WritersReaders::balance_at_start) + " + coalesce(amount, 0)");
  if (connection->scalar("PRAGMA integrity_check") != "ok") ++totals.wrong;
}

Totals run(const db::DatabaseOptions& options, std::chrono::seconds time, int count) {
  WritersReaders::create(*db::open_connection(options));
  std::vector<std::unique_ptr<db::Database>> databases;
  std::vector<std::unique_ptr<WritersReaders>> groups;
  for (int i = 0; i < count; ++i) {
    databases.push_back(db::open_database(options));
    groups.push_back(std::make_unique<WritersReaders>(*databases.back()));
  }
  boost::asio::thread_pool threads(2);
  const auto end = std::chrono::steady_clock::now() + time;
  for (const auto& group : groups) group->start(threads, writers / count, readers / count, UINT64_MAX, end, false);
  threads.join();
  Totals totals;
  for (int i = 0; i < count; ++i) {
    const WritersReaders::Counts& counts = groups[static_cast<std::size_t>(i)]->counts;
    totals.committed += counts.committed;
    totals.refused += counts.refused;
    totals.reads += counts.reads;
    totals.violations += counts.violations;
    totals.surprises += counts.surprises;
    totals.busy += counts.busy;
    totals.retries += databases[static_cast<std::size_t>(i)]->figures().busy_retries;
  }
  groups.clear();
  databases.clear();
  audit(options, totals);
  return totals;
}

void show(const Totals& totals, double seconds, int databases) {
  fmt::print("{} writers, {} readers, {} database object{}, {:.0f} s\n", writers, readers, databases,
             databases == 1 ? "" : "s", seconds);
  fmt::print("  transfers committed   {:>10}  ({:.0f}/s)\n", totals.committed,
             static_cast<double>(totals.committed) / seconds);
  fmt::print("  refused, rolled back  {:>10}\n", totals.refused);
  fmt::print("  snapshots read        {:>10}  ({:.0f}/s)\n", totals.reads, static_cast<double>(totals.reads) / seconds);
  fmt::print("  snapshots broken      {:>10}\n", totals.violations);
  fmt::print("  errors                {:>10}  (of them BUSY: {})\n", totals.surprises, totals.busy);
  fmt::print("  BUSY tried again      {:>10}\n", totals.retries);
  fmt::print("  updates lost          {:>10}\n", totals.lost);
  fmt::print("  accounts wrong        {:>10}\n", totals.wrong);
}

/// A folder of its own for the file and what SQLite puts beside it.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("freshet-bench-{}", ::getpid())) {
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string url() const { return "sqlite:" + (path_ / "accounts.db").string(); }

 private:
  fs::path path_;
};

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 60;
  const int databases = argc > 2 ? std::atoi(argv[2]) : 1;
  if (argc > 3 || seconds < 1 || (databases != 1 && databases != writers)) {
    fmt::print(stderr, "usage: bench_writers_readers [SECONDS] [1|{}]\n", writers);
    return 2;
  }
  try {
    const Folder folder;
    db::DatabaseOptions options;
    options.url = folder.url();
    const Totals totals = run(options, std::chrono::seconds(seconds), databases);
    show(totals, seconds, databases);
    return totals.good() && totals.committed > 0 && totals.reads > 0 ? 0 : 1;
  } catch (const Error& error) {
    fmt::print(stderr, "bench_writers_readers: {}\n", error.what());
    return 1;
  }
}
