#pragma once
// What the same caller is likely to ask for next: a Markov chain of first order, learned from who asked for what after
// what. Learned twice: for a target as it stands (which categories are opened most is a matter of this very page), and
// for all of its kind by rules (target_pattern.hpp), so that a month that nobody has looked at yet has a prediction.
//
// Bounded: so many contexts, four successors each, the seldom ones worn down by those that come. Not thread-safe.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::cache {

struct PredictorOptions {
  std::size_t contexts = 2048;
  double probability_min = 0.5;    // of what is predicted; of a chain of steps, the product
  std::uint32_t evidence_min = 4;  // how often something must have been seen before its successors are believed
  std::size_t steps_max = 2;       // ahead
  std::size_t predictions_max = 4;
};

struct Prediction {
  std::string target;
  double probability = 0;
};

class Predictor {
 public:
  explicit Predictor(PredictorOptions options = {});

  void learn(std::string_view previous, std::string_view next);
  /// The likeliest first; never `target` itself.
  [[nodiscard]] std::vector<Prediction> predict(std::string_view target) const;

 private:
  struct Successor {
    std::string text;  // a target, or a rule
    std::uint32_t count = 0;
  };
  struct Context {
    std::uint64_t hash = 0;
    std::uint32_t seen = 0;  // 0: empty
    std::array<Successor, 4> successors;
  };
  static constexpr std::size_t set_size = 8;
  static constexpr std::uint32_t seen_max = 256;  // then all counts are halved, so that old habits fade

  void count(std::uint64_t context, std::string successor);
  [[nodiscard]] Context* place_for(std::uint64_t hash);
  [[nodiscard]] const Context* find(std::uint64_t hash) const;
  void one_step(std::string_view target, double probability, std::vector<Prediction>& to) const;

  const PredictorOptions options_;
  const std::size_t sets_;
  std::vector<Context> contexts_;
};

}  // namespace freshet::cache
