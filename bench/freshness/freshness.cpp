// The history checker at length: `bench_freshness --help`. Ends with 1 if an answer was wrong, 2 if the run itself was.

#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "history/http_asker.hpp"
#include "history/nemesis.hpp"
#include "history/run.hpp"
#include "history/server_process.hpp"
#include "history/service_asker.hpp"
#include "history/temporary_folder.hpp"

namespace freshet::history {
namespace {

struct Wanted {
  RunOptions run;
  std::string server;  // the freshet binary: over HTTP
  bool triggers = false;
  int nemesis_ms = 0;
  int seconds = 10;
};

void add_options(CLI::App& app, Wanted& wanted) {
  app.add_option("--app", wanted.run.app, "The history app: tests/history/app")->required();
  app.add_option("--writer", wanted.run.writer_program, "The program history_writer")->required();
  app.add_option("--http", wanted.server, "Ask this freshet binary over HTTP, not the service in this process");
  app.add_flag("--triggers", wanted.triggers, "With `freshet cache enable`: writes are seen piece by piece");
  app.add_option("--seconds", wanted.seconds, "Longest time");
  app.add_option("--reads", wanted.run.readers.reads_max, "Answers to check; 0: as many as come in that time");
  app.add_option("--writes", wanted.run.writes_per_second, "Transactions a second, of all writers");
  app.add_option("--threads", wanted.run.readers.threads, "Threads of readers");
  app.add_option("--sessions", wanted.run.readers.sessions, "Sessions of each thread");
  app.add_option("--zipf", wanted.run.readers.exponent, "Exponent of the questions' popularity");
  app.add_option("--seed", wanted.run.seed, "Of everything random");
  app.add_option("--nemesis", wanted.nemesis_ms, "Something goes wrong about every that many milliseconds");
  app.add_flag("--stop", wanted.run.stop_at_violation, "End with the first violation");
  app.add_flag("--progress", wanted.run.progress, "A line every ten seconds");
}

std::unique_ptr<Nemesis> nemesis_for(const Wanted& wanted, const std::string& path, ServerProcess* server) {
  if (wanted.nemesis_ms <= 0) return nullptr;
  return std::make_unique<Nemesis>(Nemesis::Options{.path = path,
                                                    .app = wanted.run.app,
                                                    .server = server,
                                                    .interval = std::chrono::milliseconds(wanted.nemesis_ms),
                                                    .seed = wanted.run.seed});
}

RunReport run_here(const Wanted& wanted) {
  const std::string path = make_world(wanted.run);
  ServiceAsker asker(wanted.run.app, path, wanted.triggers);
  const std::unique_ptr<Nemesis> nemesis = nemesis_for(wanted, path, nullptr);
  return run(wanted.run, path, asker, &asker.database(), nemesis.get());
}

RunReport run_over_http(const Wanted& wanted) {
  ServerProcess server(wanted.server, wanted.run.app, wanted.run.folder, wanted.run.size, wanted.triggers);
  HttpAsker asker(server.port());
  const std::unique_ptr<Nemesis> nemesis = nemesis_for(wanted, server.database(), &server);
  return run(wanted.run, server.database(), asker, nullptr, nemesis.get());
}

int main_of(int count, char** words) {
  CLI::App app("Checks that no answer is ever stale, while everybody writes.");
  Wanted wanted;
  add_options(app, wanted);
  CLI11_PARSE(app, count, words);
  wanted.run.time = std::chrono::seconds(wanted.seconds);
  const TemporaryFolder folder;
  wanted.run.folder = folder.path();
  const RunReport report = wanted.server.empty() ? run_here(wanted) : run_over_http(wanted);
  fmt::print("{}\n{}", report.text(), report.right() ? "every answer was right\n" : "");
  if (report.first_violation_seconds > 0) {
    fmt::print("the first wrong answer was found after {:.1f} s; seed {}\n", report.first_violation_seconds,
               wanted.run.seed);
  }
  if (!report.troubles.empty()) return 2;
  return report.referee.violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace freshet::history

int main(int count, char** words) {
  try {
    return freshet::history::main_of(count, words);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
