#include "cache/predictor.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "cache/target_pattern.hpp"

namespace freshet::cache {
namespace {

// Targets and patterns share the table, not their names.
std::uint64_t hash_of_target(std::string_view text) noexcept {
  return XXH3_64bits_withSeed(text.data(), text.size(), 1);
}
std::uint64_t hash_of_pattern(std::string_view text) noexcept {
  return XXH3_64bits_withSeed(text.data(), text.size(), 2);
}

constexpr std::size_t length_max = 512;

// The same target by two ways: the likelier counts.
void add(std::vector<Prediction>& to, Prediction prediction) {
  const auto known =
      std::find_if(to.begin(), to.end(), [&](const auto& one) { return one.target == prediction.target; });
  if (known == to.end()) {
    to.push_back(std::move(prediction));
  } else {
    known->probability = std::max(known->probability, prediction.probability);
  }
}

}  // namespace

Predictor::Predictor(PredictorOptions options)
    : options_(options),
      sets_(std::max<std::size_t>(1, std::bit_ceil(options.contexts) / set_size)),
      contexts_(sets_ * set_size) {}

void Predictor::learn(std::string_view previous, std::string_view next) {
  if (previous.size() > length_max || next.size() > length_max || previous == next) return;
  count(hash_of_target(previous), std::string(next));
  const auto from = fields_of(previous), to = fields_of(next);
  if (from && to) count(hash_of_pattern(pattern_of(*from)), rule_of(*from, *to));
}

Predictor::Context* Predictor::place_for(std::uint64_t hash) {
  Context* const first = &contexts_[(hash >> 32U) % sets_ * set_size];
  Context* weakest = first;
  for (Context* context = first; context != first + set_size; ++context) {
    if (context->seen != 0 && context->hash == hash) return context;
    if (context->seen < weakest->seen) weakest = context;
  }
  if (weakest->seen > 1) {
    --weakest->seen;
    return nullptr;
  }
  weakest->hash = hash;
  weakest->seen = 0;
  for (Successor& successor : weakest->successors) successor.count = 0;
  return weakest;
}

void Predictor::count(std::uint64_t hash, std::string text) {
  Context* const context = place_for(hash);
  if (context == nullptr) return;
  auto& successors = context->successors;
  if (++context->seen >= seen_max) {
    context->seen /= 2;
    for (Successor& successor : successors) successor.count /= 2;
  }
  const auto known = std::find_if(successors.begin(), successors.end(),
                                  [&](const auto& one) { return one.count != 0 && one.text == text; });
  if (known != successors.end()) {
    ++known->count;
    return;
  }
  Successor& weakest = *std::min_element(successors.begin(), successors.end(),
                                         [](const auto& a, const auto& b) { return a.count < b.count; });
  if (weakest.count > 1) {
    --weakest.count;
    return;
  }
  weakest.text = std::move(text);
  weakest.count = 1;
}

const Predictor::Context* Predictor::find(std::uint64_t hash) const {
  const Context* const first = &contexts_[(hash >> 32U) % sets_ * set_size];
  const Context* const found =
      std::find_if(first, first + set_size, [&](const Context& one) { return one.seen != 0 && one.hash == hash; });
  return found == first + set_size || found->seen < options_.evidence_min ? nullptr : found;
}

void Predictor::one_step(std::string_view target, double probability, std::vector<Prediction>& to) const {
  const auto each = [&](const Context& context, const auto& made) {
    for (const Successor& successor : context.successors) {
      // A wearing-down context has seen less than it has counted.
      const double share = std::min(1.0, static_cast<double>(successor.count) / context.seen) * probability;
      if (share < options_.probability_min) continue;
      if (std::optional<std::string> next = made(successor.text)) add(to, {std::move(*next), share});
    }
  };
  if (const Context* const exact = find(hash_of_target(target))) {
    each(*exact, [](const std::string& text) { return std::optional(text); });
  }
  const auto fields = fields_of(target);
  if (!fields) return;
  if (const Context* const kind = find(hash_of_pattern(pattern_of(*fields)))) {
    each(*kind, [&](const std::string& rule) { return follow(rule, *fields); });
  }
}

std::vector<Prediction> Predictor::predict(std::string_view target) const {
  std::vector<Prediction> all;
  one_step(target, 1, all);
  std::size_t begin = 0;
  for (std::size_t step = 1; step < options_.steps_max; ++step) {
    const std::vector<Prediction> last(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end());
    begin = all.size();
    for (const Prediction& one : last) one_step(one.target, one.probability, all);
  }
  std::erase_if(all, [&](const Prediction& one) { return one.target == target; });
  std::stable_sort(all.begin(), all.end(),
                   [](const Prediction& a, const Prediction& b) { return a.probability > b.probability; });
  if (all.size() > options_.predictions_max) all.resize(options_.predictions_max);
  return all;
}

}  // namespace freshet::cache
