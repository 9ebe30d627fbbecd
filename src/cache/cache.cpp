#include "cache/cache.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/mutant.hpp"

namespace freshet::cache {

namespace asio = boost::asio;

namespace {

/// An answer that is made sooner than that is not worth a lease: two round trips, and processes that wait.
constexpr std::chrono::milliseconds worth_a_lease{2};

void learn_making_time(Route& route, Clock::duration took) noexcept {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  const auto before = route.making_us.load(std::memory_order_relaxed);
  route.making_us.store(before == 0 ? us : (7 * before + us) / 8, std::memory_order_relaxed);
}

}  // namespace

Cache::Cache(StoreOptions options, feed::Feed& feed, std::uint64_t schema_changes, SecondLevel* second)
    : feed_(feed), schema_(schema_changes), second_(second), store_(options) {}

EntryPtr Cache::find_now(std::string_view target, Clock::time_point now) noexcept {
  if (!feed_.is_current() && !mutant("hit_without_asking_the_feed")) return nullptr;
  return store_.find_alias(target, now);
}

asio::awaitable<Answer> Cache::answer(Question question, Maker make) {
  const bool known = co_await up_to_date();
  if (!known) co_return co_await make_unkept(std::move(make));
  Found found = store_.find_or_stale(question.key, *question.route, Clock::now());
  if (found.entry != nullptr) {
    Answer answer;
    answer.source = found.stale ? Source::stale : Source::hit;
    answer.entry = std::move(found.entry);
    answer.refresh = found.refresh;
    co_return answer;
  }
  co_return co_await fly_for(std::move(question), std::move(make), true);
}

/// What others have is as old as what is to be renewed.
asio::awaitable<Answer> Cache::renew(Question question, Maker make) {
  return fly_for(std::move(question), std::move(make), false);
}

asio::awaitable<Answer> Cache::fly_for(Question question, Maker make, bool ask_others) {
  bool flew = false;
  Flights<Flown>::Work work = [this, &question, &make, &flew, ask_others] {
    flew = true;
    return fly(question, make, ask_others);
  };
  Flights<Flown>::Usable usable = [this](const Flown& flown) { return still_true(flown); };
  const Flown flown = co_await flights_.run(question.key, std::move(work), std::move(usable));
  if (!flew) waited_.fetch_add(1, std::memory_order_relaxed);
  co_return *flown;
}

CacheFigures Cache::figures() const {
  CacheFigures figures;
  figures.store = store_.figures();
  figures.waited = waited_.load(std::memory_order_relaxed);
  figures.moved = moved_.load(std::memory_order_relaxed);
  figures.unplaced = unplaced_.load(std::memory_order_relaxed);
  figures.bypasses = bypasses_.load(std::memory_order_relaxed);
  figures.shared = shared_.load(std::memory_order_relaxed);
  figures.shared_rejected = rejected_.load(std::memory_order_relaxed);
  std::tie(figures.flights, figures.waiting) = flights_.figures();
  return figures;
}

asio::awaitable<bool> Cache::up_to_date() {
  if (feed_.is_current()) co_return true;
  try {
    co_await feed_.catch_up();
    co_return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable) throw;
    co_return false;
  }
}

asio::awaitable<Answer> Cache::make_unkept(Maker make) {
  bypasses_.fetch_add(1, std::memory_order_relaxed);
  Made made = co_await make(nullptr);
  Answer answer;
  answer.source = Source::bypass;
  answer.made = std::make_shared<const Made>(std::move(made));
  co_return answer;
}

/// The order is the point: tags are pinned before the work begins, and the state that it saw comes from its own
/// transaction.
asio::awaitable<Cache::Flown> Cache::fly(const Question& question, const Maker& make, bool ask_others) {
  auto answer = std::make_shared<Answer>();
  Lease lease;
  if (second_ != nullptr && ask_others) {
    Elsewhere elsewhere = co_await look_elsewhere(question);
    if (elsewhere.entry != nullptr) {
      answer->source = Source::shared;
      answer->entry = std::move(elsewhere.entry);
      co_return answer;
    }
    lease = std::move(elsewhere.lease);
  }
  feed::PendingStamp pending(feed_.tags(), question.tags);
  const std::unique_ptr<feed::FillPosition> fill = feed_.fill();
  const Clock::time_point begun = Clock::now();
  Made made = co_await make(fill.get());
  learn_making_time(*question.route, Clock::now() - begun);
  answer->entry = keep(question, made, std::move(pending), *fill);
  if (answer->entry == nullptr) {
    answer->made = std::make_shared<const Made>(std::move(made));
  } else if (second_ != nullptr) {
    std::optional<std::string> state = fill->shared_state();
    if (state) share(question, *answer->entry, *std::move(state), std::move(lease));
  }
  co_return answer;
}

/// The feed is as it was at or after the question, so what it lets pass is true at some moment since.
asio::awaitable<Cache::Elsewhere> Cache::look_elsewhere(const Question& question) {
  Elsewhere elsewhere;
  if (!second_->available()) co_return elsewhere;
  const bool has_ttl = question.ttl.has_value();
  std::optional<FoundRecord> found = co_await second_->get(question.key, has_ttl);
  const std::uint64_t seen = found ? found->fingerprint : 0;
  if (found) elsewhere.entry = adopt(question, *std::move(found));
  const std::chrono::microseconds usual(question.route->making_us.load(std::memory_order_relaxed));
  const bool cheap = usual.count() > 0 && usual < worth_a_lease;  // unknown is dear: a process that begins asks much
  if (elsewhere.entry != nullptr || cheap) co_return elsewhere;
  Turn turn = co_await second_->take_turn(question.key, has_ttl, seen);
  if (turn.found) elsewhere.entry = adopt(question, *std::move(turn.found));
  elsewhere.lease = std::move(turn.lease);
  co_return elsewhere;
}

/// Null: it is not true, or nobody knows.
EntryPtr Cache::adopt(const Question& question, FoundRecord found) {
  Record& record = found.record;
  feed::PendingStamp pending(feed_.tags(), question.tags);
  std::optional<feed::Stamp> stamp;
  if (mutant("l2_record_taken_for_true")) {
    stamp = std::move(pending).seal(feed_.tags().applied());
  } else if (!outdated()) {
    stamp = feed_.judge(std::move(pending), record.stamp);
  }
  if (!stamp) {
    rejected_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  shared_.fetch_add(1, std::memory_order_relaxed);
  const Clock::time_point now = Clock::now();
  EntryParts parts;
  parts.key = question.key;
  parts.route = question.route;
  parts.body = std::move(record.body);
  parts.etag = record.etag;
  parts.head_lines = std::move(record.head_lines);
  parts.status = record.status;
  // As old as it is there: it ends here when it ends for all. Without an end, its age is for people only.
  const std::chrono::milliseconds age =
      found.left
          ? *question.ttl - *found.left
          : std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now() - record.created);
  parts.created = now - std::max(age, std::chrono::milliseconds(0));
  parts.ttl = question.ttl;
  parts.stale_for = question.stale_for;
  EntryPtr entry = Entry::make(std::move(parts), *std::move(stamp));
  static_cast<void>(store_.put(entry, now));
  for (const auto& [coding, body] : record.encoded_bodies) static_cast<void>(store_.add_body(entry, coding, body, now));
  return entry;
}

/// For other processes: what could be kept here, and nothing else.
void Cache::share(const Question& question, const Entry& entry, std::string state, Lease lease) {
  Record record;
  record.key = entry.key();
  record.stamp = std::move(state);
  record.body = entry.body(Coding::identity)->view();
  record.head_lines = entry.head_lines();
  record.etag = entry.etag();
  record.status = entry.status();
  record.created = std::chrono::system_clock::now();
  second_->put(std::move(record), question.ttl, std::move(lease));
}

/// A flight's answer, as a lookup of it would be: for who began after it.
asio::awaitable<bool> Cache::still_true(Flown flown) {
  if (flown->entry == nullptr) co_return false;
  const bool known = co_await up_to_date();
  co_return known && flown->entry->alive(Clock::now());
}

/// Null, and `made` as it was, if no stamp can be sealed.
EntryPtr Cache::keep(const Question& question, Made& made, feed::PendingStamp pending, const feed::FillPosition& fill) {
  const std::optional<feed::Position> position =
      outdated() && !mutant("tags_of_another_schema") ? std::nullopt : fill.position();
  std::optional<feed::Stamp> stamp;
  if (position) stamp = std::move(pending).seal(*position);
  if (!stamp) {
    (position ? moved_ : unplaced_).fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  EntryParts parts;
  parts.key = question.key;
  parts.route = question.route;
  parts.body = std::move(made.body);
  parts.etag = made.etag;
  parts.head_lines = std::move(made.head_lines);
  parts.status = made.status;
  parts.created = Clock::now();
  parts.ttl = question.ttl;
  parts.stale_for = question.stale_for;
  EntryPtr entry = Entry::make(std::move(parts), *std::move(stamp));
  // Too large, or dead already: it answers those who wait all the same, and is forgotten with them.
  static_cast<void>(store_.put(entry, Clock::now()));
  return entry;
}

}  // namespace freshet::cache
