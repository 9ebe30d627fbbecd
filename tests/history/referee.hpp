#pragma once
// Watches a run as it goes: follows the audit table of the real file, replays what was committed in the model, and
// checks every answer. On a thread of its own, so that 10^8 answers need no more room than those of the last moments.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "history/checker.hpp"
#include "history/ledger.hpp"
#include "history/model.hpp"
#include "history/tape.hpp"

namespace freshet::history {

struct RefereeFigures {
  std::uint64_t reads = 0, commits = 0, answers_evaluated = 0, violations = 0;
};

class Referee {
 public:
  struct Parts {
    std::string path;  // of the database
    Model& model;
    const Questions& questions;
    Ledger& ledger;
    std::vector<Tape*> tapes;
  };
  explicit Referee(Parts parts);
  ~Referee();
  Referee(const Referee&) = delete;
  Referee& operator=(const Referee&) = delete;

  /// Checks whatever is on the tapes, which nobody writes any more, and ends.
  void finish();
  /// After finish(), if nobody writes: the answers that every question must have now, and whether the model's tables
  /// are those of the file.
  [[nodiscard]] bool model_equals_file(std::string& difference);

  [[nodiscard]] RefereeFigures figures() const noexcept;
  /// Accounts of the first few violations, for people. After finish().
  [[nodiscard]] const std::vector<std::string>& accounts() const noexcept { return accounts_; }
  /// What went wrong with the referee itself, or empty. After finish().
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  [[nodiscard]] bool failed() const noexcept { return violations_ > 0 || broken_; }

  /// Transactions up to this place in the audit table are replayed: their rows may be deleted.
  [[nodiscard]] std::int64_t replayed() const noexcept { return replayed_; }

 private:
  void run();
  void round();
  void follow_commits();
  void replay(std::int64_t sequence, OpId id);
  void check(const std::vector<Read>& reads);
  [[nodiscard]] std::string account(const Violation& violation);
  [[nodiscard]] std::string account_of_state(State state) const;

  Parts parts_;
  Checker checker_;
  Handle file_;
  Prepared next_commits_;
  struct Told {
    OpId op = 0;
    std::string text;
  };
  std::vector<Told> told_;  // the last commits, in a ring by state
  std::vector<std::string> accounts_;
  std::string trouble_;
  std::atomic<std::int64_t> replayed_{0};
  std::atomic<std::uint64_t> reads_{0}, commits_{0}, evaluated_{0}, violations_{0};
  std::atomic<bool> ending_{false}, broken_{false};
  std::thread thread_;
};

}  // namespace freshet::history
