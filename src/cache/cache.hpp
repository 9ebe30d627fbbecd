#pragma once
// The way to an answer: what is kept and still true, or what is made now, once for all who ask at the same time, and
// kept if nothing moved meanwhile. The one place where lookup, change feed, single flight and stamps meet.
//
// With a second level, what this process does not have is looked for among what others have made, and what it makes is
// left there for them. Their answers are judged by this process's own feed, as its own are.
//
// What an answer is made of, and what goes over the wire, is the caller's. Thread-safe; feed and second level must
// outlive the cache, and the cache every answer() under way.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "cache/entry.hpp"
#include "cache/flight.hpp"
#include "cache/redis/second_level.hpp"
#include "cache/store.hpp"
#include "core/error.hpp"
#include "feed/feed.hpp"

namespace freshet::cache {

/// What is asked for. Two questions of one key have one answer.
struct Question {
  std::string key;
  std::shared_ptr<Route> route;
  std::vector<feed::Tag> tags;                   // what the answer depends on
  std::optional<std::chrono::milliseconds> ttl;  // kept no longer than that
  std::chrono::milliseconds stale_for{0};        // and that much longer while a fresh one is made (EntryParts)
};

/// What was made for a question, before anybody knows whether it can be kept.
struct Made {
  std::string body;  // identity
  EntityTag etag;
  std::string head_lines;
  std::uint16_t status = 200;
};

enum class Source : std::uint8_t {
  hit,     // kept, and nothing that it depends on has changed
  stale,   // kept, its time is over, nothing that it depends on has changed
  shared,  // kept by another process, and nothing that it depends on has changed
  miss,    // made now, by this caller or one that asked at the same time
  bypass,  // made now, for this caller only: nobody can say at the moment what changes
};

struct Answer {
  Source source = Source::miss;
  EntryPtr entry;                    // null: it could not be kept
  std::shared_ptr<const Made> made;  // then here
  bool refresh = false;              // of stale: this caller, and no other, is to renew() it
};

struct CacheFigures {
  StoreFigures store;
  std::uint64_t waited = 0;              // misses that another's work answered
  std::uint64_t moved = 0;               // fills refused: something that the answer depends on changed meanwhile
  std::uint64_t unplaced = 0;            // fills refused: which state of the database they saw is not known
  std::uint64_t bypasses = 0;            // the feed could not be read
  std::uint64_t shared = 0;              // misses that another process's work answered
  std::uint64_t shared_rejected = 0;     // what other processes had made and the feed did not let pass
  std::size_t flights = 0, waiting = 0;  // now
};

class Cache {
 public:
  /// Makes an answer. Puts the position's step in front of its work (feed::FillPosition::lead), unless it is null.
  using Maker = std::function<boost::asio::awaitable<Made>(feed::FillPosition*)>;

  /// `schema_changes`: Feed::schema_changes() as it was before the schema was read that questions' tags follow from.
  /// Without a `second` level nothing is shared.
  Cache(StoreOptions options, feed::Feed& feed, std::uint64_t schema_changes, SecondLevel* second = nullptr);
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// The kept answer that `target` is an alias of, if it can be told without waiting that it is true now; else null:
  /// await answer(). Allocates nothing.
  [[nodiscard]] EntryPtr find_now(std::string_view target, Clock::time_point now) noexcept;

  /// Counts what find_now() found, once it is answered.
  void served(std::string_view target, const Entry& entry) noexcept { store_.note_hit(target, entry); }

  /// The answer to `question`, true at some moment between this call and its return. `make` is called at most once, in
  /// the caller's coroutine. Throws what it throws, for all who wait for the same.
  [[nodiscard]] boost::asio::awaitable<Answer> answer(Question question, Maker make);
  /// The same, but made now even if one is kept.
  [[nodiscard]] boost::asio::awaitable<Answer> renew(Question question, Maker make);

  /// Learns what anybody has changed by now. False: it cannot be read, so nothing that is kept can be trusted.
  [[nodiscard]] boost::asio::awaitable<bool> up_to_date();

  /// True once the schema has changed since then: nothing is kept any more, since tags that were reasoned out
  /// of the schema of before may miss a table. Make another cache, with tags of now.
  [[nodiscard]] bool outdated() const noexcept { return feed_.schema_changes() != schema_; }

  [[nodiscard]] Store& store() noexcept { return store_; }
  [[nodiscard]] const Store& store() const noexcept { return store_; }
  [[nodiscard]] const SecondLevel* second_level() const noexcept { return second_; }
  [[nodiscard]] feed::Feed& feed() noexcept { return feed_; }
  [[nodiscard]] CacheFigures figures() const;

 private:
  using Flown = std::shared_ptr<const Answer>;

  [[nodiscard]] boost::asio::awaitable<Answer> make_unkept(Maker make);
  /// What came of asking other processes.
  struct Elsewhere {
    EntryPtr entry;  // null: there is none that is true
    Lease lease;     // held while this process makes it for all
  };
  [[nodiscard]] boost::asio::awaitable<Answer> fly_for(Question question, Maker make, bool ask_others);
  [[nodiscard]] boost::asio::awaitable<Flown> fly(const Question& question, const Maker& make, bool ask_others);
  [[nodiscard]] boost::asio::awaitable<Elsewhere> look_elsewhere(const Question& question);
  [[nodiscard]] EntryPtr adopt(const Question& question, FoundRecord found);
  void share(const Question& question, const Entry& entry, std::string state, Lease lease);
  [[nodiscard]] boost::asio::awaitable<bool> still_true(Flown flown);
  [[nodiscard]] EntryPtr keep(const Question& question, Made& made, feed::PendingStamp pending,
                              const feed::FillPosition& fill);

  feed::Feed& feed_;
  const std::uint64_t schema_;
  SecondLevel* const second_;  // null: there is none
  Store store_;
  Flights<Flown> flights_;
  std::atomic<std::uint64_t> waited_{0}, moved_{0}, unplaced_{0}, bypasses_{0}, shared_{0}, rejected_{0};
};

}  // namespace freshet::cache
