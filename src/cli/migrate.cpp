// freshet migrate: the schema forwards, backwards, or just looked at.

#include <unistd.h>

#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/report.hpp"
#include "db/migrations.hpp"

namespace freshet::cli {
namespace {

struct MigrateArguments {
  AppArguments app;
  std::string direction = "up";
  std::size_t steps = 1;
};

std::string_view word(db::MigrationState state) {
  switch (state) {
    case db::MigrationState::applied:
      return "applied";
    case db::MigrationState::pending:
      return "pending";
    case db::MigrationState::changed:
      return "changed";
    case db::MigrationState::missing:
      return "missing";
  }
  return "";
}

void print_status(const std::vector<db::MigrationStatus>& all) {
  if (all.empty()) fmt::print("no migrations\n");
  for (const db::MigrationStatus& one : all) {
    const char* const colour = one.state == db::MigrationState::applied   ? "32"
                               : one.state == db::MigrationState::pending ? "33"
                                                                          : "31";
    fmt::print("{}  {:<32} {:<24}{}\n", styled(STDOUT_FILENO, colour, std::string(word(one.state))), one.name,
               one.applied_at, one.reversible ? "" : "  no way back");
  }
}

void migrate(const MigrateArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  const bool look_only = arguments.direction == "status";
  const std::unique_ptr<db::Connection> connection =
      look_only ? db::open_connection(config.database) : open_to_write(config);
  const auto migrations = db::read_migrations(config.folder / "migrations", connection->dialect());
  if (look_only) return print_status(db::migration_status(*connection, migrations));
  const bool up = arguments.direction == "up";
  const auto say = [up](const db::Migration& migration) {
    fmt::print("{} {}\n", up ? "applied" : "took back", migration.name);
  };
  const std::size_t count = up ? db::migrate_up(*connection, migrations, say)
                               : db::migrate_down(*connection, migrations, arguments.steps, say);
  if (count == 0) fmt::print("nothing to do\n");
}

}  // namespace

void add_migrate(CLI::App& root) {
  CLI::App* command =
      root.add_subcommand("migrate", "Bring the schema up to date, take steps back, or show where it is");
  command->group(group_data);
  auto arguments = std::make_shared<MigrateArguments>();
  add_app_arguments(*command, arguments->app);
  command->add_option("DIRECTION", arguments->direction, "Which way (default: up)")
      ->check(CLI::IsMember({"up", "down", "status"}));
  command->add_option("--steps", arguments->steps, "With down: how many migrations to take back")
      ->check(CLI::Range(1, 100'000).description(""))
      ->capture_default_str();
  command->footer("Each migration is one transaction: it is applied whole or not at all.");
  command->callback([arguments] { migrate(*arguments); });
}

}  // namespace freshet::cli
