#pragma once
// Small questions about text: is it UTF-8, how long, is it nearly that word. Nothing here depends on the locale.

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace freshet {

/// True if `text` is well-formed UTF-8 (no surrogates, no overlong forms). O(n), vectorised.
[[nodiscard]] bool valid_utf8(std::string_view text) noexcept;

/// Characters (code points) of well-formed UTF-8. O(n), vectorised.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// `text` without ASCII blanks at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// `text` with ASCII letters in lower case.
[[nodiscard]] std::string lower_case(std::string_view text);

/// As it may stand in a path or a query: all but letters, digits and -._~ becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Insertions, deletions, replacements and swaps of neighbours (ASCII case ignored) that lead from `a` to `b`, or
/// `limit + 1` if there are more than `limit`. O(|a| × |b|) at worst; words beyond 64 bytes count as too far.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// How many edits still count as a slip of the pen for a word of that length.
[[nodiscard]] constexpr std::size_t slip_limit(std::size_t length) noexcept {
  return length <= 1 ? 0 : length <= 3 ? 1 : length <= 6 ? 2 : 3;
}

/// The candidate nearest to `word`, or empty if none is near enough to be meant. The first of equals wins.
template <class Range>
[[nodiscard]] std::string_view nearest(std::string_view word, const Range& candidates) {
  std::string_view best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string_view candidate : candidates) {
    const std::size_t limit = slip_limit(word.size() < candidate.size() ? word.size() : candidate.size());
    const std::size_t distance = edit_distance(word, candidate, limit);
    if (distance <= limit && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

/// "did you mean `label`?", or empty if nothing is near.
template <class Range>
[[nodiscard]] std::string did_you_mean(std::string_view word, const Range& candidates) {
  const std::string_view near = nearest(word, candidates);
  return near.empty() ? std::string() : "did you mean `" + std::string(near) + "`?";
}

}  // namespace freshet
