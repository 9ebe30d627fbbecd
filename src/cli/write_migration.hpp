#pragma once
// Migrations that commands write, to be read before they run.

#include <string>
#include <string_view>
#include <vector>

#include "api/config.hpp"
#include "db/connection.hpp"
#include "db/migrations.hpp"

namespace freshet::cli {

/// The text of a migration: why it is there, what it does, and the way back.
[[nodiscard]] std::string migration_text(std::string_view comment, std::string_view up, std::string_view down);

/// Writes it into the app's migrations folder, under the next free number and `what`, as wide as the numbers there, and
/// says so.
void write_migration(const api::AppConfig& config, const std::vector<db::Migration>& migrations, std::string_view what,
                     const std::string& text);

/// Runs it in one transaction.
void apply_script(db::Connection& connection, std::string_view script);

}  // namespace freshet::cli
