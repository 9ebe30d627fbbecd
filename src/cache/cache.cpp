#include "cache/cache.hpp"

#include <utility>

#include "core/mutant.hpp"

namespace freshet::cache {

namespace asio = boost::asio;

Cache::Cache(StoreOptions options, feed::Feed& feed) : feed_(feed), schema_(feed.schema_changes()), store_(options) {}

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
  co_return co_await renew(std::move(question), std::move(make));
}

asio::awaitable<Answer> Cache::renew(Question question, Maker make) {
  bool flew = false;
  Flights<Flown>::Work work = [this, &question, &make, &flew] {
    flew = true;
    return fly(question, make);
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
asio::awaitable<Cache::Flown> Cache::fly(const Question& question, const Maker& make) {
  feed::PendingStamp pending(feed_.tags(), question.tags);
  const std::unique_ptr<feed::FillPosition> fill = feed_.fill();
  Made made = co_await make(fill.get());
  auto answer = std::make_shared<Answer>();
  answer->entry = keep(question, made, std::move(pending), *fill);
  if (answer->entry == nullptr) answer->made = std::make_shared<const Made>(std::move(made));
  co_return answer;
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
