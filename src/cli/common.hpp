#pragma once
// What several commands share: the APP argument, opening an app's database, checking an app.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/app.hpp"
#include "api/config.hpp"
#include "core/error.hpp"
#include "db/database.hpp"
#include "db/migrations.hpp"

namespace CLI {
class App;
}

namespace freshet::cli {

/// `APP` and `--database URL`, as nearly every command takes them.
struct AppArguments {
  std::string folder;
  std::string database_url;  // empty: what freshet.toml says

  [[nodiscard]] api::ConfigOverrides overrides() const;
};
void add_app_arguments(CLI::App& command, AppArguments& arguments);

/// Reads the configuration, or prints every mistake in it and throws Exit.
[[nodiscard]] api::AppConfig read_config(const AppArguments& arguments);

/// Compiles the app against `database`, or prints every mistake and throws Exit.
[[nodiscard]] std::shared_ptr<api::App> compile_app(const api::AppConfig& config, db::Database& database,
                                                    feed::Feed* feed = nullptr);

/// The app's database for a command that writes to it. Throws config where the app only reads it.
[[nodiscard]] std::unique_ptr<db::Connection> open_to_write(const api::AppConfig& config);

/// Applies pending migrations, telling `applied` of each, where the app migrates when it starts; otherwise, or with
/// `look_only`, throws config if any is pending: it names the first one and says what to run.
void require_schema(const api::AppConfig& config, db::Connection& connection, bool look_only,
                    const std::function<void(const db::Migration&)>& applied);

/// A database with the app's schema to verify statements against, without touching the app's own data: a scratch one
/// made by its migrations where it has any, else its own, opened read-only. On PostgreSQL the scratch is a schema of
/// its own in the app's database. Removes the scratch when it dies.
class VerificationDatabase {
 public:
  explicit VerificationDatabase(const api::AppConfig& config);
  ~VerificationDatabase();
  VerificationDatabase(const VerificationDatabase&) = delete;
  VerificationDatabase& operator=(const VerificationDatabase&) = delete;
  [[nodiscard]] db::Database& database() noexcept { return *database_; }
  /// For further connections to it.
  [[nodiscard]] const db::DatabaseOptions& options() const noexcept { return options_; }

 private:
  void make_scratch_file();
  void make_scratch_schema();
  void remove_scratch() noexcept;

  std::filesystem::path scratch_;  // SQLite: its folder
  std::string schema_;             // PostgreSQL: its name
  db::DatabaseOptions options_;
  std::string own_url_;
  std::unique_ptr<db::Database> database_;
};

}  // namespace freshet::cli
