// freshet rollup: sums that are kept up to date by triggers, as a migration of the app; filled, verified, rebuilt.

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/rollups.hpp"
#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/report.hpp"
#include "cli/write_migration.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "feed/rows.hpp"

namespace freshet::cli {
namespace {

using feed::Rollup;
using feed::RollupObject;
using feed::RollupState;

struct RollupArguments {
  AppArguments app;
  std::string name;  // empty: all
  bool print = false;
  bool no_apply = false;
  bool quiet = false;
};

constexpr std::int64_t batch_rows = 20'000;  // of one transaction: others write in between
constexpr std::size_t differences_max = 20;

constexpr std::string_view enable_comment =
    "-- Made by `freshet rollup enable`. A table of sums, and triggers that keep it equal to its source within the\n"
    "-- writer's own transaction, whatever program writes. Rows that are there already are counted after it has "
    "run.\n\n";
constexpr std::string_view disable_comment =
    "-- Made by `freshet rollup disable`: these sums are not kept any more.\n\n";

[[noreturn]] void refuse_name(const std::string& name, const std::vector<std::string>& names) {
  throw Error(ErrorKind::usage, fmt::format("there is no rollup `{}`", name)).hinting(did_you_mean(name, names));
}

std::vector<sql::RollupDefinition> chosen(const api::AppConfig& config, const std::string& name) {
  if (config.rollups.empty()) {
    throw Error(ErrorKind::config, fmt::format("{} has no [[rollup]]", (config.folder / "freshet.toml").string()))
        .hinting("docs/rollups.md says how to write one");
  }
  if (name.empty()) return config.rollups;
  std::vector<std::string> names;
  for (const sql::RollupDefinition& one : config.rollups) {
    if (equal_ignoring_case(one.name, name)) return {one};
    names.push_back(one.name);
  }
  refuse_name(name, names);
}

Rollup rollup_of(db::Connection& connection, const sql::RollupDefinition& definition) {
  return {definition, feed::read_rollup_source(connection, definition)};
}

/// What takes a database to the rollup, and back to what it has now. Empty: nothing to do.
struct Scripts {
  std::string up, down;
};

// min and max look a group up when its least or greatest row goes. The rollup's own index is no reason against one: it
// may be that of another definition.
bool needs_index(db::Connection& connection, const Rollup& rollup) {
  const std::string query = rollup.group_query();
  if (query.empty()) return false;
  const std::string own = feed::source_index(rollup).name;
  return std::ranges::any_of(feed::read_rows(connection, "EXPLAIN QUERY PLAN " + query), [&](const auto& row) {
    const std::string step = feed::text_of(row.at(3));
    return step.starts_with("SCAN") || step.find(own) != std::string::npos;
  });
}

// That is there, though the rollup is not.
bool is_left_over(const Rollup& rollup, const RollupObject& object) {
  return equal_ignoring_case(object.name, feed::source_index(rollup).name);
}

Scripts scripts_for(db::Connection& connection, const Rollup& rollup) {
  const std::string& name = rollup.definition().name;
  const RollupState state = feed::rollup_state(connection, rollup);
  if (state == RollupState::complete || state == RollupState::filling) return {};
  const std::vector<RollupObject> there = feed::installed_objects(connection, name);
  Scripts out;
  std::string again;  // what was there
  if (state == RollupState::absent) {
    for (const RollupObject& object : there) {
      if (!is_left_over(rollup, object)) {
        throw Error(ErrorKind::config,
                    fmt::format("there is a {} `{}` already, which is no rollup", object.type, object.name))
            .hinting("give the rollup another name");
      }
      again = fmt::format("\n{};\n", object.sql);
    }
    out.up = feed::drop_script(there);
  } else {
    const auto row = feed::read_rows(connection, "SELECT definition FROM freshet_rollups WHERE name = ?1", {name});
    out.up = feed::remove_script(there, name) + "\n";
    again = "\n" + feed::install_script(there, name, feed::text_of(row.at(0).at(0)), rollup.source().table.name);
  }
  std::vector<RollupObject> objects = rollup.objects();
  if (needs_index(connection, rollup)) objects.push_back(feed::source_index(rollup));
  out.up += feed::install_script(objects, name, canonical_text(rollup.definition()), rollup.source().table.name);
  out.down = feed::remove_script(objects, name) + again;
  return out;
}

Scripts scripts_for(db::Connection& connection, const std::vector<sql::RollupDefinition>& definitions) {
  Scripts all;
  for (const sql::RollupDefinition& definition : definitions) {
    const Scripts one = scripts_for(connection, rollup_of(connection, definition));
    all.up += one.up;
    all.down = one.down + all.down;
  }
  return all;
}

Scripts verified_scripts(const api::AppConfig& config, const std::vector<sql::RollupDefinition>& definitions) {
  VerificationDatabase verification(config);
  Scripts scripts;
  verification.database().look([&](db::Connection& connection) { scripts = scripts_for(connection, definitions); });
  return scripts;
}

/// Pending migrations first, then what the database lacks still: all of it where the app has no migrations.
void bring_up_to_date(const api::AppConfig& config, db::Connection& connection,
                      const std::vector<sql::RollupDefinition>& definitions) {
  const auto migrations = db::read_migrations(config.folder / "migrations", db::dialect_of(config.database));
  (void)db::migrate_up(connection, migrations,
                       [](const db::Migration& migration) { fmt::print("applied {}\n", migration.name); });
  const Scripts left = scripts_for(connection, definitions);
  if (left.up.empty()) return;
  apply_script(connection, left.up);
  fmt::print("{} {}\n", migrations.empty() ? "applied to" : "repaired", config.database.url);
}

void fill(db::Connection& connection, const Rollup& rollup, bool again, bool quiet) {
  const std::string& name = rollup.definition().name;
  Progress progress({.label = fmt::format("{} {}", again ? "Rebuilding" : "Filling", name),
                     .unit = "rows",
                     .style = progress_style(quiet)});
  std::uint64_t counted = 0;
  feed::fill_rollup(connection, rollup, again, batch_rows, [&](std::uint64_t done, std::uint64_t total) {
    counted = done;
    progress.update(done, done, total);
    return true;
  });
  progress.finish("");
  fmt::print("{}: {} in {} groups\n", name, progress.totals(counted),
             connection.scalar(fmt::format("SELECT count(*) FROM {}", sql::quoted(name))));
}

void enable(const RollupArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  const std::vector<sql::RollupDefinition> definitions = chosen(config, arguments.name);
  const Scripts scripts = verified_scripts(config, definitions);
  if (arguments.print) {
    fmt::print("{}", scripts.up.empty() ? std::string("-- nothing to do\n")
                                        : migration_text(enable_comment, scripts.up, scripts.down));
    return;
  }
  const auto migrations = db::read_migrations(config.folder / "migrations", db::dialect_of(config.database));
  if (!migrations.empty() && !scripts.up.empty()) {
    write_migration(config, migrations,
                    definitions.size() == 1 ? fmt::format("rollup_{}", definitions.front().name) : "rollups",
                    migration_text(enable_comment, scripts.up, scripts.down));
  }
  if (arguments.no_apply) return;
  const std::unique_ptr<db::Connection> connection = open_to_write(config);
  bring_up_to_date(config, *connection, definitions);
  for (const sql::RollupDefinition& definition : definitions) {
    const Rollup rollup = rollup_of(*connection, definition);
    if (feed::rollup_state(*connection, rollup) == RollupState::filling) {
      fill(*connection, rollup, false, arguments.quiet);
    } else {
      fmt::print("{}: complete\n", definition.name);
    }
  }
}

/// Takes the rollup away that is called `name`, in any case; nothing where there is none.
Scripts removing_scripts(db::Connection& connection, std::string_view name) {
  for (const std::string& one : feed::installed_rollups(connection)) {
    if (!equal_ignoring_case(one, name)) continue;
    const std::vector<RollupObject> there = feed::installed_objects(connection, one);
    const auto row = feed::read_rows(connection,
                                     "SELECT definition, (SELECT tbl_name FROM sqlite_schema WHERE name = ?2) FROM "
                                     "freshet_rollups WHERE name = ?1",
                                     {one, "freshet_rollup_insert_" + one});
    const std::string definition = feed::text_of(row.at(0).at(0)), source = feed::text_of(row[0][1]);
    return {.up = feed::remove_script(there, one),
            .down = source.empty() ? "" : feed::install_script(there, one, definition, source)};
  }
  return {};
}

void disable(const RollupArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  const std::string& name = arguments.name;
  std::vector<std::string> names;  // in freshet.toml, and in the database
  for (const sql::RollupDefinition& one : config.rollups) names.push_back(one.name);
  const auto is_it = [&](const std::string& one) { return equal_ignoring_case(one, name); };
  const bool is_defined = std::ranges::any_of(names, is_it);
  const auto note_names = [&](db::Connection& connection) {
    for (std::string& one : feed::installed_rollups(connection)) names.push_back(std::move(one));
  };
  Scripts scripts;
  VerificationDatabase(config).database().look([&](db::Connection& connection) {
    note_names(connection);
    scripts = removing_scripts(connection, name);
  });
  std::unique_ptr<db::Connection> own;
  if (!arguments.print && !arguments.no_apply) {
    own = open_to_write(config);
    note_names(*own);
  }
  if (std::ranges::none_of(names, is_it)) refuse_name(name, names);
  if (arguments.print) {
    fmt::print("{}", scripts.up.empty() ? std::string("-- nothing to do\n")
                                        : migration_text(disable_comment, scripts.up, scripts.down));
    return;
  }
  auto migrations = db::read_migrations(config.folder / "migrations", db::dialect_of(config.database));
  if (!migrations.empty() && !scripts.up.empty()) {
    write_migration(config, migrations, fmt::format("no_rollup_{}", name),
                    migration_text(disable_comment, scripts.up, scripts.down));
    migrations = db::read_migrations(config.folder / "migrations", db::dialect_of(config.database));
  }
  if (arguments.no_apply) return;
  (void)db::migrate_up(*own, migrations,
                       [](const db::Migration& migration) { fmt::print("applied {}\n", migration.name); });
  if (const Scripts left = removing_scripts(*own, name); !left.up.empty()) apply_script(*own, left.up);
  if (is_defined) fmt::print("take [[rollup]] {} out of freshet.toml, too\n", name);
}

void print_differences(const Rollup& rollup, const std::vector<feed::RollupDifference>& differences) {
  const std::vector<std::string> columns = rollup.columns();
  const std::size_t groups = rollup.definition().group_by.size();
  const auto with_names = [&](const std::vector<std::string>& values, std::size_t first) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < values.size(); ++i)
      parts.push_back(fmt::format("{} {}", columns[first + i], values[i]));
    return parts.empty() ? std::string("no such group") : fmt::format("{}", fmt::join(parts, ", "));
  };
  for (const feed::RollupDifference& one : differences) {
    fmt::print("  {}\n    is        {}\n    should be {}\n", with_names(one.group, 0), with_names(one.is, groups),
               with_names(one.should_be, groups));
  }
}

void verify(const RollupArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  const std::unique_ptr<db::Connection> connection = db::open_connection(config.database);
  bool all_true = true;
  for (const sql::RollupDefinition& definition : chosen(config, arguments.name)) {
    const Rollup rollup = rollup_of(*connection, definition);
    const RollupState state = feed::rollup_state(*connection, rollup);
    if (state != RollupState::complete) {
      fmt::print("{} {}: {}\n", styled(STDOUT_FILENO, "1;31", "no"), definition.name, to_string(state));
      all_true = false;
      continue;
    }
    const auto differences = feed::rollup_differences(*connection, rollup, differences_max);
    if (differences.empty()) {
      fmt::print("{} {}: equals {} in all {} groups\n", styled(STDOUT_FILENO, "1;32", "ok"), definition.name,
                 rollup.source().table.name,
                 connection->scalar(fmt::format("SELECT count(*) FROM {}", sql::quoted(definition.name))));
      continue;
    }
    all_true = false;
    fmt::print("{} {}: {}{} groups differ\n", styled(STDOUT_FILENO, "1;31", "no"), definition.name,
               differences.size() == differences_max ? "at least " : "", differences.size());
    print_differences(rollup, differences);
  }
  if (all_true) return;
  fmt::print("freshet rollup rebuild {} makes them true again\n", config.folder.string());
  throw Exit{1};
}

void rebuild(const RollupArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  const std::unique_ptr<db::Connection> connection = open_to_write(config);
  for (const sql::RollupDefinition& definition : chosen(config, arguments.name)) {
    const Rollup rollup = rollup_of(*connection, definition);
    const RollupState state = feed::rollup_state(*connection, rollup);
    if (state == RollupState::absent || state == RollupState::outdated) {
      throw Error(ErrorKind::config, fmt::format("rollup {} is {}", definition.name, to_string(state)))
          .hinting(fmt::format("freshet rollup enable {} {}", config.folder.string(), definition.name));
    }
    fill(*connection, rollup, true, arguments.quiet);
  }
}

void list(const RollupArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  const std::unique_ptr<db::Connection> connection = db::open_connection(config.database);
  for (const sql::RollupDefinition& definition : chosen(config, {})) {
    const Rollup rollup = rollup_of(*connection, definition);
    const RollupState state = feed::rollup_state(*connection, rollup);
    const char* const colour = state == RollupState::complete ? "32" : state == RollupState::absent ? "33" : "31";
    std::string groups = "-";
    if (state == RollupState::complete || state == RollupState::filling) {
      groups = connection->scalar(fmt::format("SELECT count(*) FROM {}", sql::quoted(definition.name)));
    }
    fmt::print(
        "{:<24} {:<20} {:>10} groups  {}  by {}{}\n", definition.name, definition.source, groups,
        styled(STDOUT_FILENO, colour, fmt::format("{:<9}", to_string(state))), fmt::join(definition.group_by, ", "),
        rollup.source().reentrant ? "  (groups are summed up anew: writes to the source cause others to it)" : "");
  }
}

std::shared_ptr<RollupArguments> add_command(CLI::App& rollup, const char* name, const char* description,
                                             void (*run)(const RollupArguments&)) {
  CLI::App* const command = rollup.add_subcommand(name, description);
  auto arguments = std::make_shared<RollupArguments>();
  add_app_arguments(*command, arguments->app);
  command->callback([arguments, run] { run(*arguments); });
  return arguments;
}

void add_migration_flags(CLI::App& command, RollupArguments& arguments) {
  CLI::Option* const print = command.add_flag("--print", arguments.print, "Only show the SQL; write and apply nothing");
  command.add_flag("--no-apply", arguments.no_apply, "Write the migration, and apply it later")->excludes(print);
}

}  // namespace

void add_rollup(CLI::App& root) {
  CLI::App* const rollup = root.add_subcommand("rollup", "Keep sums up to date as rows are written");
  rollup->group(group_data);
  rollup->require_subcommand(1);
  const auto optional_name = [&](const char* command, RollupArguments& arguments) {
    rollup->get_subcommand(command)->add_option("NAME", arguments.name, "Which rollup (default: all)");
  };

  const auto on =
      add_command(*rollup, "enable", "Make the rollups of freshet.toml, and count the rows there are", enable);
  optional_name("enable", *on);
  add_migration_flags(*rollup->get_subcommand("enable"), *on);
  rollup->get_subcommand("enable")->add_flag("--quiet", on->quiet, "No progress");
  rollup->get_subcommand("enable")->footer(
      "Writes migrations/NNNN_rollup_NAME.sql, with the way back, applies it, and counts the rows that are there in\n"
      "small transactions, so that others write in between. Interrupted, it goes on where it was.");

  const auto check =
      add_command(*rollup, "verify", "Compare rollups with their sources: does every group agree?", verify);
  optional_name("verify", *check);
  const auto again = add_command(*rollup, "rebuild", "Count everything again", rebuild);
  optional_name("rebuild", *again);
  rollup->get_subcommand("rebuild")->add_flag("--quiet", again->quiet, "No progress");
  (void)add_command(*rollup, "ls", "List rollups and their state", list);
  const auto off = add_command(*rollup, "disable", "Keep these sums no longer", disable);
  rollup->get_subcommand("disable")->add_option("NAME", off->name, "Which rollup")->required();
  add_migration_flags(*rollup->get_subcommand("disable"), *off);
}

}  // namespace freshet::cli
