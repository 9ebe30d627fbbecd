#include "cli/seed.hpp"

#include <chrono>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "core/progress.hpp"
#include "core/time.hpp"
#include "db/seed.hpp"

namespace freshet::cli {

namespace {

db::SeedOptions options_from(const SeedArguments& arguments, const api::AppConfig& config) {
  const auto today = std::chrono::floor<std::chrono::days>(now());
  const std::chrono::year_month_day date(today);
  db::SeedOptions options;
  options.rows = arguments.rows.value_or(static_cast<std::int64_t>(config.seed_rows));
  options.seed = arguments.seed;
  options.until = arguments.until.empty() ? to_text(date.year() / date.month()) : arguments.until;
  if (arguments.append) options.existing = db::ExistingRows::append;
  if (arguments.if_empty) options.existing = db::ExistingRows::keep;
  if (arguments.reset) options.existing = db::ExistingRows::reset;
  return options;
}

void print_summary(const db::SeedSummary& summary) {
  for (const db::SeedSummary::File& file : summary.files) {
    fmt::print("{:>12} {:<24} {}\n", format_count(file.rows), file.table, file.file);
  }
}

}  // namespace

int run_seed(const SeedArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  const std::vector<db::SeedFile> files = db::read_seed_files(config.folder / "seed");
  const db::SeedOptions options = options_from(arguments, config);
  const std::unique_ptr<db::Connection> connection = open_to_write(config);
  require_schema(config, *connection, false, [&](const db::Migration& migration) {
    if (!arguments.quiet) fmt::print("applied {}\n", migration.name);
  });

  Progress progress({.label = "Seeding", .style = progress_style(arguments.quiet)});
  std::string_view table;
  const db::SeedSummary summary = db::seed(*connection, files, options, [&](const db::SeedProgress& step) {
    if (step.table != table) {
      table = step.table;
      progress.set_label(fmt::format("Seeding {}", table));
    }
    progress.update(step.rows, step.rows, step.rows_expected);
  });
  if (summary.kept) return 0;
  progress.set_label("Looking at what is there");
  connection->execute("ANALYZE");  // the planner should know these tables before the first request does
  progress.finish(progress.totals(summary.rows));
  if (!arguments.quiet) print_summary(summary);
  return 0;
}

void add_seed(CLI::App& root) {
  CLI::App* command = root.add_subcommand("seed", "Fill the database with believable rows, made by the SQL in seed/");
  command->group(group_data);
  auto arguments = std::make_shared<SeedArguments>();
  add_app_arguments(*command, arguments->app);
  command->add_option("--rows", arguments->rows, "How many rows (default: [seed] rows of freshet.toml, 10000)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}).description(""));
  command->add_option("--seed", arguments->seed, "Another seed, other rows; the same seed, the same rows everywhere")
      ->capture_default_str();
  command->add_option("--until", arguments->until, "The last month, as in 2025-06 (default: this month)");
  CLI::Option* const append = command->add_flag("--append", arguments->append, "Add to tables that have rows already");
  CLI::Option* const reset =
      command->add_flag("--reset", arguments->reset, "Delete the rows of these tables first")->excludes(append);
  command->add_flag("--if-empty", arguments->if_empty, "Do nothing if one of the tables has rows")
      ->excludes(append)
      ->excludes(reset);
  command->add_flag("-q,--quiet", arguments->quiet, "Say nothing unless it fails");
  command->footer("All of it is one transaction: the rows are there whole, or not at all.");
  command->callback([arguments] {
    if (const int code = run_seed(*arguments); code != 0) throw Exit{code};
  });
}

}  // namespace freshet::cli
