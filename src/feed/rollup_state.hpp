#pragma once
// Rollups in a database: what is installed, whether it may be relied on, and whether it is true.
//
// The table freshet_rollups has a row for each: its definition, and whether the rows that were there before it are in
// it (`complete`) or not yet (`filling`).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "feed/rollup_ddl.hpp"

namespace freshet::feed {

enum class RollupState : std::uint8_t {
  absent,    // not in the database
  outdated,  // there, but made for another definition, or for the source as it was
  filling,   // kept up to date by its triggers, but rows from before are still missing
  complete,  // equals its source
};
[[nodiscard]] std::string_view to_string(RollupState state) noexcept;

/// The state of the rollup in this database. Only `complete` may be read from.
[[nodiscard]] RollupState rollup_state(db::Connection& connection, const Rollup& rollup);

/// The rollups that are there, by name.
[[nodiscard]] std::vector<std::string> installed_rollups(db::Connection& connection);

/// An index on the source that finds a group's rows when its least or greatest goes. A rollup without it is slow at
/// that, not wrong: it is none of Rollup::objects().
[[nodiscard]] RollupObject source_index(const Rollup& rollup);

/// The objects of a rollup of that name that are there, as the schema has them, in an order in which they can be
/// made; the index on its source too.
[[nodiscard]] std::vector<RollupObject> installed_objects(db::Connection& connection, std::string_view name);

/// SQL that makes the rollup, or takes away what `objects` list. The rows that are there already are not counted by
/// it: the state becomes `complete` only if there are none. drop_script() takes away objects of what is no rollup.
[[nodiscard]] std::string install_script(const std::vector<RollupObject>& objects, std::string_view name,
                                         std::string_view definition, std::string_view source);
[[nodiscard]] std::string install_script(const Rollup& rollup);
[[nodiscard]] std::string drop_script(const std::vector<RollupObject>& objects);
[[nodiscard]] std::string remove_script(const std::vector<RollupObject>& objects, std::string_view name);

/// Counts the rows from before: group by group, in transactions of some `batch_rows` rows each, so that others write in
/// between. Goes on where an earlier call was interrupted, or from the start if `again`. `progress` hears of rows
/// counted and rows in all, after each transaction; false stops. True: complete. Throws config, where a value cannot be
/// summed up.
bool fill_rollup(db::Connection& connection, const Rollup& rollup, bool again, std::int64_t batch_rows,
                 const std::function<bool(std::uint64_t, std::uint64_t)>& progress);

/// A group of which the rollup says something else than its source; either may lack it.
struct RollupDifference {
  std::vector<std::string> group;
  std::vector<std::string> is, should_be;  // the other columns; empty: no such group
};
/// At most `limit` of them, in one snapshot. The whole source is read.
[[nodiscard]] std::vector<RollupDifference> rollup_differences(db::Connection& connection, const Rollup& rollup,
                                                               std::size_t limit);

}  // namespace freshet::feed
