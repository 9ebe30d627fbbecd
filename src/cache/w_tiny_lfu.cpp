#include "cache/w_tiny_lfu.hpp"

namespace freshet::cache {

WTinyLfu::~WTinyLfu() {
  for (Queue& queue : queues_) queue.nodes.clear();
}

void WTinyLfu::push(Node& node, Part part) {
  node.queue = part;
  queues_[part].nodes.push_front(node);
  queues_[part].bytes += node.bytes;
  ++nodes_;
}

void WTinyLfu::forget(Node& node) {
  if (candidate_ == &node) candidate_ = nullptr;
  Queue& queue = queues_[node.queue];
  queue.bytes -= node.bytes;
  queue.nodes.erase(queue.nodes.iterator_to(node));
  --nodes_;
}

void WTinyLfu::admit(Node& node) {
  push(node, window);
  sketch_.ensure(nodes_);
  sketch_.add(node.hash);
  while (queues_[window].bytes > window_max_) {
    Node& leaves = oldest_of_window();
    forget(leaves);
    push(leaves, probation);
    candidate_ = &leaves;
  }
}

bool WTinyLfu::asked_again(Node& node) noexcept {
  const std::uint32_t hits = node.take_hits();
  sketch_.add(node.hash, hits);
  return hits != 0;
}

// Who was not asked for since it came, or was last given a round. There is one.
Node& WTinyLfu::oldest_of_window() {
  List& nodes = queues_[window].nodes;
  for (std::size_t rounds = nodes.size(); rounds > 1; --rounds) {
    Node& oldest = nodes.back();
    if (!asked_again(oldest)) return oldest;
    nodes.splice(nodes.begin(), nodes, nodes.iterator_to(oldest));
  }
  return nodes.back();
}

// Protected ones that are too many go back on probation, unless they were asked for again.
void WTinyLfu::demote() {
  Queue& kept = queues_[protected_part];
  for (std::size_t rounds = kept.nodes.size(); kept.bytes > protected_max_ && !kept.nodes.empty();) {
    Node& oldest = kept.nodes.back();
    const bool again = asked_again(oldest) && rounds > 0;
    forget(oldest);
    push(oldest, again ? protected_part : probation);
    rounds -= rounds > 0 ? 1U : 0U;
  }
}

Node* WTinyLfu::oldest_of_main(Clock::time_point now) {
  List& nodes = queues_[probation].nodes;
  for (std::size_t rounds = nodes.size(); !nodes.empty() && rounds > 0; --rounds) {
    Node& oldest = nodes.back();
    const bool again = asked_again(oldest);
    if (!again || oldest.entry->freshness(now) == Freshness::dead) return &oldest;
    forget(oldest);
    push(oldest, protected_part);
    demote();
  }
  if (!nodes.empty()) return &nodes.back();
  List& kept = queues_[protected_part].nodes;
  return kept.empty() ? nullptr : &kept.back();
}

// A candidate must have been asked for more often than each of those that go for it.
Node* WTinyLfu::evict(Clock::time_point now) {
  Node* goes = oldest_of_main(now);
  if (goes == nullptr) {
    if (queues_[window].nodes.empty()) return nullptr;
    goes = &oldest_of_window();
  } else if (candidate_ != nullptr && goes->entry->freshness(now) != Freshness::dead &&
             (candidate_->entry->freshness(now) == Freshness::dead ||
              sketch_.frequency(candidate_->hash) <= sketch_.frequency(goes->hash))) {
    goes = candidate_;
  }
  forget(*goes);
  return goes;
}

}  // namespace freshet::cache
