#pragma once
// Whether a text is JSON, asked for one cell after another.

#include <memory>
#include <string_view>

namespace freshet::api {

/// Keeps the parser's memory from one text to the next; takes none before the first. Not thread-safe.
class JsonCheck {
 public:
  JsonCheck();
  JsonCheck(JsonCheck&& other) noexcept;
  JsonCheck& operator=(JsonCheck&& other) noexcept;
  ~JsonCheck();

  /// True for one complete JSON value (RFC 8259, UTF-8), nested no deeper than json_depth_max (api/body.hpp). O(n).
  [[nodiscard]] bool valid(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace freshet::api
