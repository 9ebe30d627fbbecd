#pragma once
// The contract, checked: every answer equals its question's result at some state of the database that was current at
// some moment between the request and the answer, and no session ever goes back in time.
//
// It knows nothing of caches, SQL or databases: only digests of what each question's right answer was after which
// commit. Feed it all commits that may have taken effect by a read's end before that read. Not thread-safe.

#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "history/record.hpp"
#include "history/timeline.hpp"

namespace freshet::history {

/// The right answer to a question from some state on.
struct Change {
  QuestionId question = 0;
  Digest answer = 0;
};

enum class Wrong : std::uint8_t {
  stale,       // right once, but overwritten before the request began
  early,       // right only in a state whose commit had not begun when the answer was there
  backwards,   // right, but in a state older than one that the session has seen
  impossible,  // right in no state: of a transaction that was rolled back, or half of one, or two states mixed
};
[[nodiscard]] std::string_view to_string(Wrong wrong) noexcept;

struct Violation {
  Wrong wrong = Wrong::impossible;
  Read read;
  State first = 0, last = 0;   // the states that it could have equalled
  State seen = 0;              // what the session had seen before
  std::optional<State> equal;  // the nearest state in which it would have been right
};

class Checker {
 public:
  /// The right answers in state 0, by question.
  explicit Checker(const std::vector<Digest>& answers);

  State commit(CommitTimes times, std::span<const Change> changes);

  /// nullopt: it is right.
  [[nodiscard]] std::optional<Violation> check(const Read& read);

  /// The right answer in the newest state.
  [[nodiscard]] Digest newest_answer(QuestionId question) const { return versions_[question].back().answer; }
  [[nodiscard]] const Timeline& timeline() const noexcept { return timeline_; }

  /// Forgets what no read that began at `time` or later can need, but for the accounts of violations.
  void forget(Time time);

 private:
  struct Version {
    State since = 0;
    Digest answer = 0;
  };
  [[nodiscard]] std::optional<State> earliest_equal(const Read& read, State from, State to) const;
  [[nodiscard]] Violation explain(const Read& read, State first, State last, State seen) const;

  Timeline timeline_;
  std::vector<std::vector<Version>> versions_;  // by question, ascending
  std::unordered_map<SessionId, State> seen_;
};

}  // namespace freshet::history
