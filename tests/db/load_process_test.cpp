// Loads in processes of their own: killed in the middle, and measured.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "db/load.hpp"
#include "db/sqlite/connection.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

namespace freshet::db {
namespace {

namespace fs = std::filesystem;

class LoadProcess : public ::testing::Test {
 protected:
  LoadProcess() : folder(fs::temp_directory_path() / ("freshet_load_process_" + std::to_string(::getpid()))) {
    fs::create_directories(folder);
  }
  ~LoadProcess() override { fs::remove_all(folder); }

  [[nodiscard]] sqlite::ConnectionOptions database() const {
    sqlite::ConnectionOptions options;
    options.path = (folder / "target.db").string();
    options.mmap_bytes = 0;  // mapped pages would count as memory
    options.cache_kib = 8'192;
    return options;
  }

  LoadOptions write_lines(int count) {
    std::ofstream file(folder / "data.csv");
    file << "id,label,amount\n";
    for (int i = 1; i <= count; ++i) file << i << ",\"label, number " << i << "\"," << i % 1000 << ".25\n";
    LoadOptions options;
    options.table = "t";
    options.file = folder / "data.csv";
    options.bad_file = folder / "bad.csv";
    return options;
  }

  void make_table() {
    sqlite::SqliteConnection connection(database());
    connection.execute("CREATE TABLE t (id INTEGER NOT NULL UNIQUE, label TEXT NOT NULL, amount DECIMAL(8,2))");
  }

  std::string value(std::string_view sql) {
    sqlite::SqliteConnection connection(database());
    return connection.scalar(sql);
  }

  /// Runs `body` in a child process; how it ended, as waitpid() says.
  static int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 99;
      try {
        code = body();
      } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
      }
      ::_exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  /// Loads in a child that is killed -9 when it has read `line` lines.
  void load_and_kill_at(const LoadOptions& options, std::uint64_t line) {
    const int status = in_child([&] {
      sqlite::SqliteConnection connection(database());
      load(connection, options, [line](const LoadProgress& progress) {
        if (progress.lines >= line) ::kill(::getpid(), SIGKILL);
      });
      return 0;
    });
    ASSERT_TRUE(WIFSIGNALED(status)) << "the load ended before it was killed";
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
  }

  LoadSummary load_here(const LoadOptions& options) {
    sqlite::SqliteConnection connection(database());
    return load(connection, options, {});
  }

  fs::path folder;
};

TEST_F(LoadProcess, killed_in_the_middle_nothing_is_loaded_and_a_second_run_loads_all) {
  make_table();
  const LoadOptions options = write_lines(20'000);
  for (const std::uint64_t line : {64U, 5'000U, 19'968U}) {
    load_and_kill_at(options, line);
    EXPECT_EQ(value("SELECT count(*) FROM t"), "0") << "killed at line " << line;
  }
  EXPECT_EQ(load_here(options).loaded, 20'000U);
  EXPECT_EQ(value("SELECT count(*) || ' ' || sum(id) FROM t"), "20000 200010000");
  EXPECT_EQ(value("PRAGMA integrity_check"), "ok");
}

TEST_F(LoadProcess, partial_with_a_key_goes_on_where_it_was_killed_without_duplicates) {
  make_table();
  LoadOptions options = write_lines(20'000);
  options.partial = true;
  options.key = {"id"};
  options.batch = 1'000;
  load_and_kill_at(options, 7'500);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "7000");
  load_and_kill_at(options, 19'000);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "19000") << "a batch counts lines, whether they were there or not";
  const LoadSummary summary = load_here(options);
  EXPECT_EQ(summary.skipped, 19'000U);
  EXPECT_EQ(summary.loaded, 1'000U);
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(id) FROM t"), "20000 20000 200010000");
}

TEST_F(LoadProcess, a_million_lines_take_no_more_memory_than_a_few) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep memory of their own";
#endif
  make_table();
  const LoadOptions options = write_lines(1'000'000);
  ASSERT_GT(fs::file_size(options.file), std::uintmax_t{30} << 20U);
  const int status = in_child([&] {
    sqlite::SqliteConnection connection(database());
    rusage before{}, after{};
    std::uint64_t lines = 0;
    load(connection, options, [&](const LoadProgress& progress) {
      if (lines < 10'000) ::getrusage(RUSAGE_SELF, &before);
      lines = progress.lines;
    });
    ::getrusage(RUSAGE_SELF, &after);
    const long grown_kib = after.ru_maxrss - before.ru_maxrss;
    if (grown_kib > 30 * 1024) std::fprintf(stderr, "grew by %ld KiB\n", grown_kib);
    return lines == 1'000'000 && grown_kib <= 30 * 1024 ? 0 : 1;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1000000");
}

}  // namespace
}  // namespace freshet::db
