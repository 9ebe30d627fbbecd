#include "cli/common.hpp"

#include <unistd.h>

#include <cstdlib>
#include <random>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/report.hpp"

namespace freshet::cli {

api::ConfigOverrides AppArguments::overrides() const {
  api::ConfigOverrides out;
  if (!database_url.empty()) out.database_url = database_url;
  return out;
}

void add_app_arguments(CLI::App& command, AppArguments& arguments) {
  command.add_option("APP", arguments.folder, "Folder of the app")->required();
  command.add_option("--database", arguments.database_url, "Database instead of the app's own, as in sqlite:FILE");
}

api::AppConfig read_config(const AppArguments& arguments) {
  Diagnostics problems;
  const Environment environment;
  api::AppConfig config = api::read_app_config(arguments.folder, arguments.overrides(), environment, problems);
  if (!problems.empty()) throw Exit{print_problems(problems)};
  return config;
}

std::shared_ptr<api::App> compile_app(const api::AppConfig& config, db::Database& database, feed::Feed* feed) {
  Diagnostics problems;
  std::shared_ptr<api::App> app = api::load_app(config, database, problems, feed);
  if (app == nullptr) throw Exit{print_problems(problems)};
  return app;
}

std::unique_ptr<db::Connection> open_to_write(const api::AppConfig& config) {
  if (config.database.read_only) {
    throw Error(ErrorKind::config, "this command writes to the database, and `database.read_only` is set")
        .hinting(fmt::format("change {} to write", (config.folder / "freshet.toml").string()));
  }
  return db::open_connection(config.database);
}

void require_schema(const api::AppConfig& config, db::Connection& connection, bool look_only,
                    const std::function<void(const db::Migration&)>& applied) {
  const auto migrations = db::read_migrations(config.folder / "migrations", connection.dialect());
  if (migrations.empty()) return;
  if (config.database.migrate_on_start && !look_only) {
    (void)db::migrate_up(connection, migrations, applied);
    return;
  }
  for (const db::MigrationStatus& status : db::migration_status(connection, migrations)) {
    if (status.state == db::MigrationState::applied) continue;
    throw Error(ErrorKind::config, fmt::format("the database is not up to date: {}", status.name))
        .hinting(fmt::format("freshet migrate {}", config.folder.string()));
  }
}

namespace {

std::filesystem::path make_scratch_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "freshet-check-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw Error(ErrorKind::internal,
                fmt::format("cannot make a temporary folder in {}", std::filesystem::temp_directory_path().string()));
  }
  return pattern;
}

}  // namespace

VerificationDatabase::VerificationDatabase(const api::AppConfig& config)
    : options_(config.database), own_url_(config.database.url) {
  const auto migrations = db::read_migrations(config.folder / "migrations", db::dialect_of(options_));
  options_.pool_size = 1;
  options_.read_only = migrations.empty();
  try {
    if (!migrations.empty()) {
      db::dialect_of(options_) == db::Dialect::sqlite ? make_scratch_file() : make_scratch_schema();
      (void)db::migrate_up(*db::open_connection(options_), migrations, [](const db::Migration&) {});
    }
    database_ = db::open_database(options_);
  } catch (...) {
    remove_scratch();
    throw;
  }
}

VerificationDatabase::~VerificationDatabase() {
  database_.reset();
  remove_scratch();
}

void VerificationDatabase::make_scratch_file() {
  scratch_ = make_scratch_folder();
  options_.url = "sqlite:" + (scratch_ / "check.db").string();
}

// Found first; what stands in public (extensions, above all) is found after it.
void VerificationDatabase::make_scratch_schema() {
  const std::unique_ptr<db::Connection> connection = db::open_connection(options_);
  const std::string schema = fmt::format("freshet_check_{}_{}", ::getpid(), std::random_device{}());
  connection->execute(fmt::format("CREATE SCHEMA {}", schema));
  schema_ = schema;
  options_.url += fmt::format("{}options=-c%20search_path%3D{}%2Cpublic",
                              options_.url.find('?') == std::string::npos ? '?' : '&', schema);
}

void VerificationDatabase::remove_scratch() noexcept {
  std::error_code ignored;  // a temporary folder that cannot be removed is no reason to fail
  if (!scratch_.empty()) std::filesystem::remove_all(scratch_, ignored);
  if (schema_.empty()) return;
  try {
    options_.url = own_url_;
    db::open_connection(options_)->execute(fmt::format("DROP SCHEMA {} CASCADE", schema_));
  } catch (const std::exception& failure) {
    fmt::print(stderr, "the schema {} was left behind: {}\n", schema_, failure.what());
  }
}

}  // namespace freshet::cli
