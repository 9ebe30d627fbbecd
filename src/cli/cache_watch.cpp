// freshet cache enable, freshet cache disable: triggers that log which rows are written, as a migration of the app.

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/cache_plan.hpp"
#include "cli/cache_commands.hpp"
#include "cli/common.hpp"
#include "cli/report.hpp"
#include "cli/write_migration.hpp"
#include "db/location.hpp"
#include "db/migrations.hpp"
#include "feed/watch_plan.hpp"

namespace freshet::cli {
namespace {

struct WatchArguments {
  AppArguments app;
  bool print = false;
  bool no_apply = false;
};

constexpr std::string_view enable_comment =
    "-- Made by `freshet cache enable`. Triggers log which rows are written, by whatever program, so that a write "
    "ends\n"
    "-- the kept answers that it concerns, and no others. Run it again when endpoints or tables have changed.\n";
constexpr std::string_view disable_comment =
    "-- Made by `freshet cache disable`: writes are not logged any more. Any write ends all kept answers.\n";

/// What cacheable answers of the app may depend on.
std::vector<feed::Shape> shapes_of(const api::App& app) {
  std::vector<feed::Shape> shapes;
  for (const api::EndpointPtr& endpoint : app.endpoints) {
    if (!endpoint->cache->cacheable) continue;
    shapes.insert(shapes.end(), endpoint->cache->shapes.begin(), endpoint->cache->shapes.end());
  }
  std::ranges::sort(shapes);
  shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
  return shapes;
}

std::string_view word(feed::WatchPlan::Step step) {
  switch (step) {
    case feed::WatchPlan::Step::keep:
      return "";
    case feed::WatchPlan::Step::add:
      return "new";
    case feed::WatchPlan::Step::change:
      return "changed";
    case feed::WatchPlan::Step::remove:
      return "no longer";
  }
  return "";
}

void print_tables(const feed::WatchPlan& plan) {
  std::size_t width = 0;
  for (const auto& entry : plan.tables) width = std::max(width, entry.table.name.size());
  for (const auto& [table, step] : plan.tables) {
    const std::string columns =
        table.columns.empty() ? "as a whole" : fmt::format("by {}", fmt::join(table.columns, ", "));
    fmt::print("{:<{}}  {}{}\n", table.name, width, columns,
               step == feed::WatchPlan::Step::keep ? "" : styled(STDOUT_FILENO, "33", fmt::format("  {}", word(step))));
  }
  for (const feed::Shape& shape : plan.unseen) {
    if (shape.columns.empty()) fmt::print("{:<{}}  cannot be watched: its answers are not kept\n", shape.table, width);
  }
}

std::string as_migration(std::string_view comment, const feed::WatchPlan& plan) {
  return migration_text(comment, plan.up, plan.down.substr(plan.down.find_first_not_of('\n')));
}

/// Brings the app's own database to where `plan_for` wants it: pending migrations first, then what is missing still.
template <class PlanFor>
void apply(const api::AppConfig& config, const std::vector<db::Migration>& migrations, PlanFor plan_for) {
  const std::unique_ptr<db::Connection> connection = open_to_write(config);
  const std::size_t count = db::migrate_up(
      *connection, migrations, [](const db::Migration& migration) { fmt::print("applied {}\n", migration.name); });
  const feed::WatchPlan left = plan_for(config.database);
  if (left.empty()) {
    if (count == 0) fmt::print("nothing to do\n");
    return;
  }
  apply_script(*connection, left.up);
  if (migrations.empty()) {
    fmt::print("applied to {}\n", db::parse_location(config.database.url).shown());
  } else {
    fmt::print("repaired {}: it was not what its migrations had made\n",
               db::parse_location(config.database.url).shown());
  }
}

/// `plan_for` makes the plan for a database: for the scratch one that the migrations make, and for the app's own.
template <class PlanFor>
void run(const WatchArguments& arguments, const api::AppConfig& config, const db::DatabaseOptions& verification,
         std::string_view what, std::string_view comment, PlanFor plan_for) {
  std::vector<db::Migration> migrations =
      db::read_migrations(config.folder / "migrations", db::dialect_of(config.database));
  const feed::WatchPlan plan = plan_for(verification);
  if (arguments.print) {
    fmt::print("{}", plan.empty() ? std::string("-- nothing to do\n") : as_migration(comment, plan));
    return;
  }
  print_tables(plan);
  if (!migrations.empty() && !plan.empty()) {
    write_migration(config, migrations, what, as_migration(comment, plan));
    migrations = db::read_migrations(config.folder / "migrations", db::dialect_of(config.database));
  }
  if (arguments.no_apply) return;
  apply(config, migrations, plan_for);
}

void enable(const WatchArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  VerificationDatabase verification(config);
  const std::vector<feed::Shape> shapes = shapes_of(*compile_app(config, verification.database()));
  run(arguments, config, verification.options(), "watch_changes", enable_comment,
      [&](const db::DatabaseOptions& options) { return feed::plan_watch(options, shapes); });
}

void disable(const WatchArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  const VerificationDatabase verification(config);
  run(arguments, config, verification.options(), "stop_watching_changes", disable_comment,
      [](const db::DatabaseOptions& options) { return feed::plan_unwatch(options); });
}

std::shared_ptr<WatchArguments> add_watch_arguments(CLI::App& command) {
  auto arguments = std::make_shared<WatchArguments>();
  add_app_arguments(command, arguments->app);
  CLI::Option* const print =
      command.add_flag("--print", arguments->print, "Only show the SQL; write and apply nothing");
  command.add_flag("--no-apply", arguments->no_apply, "Write the migration, and apply it later")->excludes(print);
  return arguments;
}

}  // namespace

void add_cache_enable(CLI::App& cache) {
  CLI::App* command = cache.add_subcommand("enable", "Log which rows are written: a write ends what it concerns only");
  const auto arguments = add_watch_arguments(*command);
  command->footer(
      "Writes migrations/NNNN_watch_changes.sql, with the way back, and applies it. Run it again when endpoints or\n"
      "tables have changed: it makes a migration of the difference. An app without migrations gets the triggers put\n"
      "into its database.");
  command->callback([arguments] { enable(*arguments); });
}

void add_cache_disable(CLI::App& cache) {
  CLI::App* command = cache.add_subcommand("disable", "Log no writes any more: each ends all kept answers");
  const auto arguments = add_watch_arguments(*command);
  command->footer("Writes migrations/NNNN_stop_watching_changes.sql, with the way back, and applies it.");
  command->callback([arguments] { disable(*arguments); });
}

std::string watch_hint(const api::App& app, const db::DatabaseOptions& options, bool outdated_only) {
  if (db::dialect_of(options) != db::Dialect::sqlite) return {};  // there, no answers are kept yet
  if (!app.config.cache.enabled || app.config.database.read_only) return {};
  const std::vector<feed::Shape> shapes = shapes_of(app);
  const feed::WatchPlan plan = feed::plan_watch(options, shapes);
  if (plan.empty()) return {};
  const bool none =
      std::ranges::all_of(plan.tables, [](const auto& entry) { return entry.step == feed::WatchPlan::Step::add; });
  if (none && outdated_only) return {};
  return fmt::format("{}: freshet cache enable {}",
                     none ? "any write ends all kept answers; to end only those that it concerns"
                          : "the triggers that log writes are not up to date",
                     app.config.folder.string());
}

}  // namespace freshet::cli
