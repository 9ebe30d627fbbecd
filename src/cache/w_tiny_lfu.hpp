#pragma once
// W-TinyLFU (Einziger, Friedman and Manes, 2017), with queues measured in bytes: newcomers pass a window (a hundredth
// of the bytes); at its end each competes with the one that is to go from the main part, and who was asked for more
// often lately stays. The main part is a segmented LRU: those that were asked for again there are protected.
//
// Hits are only counted in the entry: the policy learns of them, and adds them to its sketch, when it comes by an entry
// at the end of a queue. So the queues are clocks rather than lists in the order of use.

#include <array>

#include <boost/intrusive/list.hpp>

#include "cache/frequency_sketch.hpp"
#include "cache/policy.hpp"

namespace freshet::cache {

class WTinyLfu final : public Policy {
 public:
  explicit WTinyLfu(std::size_t bytes_max) noexcept
      : window_max_(bytes_max / 100), protected_max_((bytes_max - bytes_max / 100) / 5 * 4) {}
  ~WTinyLfu() override;

  void admit(Node& node) override;
  [[nodiscard]] Node* evict(Clock::time_point now) override;
  void forget(Node& node) override;
  void grown(Node& node, std::size_t bytes) override { queues_[node.queue].bytes += bytes; }
  [[nodiscard]] std::size_t heap_bytes() const override { return sketch_.heap_bytes(); }

  [[nodiscard]] static std::unique_ptr<Policy> make(std::size_t bytes_max) {
    return std::make_unique<WTinyLfu>(bytes_max);
  }

 private:
  using List = boost::intrusive::list<
      Node, boost::intrusive::member_hook<Node, boost::intrusive::list_member_hook<>, &Node::in_queue>>;
  struct Queue {
    List nodes;  // newest first
    std::size_t bytes = 0;
  };
  enum Part : std::uint8_t { window, probation, protected_part };

  void push(Node& node, Part part);
  [[nodiscard]] bool asked_again(Node& node) noexcept;
  [[nodiscard]] Node& oldest_of_window();
  [[nodiscard]] Node* oldest_of_main(Clock::time_point now);
  void demote();

  const std::size_t window_max_;
  const std::size_t protected_max_;
  std::array<Queue, 3> queues_;
  std::size_t nodes_ = 0;
  Node* candidate_ = nullptr;  // the last that came from the window, as long as it is on probation
  FrequencySketch sketch_;
};

}  // namespace freshet::cache
