#include "history/run.hpp"

#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace freshet::history {
namespace {

constexpr auto tick = std::chrono::milliseconds(5);
constexpr auto progress_every = std::chrono::seconds(10);

/// Each kind's share of the writes.
std::vector<WriterPace> paces_of(const RunOptions& options, const std::string& path, Asker& asker,
                                 db::Database* database, const std::vector<EndpointFile>& endpoints) {
  const double all = options.writes_per_second;
  std::vector<WriterPace> paces;
  paces.push_back({.make = [&asker, &endpoints] { return endpoint_writer(asker, endpoints); }, .per_second = all / 4});
  if (database != nullptr) {
    paces.push_back({.make = [database] { return database_writer(*database); }, .per_second = all / 4});
  }
  if (!options.other_processes) return paces;
  const auto process = [&](std::vector<std::string> command, unsigned kill_every) {
    return [command = std::move(command), kill_every] { return process_writer(command, kill_every); };
  };
  paces.push_back({.make = process({options.writer_program, path}, options.kill_every), .per_second = all / 4});
  const std::string script = (options.app.parent_path() / "writer.py").string();
  paces.push_back({.make = process({"python3", script, path}, 0), .per_second = all / 5});
  paces.push_back({.make = [path] { return shell_writer(path); }, .per_second = std::min(all / 20, 10.0)});
  return paces;
}

class Progress {
 public:
  explicit Progress(bool wanted) : wanted_(wanted) {}
  void tell(const Readers& readers, const Referee& referee) {
    if (!wanted_ || std::chrono::steady_clock::now() < next_) return;
    next_ += progress_every;
    const ReaderFigures seen = readers.figures();
    const RefereeFigures checked = referee.figures();
    fmt::print(stderr, "  {:>11} answers, {:.2f}% hits, {:>11} checked, {:>8} commits, {} violations\n", seen.answers,
               100.0 * static_cast<double>(seen.hits) / static_cast<double>(std::max<std::uint64_t>(seen.answers, 1)),
               checked.reads, checked.commits, checked.violations);
  }

 private:
  const bool wanted_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + progress_every;
};

}  // namespace

std::string make_world(const RunOptions& options) {
  std::string path = (options.folder / "history.db").string();
  create_world(options.app, path, options.size);
  return path;
}

RunReport run(const RunOptions& options, const std::string& path, Asker& asker, db::Database* database,
              Nemesis* nemesis) {
  const std::vector<EndpointFile> endpoints = read_endpoints(options.app);
  const Questions questions(endpoints, options.size);
  Model model(options.app, endpoints, questions, options.size, options.seed);
  Ledger ledger;
  RunReport report;
  ReaderOptions reader_options = options.readers;
  reader_options.seed = options.seed;
  Readers readers(asker, questions, reader_options);
  Writers writers(ledger, options.size, options.seed, paces_of(options, path, asker, database, endpoints));
  Referee referee({.path = path, .model = model, .questions = questions, .ledger = ledger, .tapes = readers.tapes()});
  Progress progress(options.progress);

  const Time begun = now();
  writers.start();
  readers.start();
  const auto end = std::chrono::steady_clock::now() + options.time;
  while (!readers.done() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(tick);
    writers.may_forget(referee.replayed());
    if (nemesis != nullptr) nemesis->act();
    progress.tell(readers, referee);
    if (report.first_violation_seconds == 0 && referee.failed()) {
      report.first_violation_seconds = static_cast<double>(now() - begun) / 1e9;
      if (options.stop_at_violation) break;
    }
  }
  if (nemesis != nullptr) nemesis->rest();
  readers.stop();
  writers.stop();
  report.seconds = static_cast<double>(now() - begun) / 1e9;
  // Nobody writes any more: what is answered now must be what is there.
  readers.ask_everything();
  referee.finish();

  report.readers = readers.figures();
  report.referee = referee.figures();
  report.writers = ledger.figures();
  report.accounts = referee.accounts();
  report.asker = asker.figures();
  if (nemesis != nullptr) report.asker += nemesis->figures();
  if (!referee.trouble().empty()) report.troubles.push_back(referee.trouble());
  if (!writers.trouble().empty()) report.troubles.push_back(writers.trouble());
  std::string difference;
  if (referee.trouble().empty() && !referee.model_equals_file(difference)) {
    report.troubles.push_back("the model's tables are not those of the file:\n" + difference);
  }
  return report;
}

std::string RunReport::text() const {
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  std::string text = fmt::format(
      "answers checked     {:>12}  ({:.0f} a second)\n"
      "  hits              {:>12}  ({:.2f}%)\n"
      "  errors            {:>12}\n"
      "  unanswered        {:>12}\n"
      "commits replayed    {:>12}  ({:.0f} a second; {} aborted, {} unknown)\n"
      "results evaluated   {:>12}\n"
      "violations          {:>12}\n",
      referee.reads, static_cast<double>(referee.reads) / seconds, readers.hits, share(readers.hits, readers.answers),
      readers.failures, readers.unanswered, referee.commits, static_cast<double>(referee.commits) / seconds,
      writers.aborted, writers.unknown, referee.answers_evaluated, referee.violations);
  text += asker;
  for (const std::string& account : accounts) text += "\n" + account;
  for (const std::string& trouble : troubles) text += "\nthe run went wrong: " + trouble + "\n";
  return text;
}

}  // namespace freshet::history
