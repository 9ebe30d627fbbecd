#include "cache/s3_fifo.hpp"

#include <algorithm>

#include "cache/index.hpp"

namespace freshet::cache {
namespace {

// How often it was asked for since it came, less the rounds it had for that: up to 3.
std::uint8_t chances(Node& node) noexcept {
  return node.chances =
             static_cast<std::uint8_t>(std::min<std::uint32_t>(3, node.chances + std::min(3U, node.take_hits())));
}

}  // namespace

S3Fifo::~S3Fifo() {
  small_.clear();
  main_.clear();
}

void S3Fifo::push(Node& node, std::uint8_t queue) {
  node.queue = queue;
  (queue == small ? small_ : main_).push_front(node);
  bytes_of(node) += node.bytes;
}

void S3Fifo::admit(Node& node) { push(node, forget_ghost(node.hash) ? main : small); }

void S3Fifo::forget(Node& node) {
  bytes_of(node) -= node.bytes;
  Queue& queue = node.queue == small ? small_ : main_;
  queue.erase(queue.iterator_to(node));
}

Node* S3Fifo::evict(Clock::time_point now) {
  if (small_bytes_ > small_max_ || main_.empty()) {
    if (Node* const node = evict_from_small(now)) return node;
  }
  if (Node* const node = evict_from_main(now)) return node;
  return evict_from_small(now);
}

// Null: all of them have moved on to the main queue.
Node* S3Fifo::evict_from_small(Clock::time_point now) {
  while (!small_.empty()) {
    Node& oldest = small_.back();
    forget(oldest);
    if (oldest.entry->freshness(now) == Freshness::dead) return &oldest;
    if (chances(oldest) <= enough_) {
      remember(oldest);
      return &oldest;
    }
    oldest.chances = 0;
    push(oldest, main);
  }
  return nullptr;
}

Node* S3Fifo::evict_from_main(Clock::time_point now) {
  while (!main_.empty()) {
    Node& oldest = main_.back();
    forget(oldest);
    if (chances(oldest) == 0 || oldest.entry->freshness(now) == Freshness::dead) return &oldest;
    --oldest.chances;
    push(oldest, main);
  }
  return nullptr;
}

void S3Fifo::remember(const Node& node) {
  static_cast<void>(forget_ghost(node.hash));
  ghost_turns_[node.hash] = {.turn = first_turn_ + ghosts_.size(), .bytes = node.bytes};
  ghosts_.push_back(node.hash);
  ghost_bytes_ += node.bytes;
  // Places of ghosts that have come back are empty; too many of those go, too.
  while (!ghosts_.empty() && (ghost_bytes_ > ghosts_max_ || ghosts_.size() > 2 * ghost_turns_.size() + 16)) {
    const auto ghost = ghost_turns_.find(ghosts_.front());
    if (ghost != ghost_turns_.end() && ghost->second.turn == first_turn_) forget_ghost(ghost);
    ghosts_.pop_front();
    ++first_turn_;
  }
}

bool S3Fifo::forget_ghost(std::uint64_t hash) {
  const auto ghost = ghost_turns_.find(hash);
  if (ghost == ghost_turns_.end()) return false;
  forget_ghost(ghost);
  return true;
}

void S3Fifo::forget_ghost(Ghosts::iterator ghost) {
  ghost_bytes_ -= ghost->second.bytes;
  ghost_turns_.erase(ghost);
}

std::size_t S3Fifo::heap_bytes() const { return ghosts_.size() * sizeof(std::uint64_t) + index_bytes(ghost_turns_); }

}  // namespace freshet::cache
