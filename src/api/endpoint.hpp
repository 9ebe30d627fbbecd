#pragma once
// An endpoint, compiled: its source verified against the database, every name resolved to an index, so that a request
// only binds, steps and encodes. Immutable; shared by all threads and by requests that outlive a reload.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/route_files.hpp"
#include "core/error.hpp"
#include "db/database.hpp"
#include "sql/directives.hpp"
#include "sql/rollup_match.hpp"
#include "sql/statement.hpp"

namespace freshet::api {

/// Where a parameter comes from.
enum class Place : std::uint8_t { path, query, body, header };
[[nodiscard]] std::string_view to_string(Place place) noexcept;

/// A result column as it is encoded.
struct ColumnPlan {
  std::string name;
  std::string prefix;  // `"name":`, escaped once
  sql::ColumnType type = sql::ColumnType::any;
  bool nullable = true;
  bool json_made_by_database = false;  // the text of a json column needs no check
  bool form_is_sure = true;            // false: a type that the database knows by name and does not hold values to
};

/// Where a bound position takes its value from.
struct SlotPlan {
  enum class From : std::uint8_t { parameter, given, capture, page_limit, page_offset };
  From from = From::parameter;
  std::uint32_t index = 0;    // parameter, or statement of a capture
  std::uint32_t capture = 0;  // which of that statement's captures
  bool list = false;
  friend bool operator==(const SlotPlan&, const SlotPlan&) = default;
};

/// This statement's rows are nested under those of an earlier one.
struct EmbedPlan {
  std::uint32_t parent = 0;  // statement
  std::uint32_t child_column = 0;
};
/// The same, as the parent sees it.
struct ChildPlan {
  std::uint32_t statement = 0;
  std::uint32_t parent_column = 0;
  std::string key;
  std::string prefix;   // `"lines":`
  bool single = false;  // an object or null instead of an array
};

/// Where statements read that rollups can answer.
enum class Origin : std::uint8_t { rollups, sources };

struct StatementPlan {
  std::string name;
  sql::Shape shape = sql::Shape::list;
  bool answers = false;  // its rows are (part of) the answer
  db::StatementPtr statement;
  db::StatementPtr count;  // page: how many rows there are in all
  /// Where rollups answer: their names, and the statements as the file has them. What the answer depends on follows
  /// from those: a rollup changes when its source does, in the same commit. Null otherwise.
  std::vector<std::string> rollups;
  db::StatementPtr from_source, count_from_source;
  [[nodiscard]] const db::StatementPtr& read_from(Origin origin) const noexcept {
    return origin == Origin::sources && from_source != nullptr ? from_source : statement;
  }
  [[nodiscard]] const db::StatementPtr& count_from(Origin origin) const noexcept {
    return origin == Origin::sources && count_from_source != nullptr ? count_from_source : count;
  }
  std::vector<SlotPlan> slots;
  std::size_t count_slots = 0;  // the count takes the first that many
  std::vector<ColumnPlan> columns;
  std::vector<std::uint32_t> captures;  // columns that later statements read
  struct When {
    std::uint32_t parameter = 0;
    std::vector<std::string> values;
    friend bool operator==(const When&, const When&) = default;
  };
  std::optional<When> when;
  std::optional<EmbedPlan> embed;
  std::vector<ChildPlan> children;
  bool depends_on_earlier = false;
  /// An earlier statement that reads the same with the same values: it runs once, and both have its rows.
  std::optional<std::uint32_t> repeats;
};

struct CachePlan;  // cache_plan.hpp

struct Endpoint {
  http::Method method = http::Method::get;
  std::string route;
  sql::EndpointSource source;
  std::vector<Place> places;                     // of source.parameters, one each
  std::vector<std::uint32_t> path_parameters;    // index into source.parameters, in the order of the route
  std::string vary;                              // headers that parameters come in, for Vary; empty: none
  std::optional<std::uint32_t> page, page_size;  // parameters, when a statement has shape page
  std::vector<StatementPlan> statements;
  bool writes = false;                     // runs in a write transaction
  bool keyed = false;                      // answers an object with a key a statement
  std::shared_ptr<const CachePlan> cache;  // whether and how its answers are kept; never null once compiled

  [[nodiscard]] unsigned success_status() const noexcept;
  [[nodiscard]] bool reads_rollups() const noexcept;
  /// The statement whose rows are the answer when !keyed; nullptr: no content.
  [[nodiscard]] const StatementPlan* answer() const noexcept;
  /// The answer is streamed, in the form that the caller chooses (shape rows of a GET).
  [[nodiscard]] bool streams() const noexcept;
  /// Streamed, and `?format=` chooses the form: it is no parameter of the endpoint's own.
  [[nodiscard]] bool takes_format() const noexcept;
};
using EndpointPtr = std::shared_ptr<const Endpoint>;

/// The header that a parameter of that name comes in: `client_version` in `client-version`.
[[nodiscard]] std::string header_name_of(std::string_view parameter);

/// Reads, parses and verifies one file; `catalog` is the database's schema. What `rollups` can answer is asked of them.
/// Returns null if problems were appended.
[[nodiscard]] EndpointPtr compile_endpoint(const RouteFile& file, db::Database& database, const db::Catalog& catalog,
                                           Diagnostics& problems, const std::vector<sql::RollupTable>& rollups = {});

/// "answered from rollup month_totals", or empty.
[[nodiscard]] std::string answered_from(const StatementPlan& plan);

}  // namespace freshet::api
