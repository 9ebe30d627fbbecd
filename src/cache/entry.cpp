#include "cache/entry.hpp"

#include <xxhash.h>

#include <utility>

#include "cache/heap.hpp"

namespace freshet::cache {
namespace {

// Strings of requests were grown; what is kept for long is as large as it must be.
std::string exactly(std::string&& text) {
  text.shrink_to_fit();
  return std::move(text);
}

}  // namespace

Clock::time_point expiry_with_jitter(std::string_view key, Clock::time_point created,
                                     std::chrono::milliseconds ttl) noexcept {
  const auto seed = static_cast<std::uint64_t>(created.time_since_epoch().count());
  const std::uint64_t random = XXH3_64bits_withSeed(key.data(), key.size(), seed);
  const auto sooner = std::chrono::milliseconds(static_cast<std::int64_t>(
      static_cast<double>(ttl.count()) * 0.1 * (static_cast<double>(random >> 11U) * 0x1p-53)));
  return created + (ttl - sooner);
}

Entry::Entry(EntryParts parts, feed::Stamp stamp)
    : key_(exactly(std::move(parts.key))),
      route_(std::move(parts.route)),
      head_lines_(exactly(std::move(parts.head_lines))),
      etag_(parts.etag),
      status_(parts.status),
      created_(parts.created),
      expiry_(parts.ttl ? expiry_with_jitter(key_, parts.created, *parts.ttl) : Clock::time_point::max()),
      stale_until_(parts.ttl ? expiry_ + parts.stale_for : expiry_),
      stamp_(std::move(stamp)) {
  add_body(Coding::identity, parts.body);
}

Entry::~Entry() {
  for (auto& body : bodies_) std::unique_ptr<const Body>(body.load(std::memory_order_acquire)).reset();
}

EntryPtr Entry::make(EntryParts parts, feed::Stamp stamp) {
  return EntryPtr(std::make_unique<Entry>(std::move(parts), std::move(stamp)).release());
}

bool Entry::begin_refresh(Clock::time_point now) const noexcept {
  Clock::rep after = refresh_after_.load(std::memory_order_relaxed);
  if (now.time_since_epoch().count() < after) return false;
  const Clock::rep next = (now + refresh_lease).time_since_epoch().count();
  return refresh_after_.compare_exchange_strong(after, next, std::memory_order_relaxed);
}

bool Entry::add_body(Coding coding, std::string_view body) const {
  auto owned = std::make_unique<const Body>(body, route_->arena.get());
  const Body* nothing = nullptr;
  if (!bodies_[static_cast<std::size_t>(coding)].compare_exchange_strong(nothing, owned.get(),
                                                                         std::memory_order_acq_rel)) {
    return false;
  }
  static_cast<void>(owned.release());
  return true;
}

std::size_t Entry::bytes() const noexcept {
  std::size_t sum = heap_bytes(static_cast<const void*>(this)) + heap_bytes(key_) + heap_bytes(head_lines_);
  if (stamp_.tag_count() != 0) sum += stamp_.heap_bytes() + 2 * sizeof(std::size_t);
  for (const auto& held : bodies_) {
    const Body* const body = held.load(std::memory_order_acquire);
    if (body != nullptr) sum += body->heap_bytes();
  }
  return sum;
}

}  // namespace freshet::cache
