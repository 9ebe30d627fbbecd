#pragma once
// Tags: names of pieces of data that an answer can depend on and a write can change.
//
// `transactions` is a whole table; `transactions[month=2025-01]` the rows of it with that month, and
// `transactions[category=Food,month=2025-01]` those with both. Values are canonical (feed/canonical.hpp): two values
// that the database takes for equal make the same tag. Columns are in ascending order.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::feed {

/// 64 bits of a tag's name. Two names that collide are invalidated together: needless work, never a stale answer.
using TagId = std::uint64_t;

/// Where the database is in its history of changes; grows with each change that is committed. On SQLite the highest id
/// of the change log, and above it the number of times that everything had to be taken for changed.
using Position = std::uint64_t;

/// A kind of tag: a table, and the columns whose values name its pieces. No columns: the whole table.
struct Shape {
  std::string table;
  std::vector<std::string> columns;  // ascending, unique
  friend auto operator<=>(const Shape&, const Shape&) = default;
};

struct Tag {
  TagId id = 0;
  std::string text;  // for people: `transactions[month=2025-01]`
  TagId table = 0;   // the tag of its whole table; 0 for manual tags
};

/// The tag of a whole table. Its `table` is itself.
[[nodiscard]] Tag table_tag(std::string_view table);
/// The tag of a manual name, as in `@tags budget`: a name space of its own.
[[nodiscard]] Tag manual_tag(std::string_view name);
/// The tag of a piece: `values` are canonical, one for each of the shape's columns.
[[nodiscard]] Tag piece_tag(const Shape& shape, const std::vector<std::string>& values);
/// Only its id, without an allocation: what the feed computes for each logged change.
[[nodiscard]] TagId piece_id(const Shape& shape, const std::string_view* values) noexcept;

}  // namespace freshet::feed
