#pragma once
// What a query depends on: for each reference to a table, the columns whose value its rows must have to matter. A row
// that has another value there can be written, and the answer stays what it was. docs/reference/dependencies.md is the
// user's page of this header.
//
// Sound before precise: what is not proven is the whole table. What the database says that it reads is the truth; the
// tree only narrows it down.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "sql/schema.hpp"

namespace freshet::sql {

/// What the database says that a statement reads (SQLite: the authorizer, as it was prepared).
struct Reads {
  std::vector<std::string> tables;     // of the main database, views too, once each
  std::vector<std::string> functions;  // that it calls
  bool foreign = false;                // reads temporary or attached databases too
};

/// One value that a column is compared with.
struct BoundValue {
  std::string parameter;                     // empty: `literal`
  bool list = false;                         // the parameter stands within IN ( … ): each item, if it is a list
  std::optional<std::int64_t> months_later;  // month_add(:parameter, n)
  Value literal;
  friend bool operator==(const BoundValue&, const BoundValue&) = default;
};

/// Rows matter only if `column` equals one of `any_of`.
struct BoundColumn {
  std::string column;              // as the schema spells it
  std::vector<BoundValue> any_of;  // never empty
  std::string when_given;          // only if this parameter is not NULL: `:p IS NULL OR t.c = :p`, `coalesce(:p, …)`
  Affinity affinity = Affinity::blob;
  Collation collation = Collation::binary;
  friend bool operator==(const BoundColumn&, const BoundColumn&) = default;
};

/// One reference to a table. Several to the same table count each.
struct TableDependency {
  std::string table;                 // as the schema spells it
  std::vector<BoundColumn> columns;  // ascending by name, unique; empty: the whole table
  std::string reason;                // why it is the whole table; for people
};

/// A column of a query's only row whose value follows from a parameter: what a later statement makes of it is known.
struct KnownOutput {
  std::string column;
  BoundValue value;
  std::string when_given;  // it is that value only if this parameter is not NULL
};

struct Dependencies {
  std::vector<TableDependency> tables;
  bool cacheable = true;
  std::string reason;  // why it is not cacheable; for people
  /// Parameters that are handed to a date function as they are: an answer for the text 'now' is not to be kept.
  std::vector<std::string> time_parameters;
  /// For each list: an answer is of this moment unless one of these parameters is not NULL, as in
  /// `coalesce(:month, month_of(now()))`.
  std::vector<std::vector<std::string>> moment_unless;
  std::vector<KnownOutput> outputs;
};

/// An earlier statement that always gives its one row: `:name.column` in a later one is what it knows of that column.
struct EarlierStatement {
  std::string name;
  std::vector<KnownOutput> outputs;
};

/// `sql` with :named placeholders, as the endpoint has it; `reads` of the same statement as the database has it.
[[nodiscard]] Dependencies analyse(std::string_view sql, const Schema& schema, const Reads& reads,
                                   const std::vector<EarlierStatement>& earlier = {});

}  // namespace freshet::sql
