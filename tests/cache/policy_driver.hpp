#pragma once
// A policy without a store, driven as a shard drives it: keys are numbers, sizes are what the test says.

#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "cache/policy.hpp"

#include "builders.hpp"

namespace freshet::cache {

/// The policy alone, driven as a shard drives it.
class PolicyDriver {
 public:
  PolicyDriver(std::size_t bytes_max, PolicyMaker make) : policy_(make(bytes_max)), bytes_max_(bytes_max) {}
  ~PolicyDriver() {
    for (auto& [key, node] : nodes_) policy_->forget(*node);
  }

  bool request(std::size_t key, std::size_t size) {
    if (const auto found = nodes_.find(key); found != nodes_.end()) {
      found->second->entry->count_hit();
      return true;
    }
    auto node = std::make_unique<Node>(entry_of(std::to_string(key), route_, "", stamp_of(table_, {"t"}, position_)));
    node->hash = key;
    node->bytes = size;
    policy_->admit(*node);
    nodes_[key] = std::move(node);
    bytes_ += size;
    while (bytes_ > bytes_max_) {
      Node* const gone = policy_->evict(start);
      bytes_ -= gone->bytes;
      nodes_.erase(gone->hash);
    }
    return false;
  }
  /// Kills all that is there.
  void write() { table_.change(feed::table_tag("t").id, ++position_); }
  [[nodiscard]] std::set<std::size_t> held() const {
    std::set<std::size_t> keys;
    for (const auto& [key, node] : nodes_) keys.insert(key);
    return keys;
  }

 private:
  feed::TagTable table_;
  feed::Position position_ = 1;
  std::shared_ptr<Route> route_ = std::make_shared<Route>("/r", 0);
  std::unique_ptr<Policy> policy_;
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::unordered_map<std::size_t, std::unique_ptr<Node>> nodes_;
};

}  // namespace freshet::cache
