#pragma once
// An endpoint file, parsed: its documentation, its contract (the @ directives) and its statements.
//
//   -- Spending by category for one month.          first comment: summary, then description
//   -- @param month month required
//   -- @shape list
//   SELECT … WHERE month = :month
//
// Parsing never touches a database. docs/reference/directives.md is the user's page of this header.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "sql/parameter.hpp"

namespace freshet::sql {

/// What the answer looks like.
enum class Shape : std::uint8_t {
  list,    // array of objects
  object,  // the first row; none: 404
  value,   // the first column of the first row; none: null
  page,    // envelope with items, total, page, page_size, …; the engine adds LIMIT/OFFSET and counts
  rows,    // streamed: JSON array, NDJSON or CSV by Accept
};
[[nodiscard]] std::string_view to_string(Shape shape) noexcept;

/// `:name` or `:name.column` in a statement.
struct Placeholder {
  std::string name;
  std::string column;      // empty for a plain parameter; "given" on a parameter: 1 if the caller sent it
  std::size_t offset = 0;  // of the ':' in StatementSource::text
  std::size_t length = 0;  // including ':'
  bool in_list = false;    // stands alone within IN ( … )
  std::size_t paren_open = 0, paren_close = 0;  // offsets of those parentheses, when in_list
};

/// `-- @embed lines in invoices on invoice_id = id`: child rows under key `lines` of each row of statement `invoices`
/// where child.invoice_id = parent.id. The child's statement reads `:invoices.id`.
struct EmbedSpec {
  std::string key;
  std::string parent;        // statement name
  std::string child_column;  // stays part of the child's rows
  std::string parent_column;
  bool single = false;  // `@embed one artist in albums on id = artist_id`: an object or null instead of an array
};

/// `-- @when level = transactions, subcategories`: the statement runs only then; its key is absent otherwise.
struct WhenSpec {
  std::string parameter;
  std::vector<std::string> values;  // compared with the parameter's canonical text
};

/// `-- @column total decimal`: the type of a result column where the database cannot tell.
struct ColumnSpec {
  std::string name;
  ColumnType type = ColumnType::any;
  bool nullable = false;
};

struct StatementSource {
  std::string name;  // @name; empty if not given
  std::optional<Shape> shape;
  std::optional<EmbedSpec> embed;
  std::optional<WhenSpec> when;
  std::vector<ColumnSpec> columns;
  std::string text;        // without trailing ';'
  std::size_t offset = 0;  // of text within the file
  std::vector<Placeholder> placeholders;
};

/// `@cache 10m`, `@cache 10m stale 1m`, `@cache 5s..1h`, `@cache off`.
struct CacheSpec {
  std::optional<std::chrono::milliseconds> ttl;      // none: until something changes
  std::optional<std::chrono::milliseconds> ttl_min;  // then it is between the two, as often as answers turn out changed
  std::optional<std::chrono::milliseconds> stale;    // how much longer it may stand in for the one that is being made
  bool off = false;
  std::size_t offset = 0;  // within the file, of the '@'
};

/// `@alias`: a further route of the same endpoint.
struct AliasSource {
  std::string route;  // "/summary"
  std::size_t offset = 0;
};

struct EndpointSource {
  std::string file;  // as shown in errors
  std::string text;  // whole file
  std::string summary, description;
  std::vector<ParameterSpec> parameters;
  Shape shape = Shape::list;
  std::optional<CacheSpec> cache;
  std::vector<std::string> tags;  // @tags: names by which people invalidate the answers
  std::vector<AliasSource> aliases;
  unsigned status = 0;  // 0: 200, 201 for POST with an answer, 204 without
  bool bulk = false;    // the body may be an array of objects
  std::size_t bulk_max = 1000;
  std::chrono::milliseconds timeout{0};  // 0: the database's
  bool deprecated = false;
  std::size_t page_size_default = 100, page_size_max = 1000;  // `@shape page size=50 max=500`
  std::vector<StatementSource> statements;
};

/// Parses a file. All problems found are appended to `problems` (file:line:col, source line, hint); the result is
/// usable only if none was added.
[[nodiscard]] EndpointSource parse_endpoint(std::string file, std::string text, Diagnostics& problems);

}  // namespace freshet::sql
