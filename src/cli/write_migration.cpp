#include "cli/write_migration.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "core/file.hpp"

namespace freshet::cli {

std::string migration_text(std::string_view comment, std::string_view up, std::string_view down) {
  return fmt::format("{}{}\n-- @down\n{}", comment, up, down);
}

void write_migration(const api::AppConfig& config, const std::vector<db::Migration>& migrations, std::string_view what,
                     const std::string& text) {
  const std::string last = migrations.empty() ? "0000" : migrations.back().version;
  const std::string name = fmt::format("{:0{}}_{}", std::stoull(last) + 1, last.size(), what);
  const std::filesystem::path file = config.folder / "migrations" / (name + ".sql");
  write_file(file, text);
  fmt::print("wrote {}\n", file.string());
}

void apply_script(db::Connection& connection, std::string_view script) {
  db::Transaction transaction(connection, db::Mode::write);
  connection.execute(script);
  transaction.commit();
}

}  // namespace freshet::cli
