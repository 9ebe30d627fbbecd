#pragma once
// One whole run: a world, readers, writers, a referee, and in the end the question whether all is as it should be.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "history/asker.hpp"
#include "history/nemesis.hpp"
#include "history/questions.hpp"
#include "history/readers.hpp"
#include "history/referee.hpp"
#include "history/writers.hpp"

namespace freshet::history {

struct RunOptions {
  std::filesystem::path app;     // tests/history/app
  std::filesystem::path folder;  // where the database may be; removed by whoever made it
  std::string writer_program;    // writer_process, built
  WorldSize size;
  ReaderOptions readers;
  std::chrono::milliseconds time{2'000};
  double writes_per_second = 200;  // of all kinds together
  bool other_processes = true;     // writers outside of this process, too
  unsigned kill_every = 40;        // of their transactions: one is met by SIGKILL
  std::uint64_t seed = 1;
  bool stop_at_violation = false;
  bool progress = false;  // a line every ten seconds
};

struct RunReport {
  ReaderFigures readers;
  RefereeFigures referee;
  LedgerFigures writers;
  double seconds = 0;
  double first_violation_seconds = 0;
  std::vector<std::string> accounts;
  std::vector<std::string> troubles;  // the run itself went wrong: its verdict is worth nothing
  std::string asker;

  [[nodiscard]] bool right() const noexcept { return referee.violations == 0 && troubles.empty(); }
  [[nodiscard]] std::string text() const;
};

/// Makes the world at `folder`/history.db.
[[nodiscard]] std::string make_world(const RunOptions& options);

/// `asker` answers from the database at `path`; `database` may be null: then nobody writes through it.
[[nodiscard]] RunReport run(const RunOptions& options, const std::string& path, Asker& asker, db::Database* database,
                            Nemesis* nemesis = nullptr);

}  // namespace freshet::history
