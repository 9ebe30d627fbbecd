#pragma once
// A cached answer: immutable but for bodies in further content codings, which are added once each.
//
// There is no entry without a sealed feed::Stamp, so nobody can keep an answer of which it is not known what would
// change it. Reference counted: a response may be sent from an entry that the store has dropped meanwhile. Thread-safe.
// The feed's TagTable must outlive every entry.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "cache/body.hpp"
#include "cache/route.hpp"
#include "core/coding.hpp"
#include "core/entity_tag.hpp"
#include "core/mutant.hpp"
#include "core/shared.hpp"
#include "feed/tag_table.hpp"

namespace freshet::cache {

using Clock = std::chrono::steady_clock;

/// When an answer of `key`, made at `created`, is too old: up to a tenth before its time, so that answers made together
/// do not all end together. The same arguments give the same time.
[[nodiscard]] Clock::time_point expiry_with_jitter(std::string_view key, Clock::time_point created,
                                                   std::chrono::milliseconds ttl) noexcept;

struct EntryParts {
  std::string key;
  std::shared_ptr<Route> route;
  std::string body;        // identity
  std::string head_lines;  // header lines ready to be sent, each ended by CRLF
  EntityTag etag;          // of the identity body
  std::uint16_t status = 200;
  Clock::time_point created;
  std::optional<std::chrono::milliseconds> ttl;  // none: until something changes
  /// How long after that it may still be answered while a fresh one is made. Never after something has changed.
  std::chrono::milliseconds stale_for{0};
};

enum class Freshness : std::uint8_t {
  fresh,
  stale,  // its time is over, nothing else: what it says is what was said at most `stale_for` longer ago
  dead,
};

class Entry;
using EntryPtr = boost::intrusive_ptr<const Entry>;

class Entry final : public Shared {
 public:
  Entry(EntryParts parts, feed::Stamp stamp);
  ~Entry() override;
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  [[nodiscard]] static EntryPtr make(EntryParts parts, feed::Stamp stamp);

  /// True while it may be served, as far as the feed has read: ask Feed::is_current() first.
  [[nodiscard]] bool alive(Clock::time_point now) const noexcept { return now < expiry_ && stamp_.holds(); }
  [[nodiscard]] Freshness freshness(Clock::time_point now) const noexcept {
    if (now >= stale_until_) return Freshness::dead;
    if (now >= expiry_) return stamp_.holds() || mutant("stale_after_a_change") ? Freshness::stale : Freshness::dead;
    return stamp_.holds() ? Freshness::fresh : Freshness::dead;
  }

  [[nodiscard]] const std::string& key() const noexcept { return key_; }
  [[nodiscard]] const feed::Stamp& stamp() const noexcept { return stamp_; }
  [[nodiscard]] const std::string& head_lines() const noexcept { return head_lines_; }
  [[nodiscard]] const EntityTag& etag() const noexcept { return etag_; }
  [[nodiscard]] std::uint16_t status() const noexcept { return status_; }
  [[nodiscard]] Route& route() const noexcept { return *route_; }
  [[nodiscard]] Clock::time_point created() const noexcept { return created_; }
  /// time_point::max(): never.
  [[nodiscard]] Clock::time_point expiry() const noexcept { return expiry_; }
  [[nodiscard]] Clock::time_point stale_until() const noexcept { return stale_until_; }
  /// True for one caller, who makes a fresh one; for another if there still is none after refresh_lease.
  [[nodiscard]] bool begin_refresh(Clock::time_point now) const noexcept;
  static constexpr std::chrono::seconds refresh_lease{10};
  /// The body in that coding; nullptr if nobody added it. Lives as long as the entry.
  [[nodiscard]] const Body* body(Coding coding) const noexcept {
    return bodies_[static_cast<std::size_t>(coding)].load(std::memory_order_acquire);
  }
  /// Everything that it holds on the heap and itself, with the allocator's share. Grows when a body is added.
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// All that a hit changes, beside the reference count, whose cache line it shares: so it costs next to nothing. Two
  /// at once may count as one. Returns the count.
  std::uint32_t count_hit() const noexcept {
    const std::uint32_t hits = hits_.load(std::memory_order_relaxed) + 1;
    hits_.store(hits, std::memory_order_relaxed);
    return hits;
  }
  /// How often it was asked for, modulo 2^32.
  [[nodiscard]] std::uint32_t hits() const noexcept { return hits_.load(std::memory_order_relaxed); }

 private:
  friend class Store;  // which counts the bytes of what is added
  /// False if there is one already: the first stays, since somebody may be sending it.
  bool add_body(Coding coding, std::string_view body) const;

  mutable std::atomic<std::uint32_t> hits_{0};  // first, beside the reference count
  const std::string key_;
  const std::shared_ptr<Route> route_;
  const std::string head_lines_;
  const EntityTag etag_;
  const std::uint16_t status_;
  const Clock::time_point created_;
  const Clock::time_point expiry_;
  const Clock::time_point stale_until_;
  mutable std::atomic<Clock::rep> refresh_after_{Clock::time_point::min().time_since_epoch().count()};
  const feed::Stamp stamp_;
  mutable std::array<std::atomic<const Body*>, coding_count> bodies_{};  // owned
  friend class CodingTurn;
  mutable std::atomic<std::uint8_t> turns_{0};  // a bit for each coding that somebody encodes now
};

/// Whose turn it is to encode an entry's body: one at a time for each coding. Who has no turn sends what there is.
class CodingTurn {
 public:
  CodingTurn(EntryPtr entry, Coding coding) noexcept
      : entry_(std::move(entry)), bit_(static_cast<std::uint8_t>(1U << static_cast<unsigned>(coding))) {
    mine_ = (entry_->turns_.fetch_or(bit_, std::memory_order_acq_rel) & bit_) == 0;
  }
  ~CodingTurn() {
    if (mine_) entry_->turns_.fetch_and(static_cast<std::uint8_t>(~bit_), std::memory_order_acq_rel);
  }
  CodingTurn(const CodingTurn&) = delete;
  CodingTurn& operator=(const CodingTurn&) = delete;

  [[nodiscard]] bool mine() const noexcept { return mine_; }

 private:
  const EntryPtr entry_;
  const std::uint8_t bit_;
  bool mine_ = false;
};

}  // namespace freshet::cache
