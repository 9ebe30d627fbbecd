#include "db/postgres/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "db/postgres/errors.hpp"

#include <libpq-fe.h>

namespace freshet::db::postgres {

void FinishConnection::operator()(pg_conn* handle) const noexcept { PQfinish(handle); }
void ClearResult::operator()(pg_result* handle) const noexcept { PQclear(handle); }
void FreeCancel::operator()(pg_cancel* handle) const noexcept { PQfreeCancel(handle); }

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

/// What the URL itself says.
Parameters parse_url(const Location& location) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(location.url.c_str(), &message));
  PQfreemem(message);  // it quotes the URL, password and all
  if (options == nullptr) {
    throw Error(ErrorKind::config, fmt::format("database.url cannot be read: {}", location.shown()))
        .hinting("write it as postgresql://user@host:port/database?sslmode=require; special characters as %XX");
  }
  Parameters parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parameters.emplace_back(option->keyword, option->val);
  }
  return parameters;
}

/// Settings of the session, as the server takes them in the first packet: they cost no round trip.
std::string server_options(const DatabaseOptions& options, Role role) {
  std::string text =
      "-c jit=off -c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c bytea_output=hex "
      "-c extra_float_digits=1";
  if (role == Role::session) text += fmt::format(" -c statement_timeout={}", options.statement_timeout.count());
  // A session's write transactions say READ WRITE; nothing else writes.
  if (role == Role::session || options.read_only) text += " -c default_transaction_read_only=on";
  return text;
}

}  // namespace

Settings settings_of(const Location& location, const DatabaseOptions& options, Role role) {
  Settings settings;
  settings.shown = location.shown();
  settings.parameters = {
      {"fallback_application_name", "freshet"},
      {"connect_timeout", std::to_string(std::max<std::int64_t>(options.connect_timeout.count() / 1000, 1))},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "60000"},
  };
  const char* from_environment = std::getenv("PGOPTIONS");  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
  std::string server = from_environment == nullptr ? "" : from_environment;
  for (auto& [name, value] : parse_url(location)) {
    if (name == "options") {
      server = std::move(value);
    } else if (name != "client_encoding") {
      settings.parameters.emplace_back(std::move(name), std::move(value));
    }
  }
  settings.parameters.emplace_back("client_encoding", "UTF8");
  if (options.prepared) {
    // Ours come last: what reads the rows counts on them.
    settings.parameters.emplace_back("options", fmt::format("{} {}", server, server_options(options, role)));
  } else if (!server.empty()) {
    settings.parameters.emplace_back("options", server);
  }
  return settings;
}

std::string find_functions(bool in_transaction) {
  return fmt::format(
      "SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), "
      "'freshet'), {})",
      in_transaction);
}

ConnectionHandle connect(const Settings& settings) {
  std::vector<const char*> names, values;
  for (const auto& [name, value] : settings.parameters) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  ConnectionHandle handle(PQconnectdbParams(names.data(), values.data(), 0));
  if (handle == nullptr) throw std::bad_alloc();
  if (PQstatus(handle.get()) != CONNECTION_OK) throw open_error(handle.get(), settings.shown);
  const ResultHandle found(PQexec(handle.get(), find_functions(false).c_str()));
  if (PQresultStatus(found.get()) != PGRES_TUPLES_OK) throw lost_error(handle.get(), {});
  return handle;
}

}  // namespace freshet::db::postgres
