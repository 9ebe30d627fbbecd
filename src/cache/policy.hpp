#pragma once
// Which answer goes when there is no more room. One policy a shard of the store, called under the shard's lock; a hit
// does not call it, but counts in the entry (Entry::count_hit).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/intrusive/list_hook.hpp>

#include "cache/entry.hpp"

namespace freshet::cache {

/// An entry's place in the store. Its address is stable.
struct Node {
  explicit Node(EntryPtr of) noexcept : entry(std::move(of)) {}

  boost::intrusive::list_member_hook<> in_queue;  // the policy's
  boost::intrusive::list_member_hook<> in_route;  // the shard's list of the route
  EntryPtr entry;
  std::vector<std::string> aliases;
  /// Hits since the last call: for the policy alone.
  [[nodiscard]] std::uint32_t take_hits() noexcept {
    const std::uint32_t hits = entry->hits();
    return hits - std::exchange(seen_hits, hits);
  }

  std::size_t bytes = 0;
  std::uint64_t hash = 0;                // of the key
  std::uint32_t seen_hits = 0;           // the policy's, by take_hits()
  std::uint32_t seen_hits_in_route = 0;  // the store's
  std::uint8_t queue = 0;                // the policy's
  std::uint8_t chances = 0;              // the policy's
};

class Policy {
 public:
  virtual ~Policy() = default;
  /// A new node, with its bytes and hash.
  virtual void admit(Node& node) = 0;
  /// Chooses who goes next and forgets it; null if there is none. What is no longer alive at `now` goes first when the
  /// policy comes by it, however often it was asked for.
  [[nodiscard]] virtual Node* evict(Clock::time_point now) = 0;
  /// The node goes for another reason.
  virtual void forget(Node& node) = 0;
  /// The node has grown by that many bytes.
  virtual void grown(Node& node, std::size_t bytes) = 0;
  /// What it remembers outside of nodes.
  [[nodiscard]] virtual std::size_t heap_bytes() const = 0;
};

/// Makes the policy of a shard that may hold `bytes_max`.
using PolicyMaker = std::unique_ptr<Policy> (*)(std::size_t bytes_max);

}  // namespace freshet::cache
