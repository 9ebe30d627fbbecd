#pragma once
// From what a statement depends on (sql/dependencies.hpp) to the pieces that one request's parameters name.

#include <functional>
#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "feed/tag.hpp"
#include "sql/dependencies.hpp"

namespace freshet::feed {

/// The value that a parameter has in a request, its default included; nullptr: there is none of that name.
using ArgumentLookup = std::function<const Argument*(std::string_view name)>;

/// A shape, and a canonical value for each of its columns. piece_tag() and piece_id() make a tag of it.
struct Piece {
  Shape shape;
  std::vector<std::string> values;
  friend bool operator==(const Piece&, const Piece&) = default;
};

/// Pieces of one shape: the values of each.
struct PieceSet {
  Shape shape;
  std::vector<std::vector<std::string>> values;
};

/// The shapes that pieces_of() may name for `dependency`, whatever the parameters are: for Feed::watch().
[[nodiscard]] std::vector<Shape> shapes_of(const sql::TableDependency& dependency);

/// The pieces on which an answer depends through that reference: one, several where a list stands, none where it is
/// empty. What cannot be told is the whole table.
[[nodiscard]] PieceSet piece_set_of(const sql::TableDependency& dependency, const ArgumentLookup& arguments);
[[nodiscard]] std::vector<Piece> pieces_of(const sql::TableDependency& dependency, const ArgumentLookup& arguments);

/// True if the answer is of this moment: a parameter asks a date function for it, or one that is NULL lets now() stand
/// in. Keep no such answer.
[[nodiscard]] bool asks_now(const sql::Dependencies& dependencies, const ArgumentLookup& arguments);

}  // namespace freshet::feed
