#include "history/checker.hpp"

#include <algorithm>

namespace freshet::history {

std::string_view to_string(Wrong wrong) noexcept {
  switch (wrong) {
    case Wrong::stale:
      return "stale";
    case Wrong::early:
      return "early";
    case Wrong::backwards:
      return "backwards";
    case Wrong::impossible:
      return "right in no state";
  }
  return "";
}

Checker::Checker(const std::vector<Digest>& answers) {
  versions_.reserve(answers.size());
  for (const Digest answer : answers) versions_.push_back({{.since = 0, .answer = answer}});
}

State Checker::commit(CommitTimes times, std::span<const Change> changes) {
  const State state = timeline_.commit(times);
  for (const Change& change : changes) {
    std::vector<Version>& versions = versions_[change.question];
    if (versions.back().answer != change.answer) versions.push_back({.since = state, .answer = change.answer});
  }
  return state;
}

// The earliest is the one to take: it leaves the session most states to be in afterwards.
std::optional<State> Checker::earliest_equal(const Read& read, State from, State to) const {
  const std::vector<Version>& versions = versions_[read.question];
  if (from > to) return std::nullopt;
  if (versions.back().since <= from) {  // nearly always
    return versions.back().answer == read.answer ? std::optional(from) : std::nullopt;
  }
  auto version = std::ranges::upper_bound(versions, from, {}, &Version::since);
  if (version != versions.begin()) --version;
  for (; version != versions.end() && version->since <= to; ++version) {
    if (version->answer == read.answer) return std::max(version->since, from);
  }
  return std::nullopt;
}

std::optional<Violation> Checker::check(const Read& read) {
  const State first = timeline_.first_since(read.begun);
  const State last = timeline_.last_until(read.ended);
  State& seen = seen_[read.session];
  const std::optional<State> state = earliest_equal(read, std::max(first, seen), last);
  if (!state) return explain(read, first, last, seen);
  seen = *state;
  return std::nullopt;
}

Violation Checker::explain(const Read& read, State first, State last, State seen) const {
  Violation violation{
      .wrong = Wrong::impossible, .read = read, .first = first, .last = last, .seen = seen, .equal = std::nullopt};
  const std::vector<Version>& versions = versions_[read.question];
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].answer != read.answer) continue;
    const State since = versions[i].since;
    const State until = i + 1 < versions.size() ? versions[i + 1].since - 1 : timeline_.newest();
    if (until < first) {
      violation.wrong = Wrong::stale;
      violation.equal = until;
    } else if (since > last) {
      if (!violation.equal) {
        violation.wrong = Wrong::early;
        violation.equal = since;
      }
    } else {
      violation.wrong = Wrong::backwards;
      violation.equal = std::min(until, last);
      break;
    }
  }
  return violation;
}

void Checker::forget(Time time) {
  timeline_.forget(time);
  const State oldest = timeline_.oldest();
  for (std::vector<Version>& versions : versions_) {
    const auto current = std::ranges::upper_bound(versions, oldest, {}, &Version::since);
    if (current - versions.begin() > 1) versions.erase(versions.begin(), current - 1);
  }
}

}  // namespace freshet::history
