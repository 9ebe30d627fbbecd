#include "history/referee.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace freshet::history {
namespace {

constexpr std::size_t told_max = 65'536;
constexpr std::size_t accounts_max = 3;
constexpr Time remembered = 60'000'000'000;  // versions older than what is needed, for accounts
constexpr auto pause = std::chrono::milliseconds(10);

std::string microseconds(Time from, Time to) { return fmt::format("{:.1f} µs", static_cast<double>(to - from) / 1e3); }

}  // namespace

Referee::Referee(Parts parts)
    : parts_(std::move(parts)),
      checker_(parts_.model.answers()),
      file_(open_sqlite(parts_.path)),
      next_commits_(prepare(file_.get(), "SELECT seq, op FROM audit WHERE seq > ?1 ORDER BY seq")),
      told_(told_max),
      thread_([this] { run(); }) {}

Referee::~Referee() { finish(); }

void Referee::finish() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void Referee::run() {
  try {
    while (!ending_) {
      round();
      std::this_thread::sleep_for(pause);
    }
    round();
  } catch (const std::exception& error) {
    trouble_ = error.what();
    broken_ = true;
  }
}

// Answers first, then commits: so every commit that an answer could have seen is known when it is checked.
void Referee::round() {
  std::vector<std::vector<Read>> chunks;
  for (Tape* const tape : parts_.tapes) {
    for (std::vector<Read>& chunk : tape->take()) chunks.push_back(std::move(chunk));
  }
  follow_commits();
  Time oldest = now();
  for (const std::vector<Read>& chunk : chunks) {
    check(chunk);
    for (const Read& read : chunk) oldest = std::min(oldest, read.begun);
  }
  checker_.forget(oldest - remembered);
}

void Referee::follow_commits() {
  std::vector<std::pair<std::int64_t, OpId>> commits;
  sqlite3_bind_int64(next_commits_.get(), 1, replayed_);
  while (sqlite3_step(next_commits_.get()) == SQLITE_ROW) {
    commits.emplace_back(sqlite3_column_int64(next_commits_.get(), 0), sqlite3_column_int64(next_commits_.get(), 1));
  }
  if (sqlite3_reset(next_commits_.get()) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(file_.get()));
  for (const auto& [sequence, id] : commits) replay(sequence, id);
}

void Referee::replay(std::int64_t sequence, OpId id) {
  std::optional<Ledger::Entry> entry = parts_.ledger.settle(id);
  if (!entry)
    throw std::logic_error(fmt::format("transaction {} committed though its writer says that it did not", id));
  const std::vector<Change>& changes = parts_.model.replay(entry->op);
  const State state = checker_.commit(entry->times, changes);
  told_[state % told_max] = {.op = id, .text = entry->op.text()};
  evaluated_ += changes.size();
  ++commits_;
  replayed_ = sequence;
}

void Referee::check(const std::vector<Read>& reads) {
  for (const Read& read : reads) {
    const std::optional<Violation> violation = checker_.check(read);
    if (!violation) continue;
    if (++violations_ <= accounts_max) accounts_.push_back(account(*violation));
  }
  reads_ += reads.size();
}

std::string Referee::account_of_state(State state) const {
  if (state < checker_.timeline().oldest() || state > checker_.timeline().newest())
    return fmt::format("state {}", state);
  if (state == 0) return "state 0, as it was at first";
  const Told& told = told_[state % told_max];
  return fmt::format("state {}, by transaction {}: {}", state, told.op, told.text);
}

std::string Referee::account(const Violation& violation) {
  const Read& read = violation.read;
  std::string body;
  for (Tape* const tape : parts_.tapes) {
    if (body.empty()) body = tape->body(read.answer);
  }
  std::string text = fmt::format("{}: {} (session {}, took {})\n  answer: {}\n", to_string(violation.wrong),
                                 parts_.questions[read.question].target, read.session,
                                 microseconds(read.begun, read.ended), body.empty() ? "(bytes not kept)" : body);
  text += fmt::format("  could be that of {} states, {} to {}; the session had seen {}\n",
                      violation.last - violation.first + 1, violation.first, violation.last, violation.seen);
  for (State state = violation.first; state <= std::min(violation.last, violation.first + 3); ++state) {
    text += fmt::format("    {}\n", account_of_state(state));
  }
  text += violation.equal ? fmt::format("  equals {}\n", account_of_state(*violation.equal))
                          : "  equals no state that is remembered\n";
  const State next = violation.equal.value_or(0) + 1;
  if (violation.wrong == Wrong::stale && next >= checker_.timeline().oldest()) {
    text += fmt::format("  overwritten by {}\n  which had returned {} before the request began\n",
                        account_of_state(next), microseconds(checker_.timeline().times(next).returned, read.begun));
  }
  return text + fmt::format("  the newest state has: {}\n", parts_.model.answer(read.question));
}

bool Referee::model_equals_file(std::string& difference) {
  const std::string file = Model::tables(file_.get()), model = Model::tables(parts_.model.handle());
  if (file == model) return true;
  const auto [at_file, at_model] = std::ranges::mismatch(file, model);
  const auto place = static_cast<std::size_t>(at_file - file.begin());
  const std::size_t begin = file.rfind('\n', place) + 1;
  difference =
      fmt::format("file: {}\nmodel: {}", file.substr(begin, 120), model.substr(std::min(begin, model.size()), 120));
  return false;
}

RefereeFigures Referee::figures() const noexcept {
  return {.reads = reads_, .commits = commits_, .answers_evaluated = evaluated_, .violations = violations_};
}

}  // namespace freshet::history
