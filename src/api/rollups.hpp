#pragma once
// The rollups of an app: [[rollup]] in freshet.toml, and what of it the database has.

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/error.hpp"
#include "db/database.hpp"
#include "feed/rollup_state.hpp"
#include "sql/rollup.hpp"

namespace freshet::api {

/// Reads each [[rollup]]; mistakes are noted at their keys.
[[nodiscard]] std::vector<sql::RollupDefinition> read_rollup_tables(std::vector<ConfigFile::Table> tables);

struct AppRollup {
  std::shared_ptr<const feed::Rollup> rollup;
  feed::RollupState state = feed::RollupState::absent;
};

/// Each definition against the database. What does not fit is appended to `problems`. Blocking.
[[nodiscard]] std::vector<AppRollup> look_at_rollups(const std::vector<sql::RollupDefinition>& definitions,
                                                     db::Database& database, Diagnostics& problems);

}  // namespace freshet::api
