#pragma once
// Whether a text is JSON, asked of one cell or field after another.

#include <cstddef>
#include <memory>
#include <string_view>

namespace freshet {

/// Keeps the parser's memory from one text to the next; takes none before the first. Not thread-safe.
class JsonCheck {
 public:
  /// What nests deeper than `depth_max` is refused.
  explicit JsonCheck(std::size_t depth_max);
  JsonCheck(JsonCheck&& other) noexcept;
  JsonCheck& operator=(JsonCheck&& other) noexcept;
  ~JsonCheck();

  /// True for one complete JSON value (RFC 8259, UTF-8). O(n).
  [[nodiscard]] bool valid(std::string_view text);

 private:
  struct Parser;
  std::size_t depth_max_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace freshet
