#pragma once
// S3-FIFO (Yang et al., SOSP 2023), with queues measured in bytes: most answers are asked for once, so newcomers wait
// in a small queue (a tenth of the bytes) and are dropped from its end unless they were asked for often enough. Those
// that were, and those that come back soon after they were dropped (a queue of ghosts remembers their hashes), live in
// the main queue, where each hit since the last look buys one more round. A scan passes through the small queue and
// leaves the main one alone.

#include <deque>

#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "cache/policy.hpp"

namespace freshet::cache {

class S3Fifo final : public Policy {
 public:
  /// Who was asked for more than `enough` times when it reaches the end of the small queue moves to the main one.
  explicit S3Fifo(std::size_t bytes_max, std::uint8_t enough = 0) noexcept
      : small_max_(bytes_max / 10), ghosts_max_(bytes_max - bytes_max / 10), enough_(enough) {}
  ~S3Fifo() override;

  void admit(Node& node) override;
  [[nodiscard]] Node* evict(Clock::time_point now) override;
  void forget(Node& node) override;
  void grown(Node& node, std::size_t bytes) override { bytes_of(node) += bytes; }
  [[nodiscard]] std::size_t heap_bytes() const override;

  [[nodiscard]] static std::unique_ptr<Policy> make(std::size_t bytes_max) {
    return std::make_unique<S3Fifo>(bytes_max);
  }
  [[nodiscard]] static std::unique_ptr<Policy> make_strict(std::size_t bytes_max) {
    return std::make_unique<S3Fifo>(bytes_max, std::uint8_t{1});
  }

 private:
  using Queue = boost::intrusive::list<
      Node, boost::intrusive::member_hook<Node, boost::intrusive::list_member_hook<>, &Node::in_queue>>;
  struct Ghost {
    std::uint64_t turn;  // its place in the order of ghosts
    std::uint64_t bytes;
  };
  using Ghosts = boost::unordered_flat_map<std::uint64_t, Ghost>;  // by hash
  static constexpr std::uint8_t small = 0, main = 1;

  [[nodiscard]] std::size_t& bytes_of(const Node& node) noexcept {
    return node.queue == small ? small_bytes_ : main_bytes_;
  }
  void push(Node& node, std::uint8_t queue);
  Node* evict_from_small(Clock::time_point now);
  Node* evict_from_main(Clock::time_point now);
  void remember(const Node& node);

  [[nodiscard]] bool forget_ghost(std::uint64_t hash);
  void forget_ghost(Ghosts::iterator ghost);

  const std::size_t small_max_;
  const std::size_t ghosts_max_;
  const std::uint8_t enough_;
  Queue small_, main_;  // newest first
  std::size_t small_bytes_ = 0, main_bytes_ = 0, ghost_bytes_ = 0;
  Ghosts ghost_turns_;
  std::deque<std::uint64_t>
      ghosts_;                    // hashes, oldest first; one that has come back, or gone again since, has no turn here
  std::uint64_t first_turn_ = 0;  // of ghosts_.front()
};

}  // namespace freshet::cache
