#pragma once
// The envelope of a page and its links.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace freshet::api {

struct PageFigures {
  std::int64_t page = 1, page_size = 1, total = 0;

  [[nodiscard]] std::int64_t total_pages() const noexcept { return total == 0 ? 0 : (total - 1) / page_size + 1; }
  [[nodiscard]] bool has_next() const noexcept { return page < total_pages(); }
  [[nodiscard]] bool has_previous() const noexcept { return page > 1; }
};

/// `path?query` with its `page` replaced (or added).
[[nodiscard]] std::string page_target(std::string_view path, std::string_view query, std::int64_t page);

/// `{"items":[…],"total":…,"page":…,"page_size":…,"total_pages":…,"has_next":…,"has_previous":…,"links":{…}}`
void append_envelope(Bytes& out, std::string_view items, const PageFigures& figures, std::string_view path,
                     std::string_view query);

/// RFC 8288: `</x?page=2>; rel="next", …`.
[[nodiscard]] std::string link_header(const PageFigures& figures, std::string_view path, std::string_view query);

}  // namespace freshet::api
