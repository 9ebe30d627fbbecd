#pragma once
// Equalities that hold for every row that matters, and what follows from them.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/dependencies.hpp"

namespace freshet::sql::dependence {

/// A plain column of one item of FROM.
struct Column {
  std::size_t source = 0;  // unique within the statement
  std::string name;        // in lower case
  Affinity affinity = Affinity::blob;
  Collation collation = Collation::binary;
  [[nodiscard]] bool same(const Column& other) const noexcept { return source == other.source && name == other.name; }
};

struct Constant {
  std::vector<BoundValue> any_of;
  std::string when_given;
};

/// `a = b`, or `a = value`.
struct Fact {
  Column a;
  std::optional<Column> b;
  Constant value;
  [[nodiscard]] bool mentions(std::size_t first_source, std::size_t end_source) const noexcept;
};
using Facts = std::vector<Fact>;

/// What `column` of `source` must equal, directly or through columns that are equal to it. One that always holds is
/// preferred to one that holds when a parameter is given.
[[nodiscard]] std::optional<Constant> constant_of(const Facts& facts, std::size_t source, std::string_view column);

/// Those that say nothing of the sources from `first` to before `end`.
[[nodiscard]] Facts without(const Facts& facts, std::size_t first, std::size_t end);

}  // namespace freshet::sql::dependence
