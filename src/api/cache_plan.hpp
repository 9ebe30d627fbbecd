#pragma once
// Whether and how an endpoint's answers are kept: what they depend on, under which key, for how long. Made once, with
// the endpoint; from it and the arguments of a call follow the tags of the answer.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/arguments.hpp"
#include "api/endpoint.hpp"
#include "feed/pieces.hpp"
#include "feed/tag.hpp"
#include "sql/dependencies.hpp"
#include "sql/schema.hpp"

namespace freshet::api {

struct CachePlan {
  bool cacheable = false;
  bool off = false;    // `@cache off`
  std::string reason;  // why it is not cacheable, for people, with file:line

  /// What one statement of the endpoint depends on; for each of a GET, cacheable or not.
  struct StatementReads {
    std::uint32_t statement = 0;  // of Endpoint::statements
    sql::Dependencies dependencies;
  };
  std::vector<StatementReads> statements;
  /// The same of all statements together, each once.
  struct Reference {
    sql::TableDependency table;
    std::vector<std::uint32_t> statements;
  };
  std::vector<Reference> references;
  std::vector<feed::Shape> shapes;     // that tags_of() may name, ascending: for Feed::watch()
  std::vector<feed::Tag> manual_tags;  // `@tags`

  std::optional<std::chrono::milliseconds> ttl;      // none: until something changes
  std::optional<std::chrono::milliseconds> ttl_min;  // then between the two (cache/change_rate.hpp)
  std::optional<std::chrono::milliseconds> stale;    // how long an answer that ended may stand in for the next one
};

/// O(text of the statements, and of the views that they read).
[[nodiscard]] std::shared_ptr<const CachePlan> make_cache_plan(const Endpoint& endpoint, const sql::Schema& schema);

/// Shapes that the feed cannot see (what Feed::watch() returned): their pieces are the whole table.
using UnseenShapes = std::set<feed::Shape>;

/// How the default `= now` of parameters that were not given makes a call's question another one as time goes by.
enum class ClockUse : std::uint8_t {
  none,    // the same target asks the same for ever
  day,     // the same until a day or month ends: the key says which
  moment,  // never the same: not to be kept
};
[[nodiscard]] ClockUse depends_on_clock(const Endpoint& endpoint, const Arguments& arguments);
/// True if the raw target of a request says all that its answer depends on beside the data: nothing comes in a header,
/// and nothing from the clock. Only then may the target stand for the answer.
[[nodiscard]] bool target_says_all(const Endpoint& endpoint, const Arguments& arguments);
/// The arguments of a call by the names of its parameters, for feed::pieces_of(). Both must outlive it.
[[nodiscard]] feed::ArgumentLookup lookup_in(const Endpoint& endpoint, const Arguments& arguments);

/// What the answer to a call depends on, each tag once; statements that @when leaves out are left out. nullopt: this
/// answer is not to be kept, since it is of this moment, or depends on a table that nobody watches. Requires
/// plan.cacheable.
[[nodiscard]] std::optional<std::vector<feed::Tag>> tags_of(const CachePlan& plan, const Endpoint& endpoint,
                                                            const Arguments& arguments, const UnseenShapes& unseen);

/// The key of a call: all that its answer is made of beside the data (cache/key.hpp). `path` and `query` as they were
/// sent: the links of a page repeat them; where they are not in the order in which they would be written here, they
/// become a part of the key.
[[nodiscard]] std::string key_of(const Endpoint& endpoint, const Arguments& arguments, std::string_view path,
                                 std::string_view query);

/// `transactions[category=:category?,month=:month]`, for people: what pieces a reference names. `?` stands after a
/// parameter that only counts when it is given, `[]` after a list.
[[nodiscard]] std::string pattern_of(const sql::TableDependency& dependency);

}  // namespace freshet::api
