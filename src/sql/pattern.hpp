#pragma once
// A regular expression that takes linear time and no stack, whatever the pattern and the text (RE2 underneath).

#include <memory>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace freshet::sql {

/// Immutable once compiled; any number of threads may match at once.
class Pattern {
 public:
  /// Error(config) says what is wrong with `expression`. Look-arounds and back-references do not exist here.
  [[nodiscard]] static Expected<std::shared_ptr<const Pattern>> compile(std::string_view expression);

  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  /// True if the whole of `text` matches. O(|text|).
  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  struct Impl;
  explicit Pattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::sql
