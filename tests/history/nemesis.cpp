#include "history/nemesis.hpp"

#include <utility>

#include <fmt/format.h>

#include "history/service_asker.hpp"

namespace freshet::history {

using Clock = std::chrono::steady_clock;

Nemesis::Nemesis(Options options)
    : options_(std::move(options)),
      random_(options_.seed),
      handle_(open_sqlite(options_.path)),
      reader_(open_sqlite(options_.path)),
      next_(Clock::now() + options_.interval) {
  add_database_deeds();
  if (!dump(handle_.get(), "SELECT 1 FROM sqlite_schema WHERE name = 'freshet_change'").empty()) add_log_deeds();
  if (options_.server != nullptr) add_server_deeds(*options_.server);
}

// What is refused (busy, locked) is no matter: it is tried again some other time.
void Nemesis::add_database_deeds() {
  const auto sql = [this](std::string_view name, std::string script) {
    deeds_.push_back(
        {name, [this, script = std::move(script)] { static_cast<void>(try_execute(handle_.get(), script)); }});
  };
  sql("checkpoint", "PRAGMA wal_checkpoint(PASSIVE)");
  sql("checkpoint, and the log begins anew", "PRAGMA wal_checkpoint(RESTART)");
  sql("checkpoint, and the log is cut to nothing", "PRAGMA wal_checkpoint(TRUNCATE)");
  sql("vacuum", "VACUUM");
  sql("analyze", "ANALYZE");
  sql("index made", "CREATE INDEX IF NOT EXISTS nemesis_amount ON items (shelf, amount)");
  sql("index dropped", "DROP INDEX IF EXISTS nemesis_amount");
  sql("table made", "CREATE TABLE IF NOT EXISTS nemesis (id INTEGER PRIMARY KEY, text TEXT)");
  sql("table dropped", "DROP TABLE IF EXISTS nemesis");
  deeds_.push_back({"a reader that holds a snapshot", [this] {
                      static_cast<void>(try_execute(reader_.get(), "BEGIN; SELECT count(*) FROM items"));
                      undo_ = [this] { static_cast<void>(try_execute(reader_.get(), "COMMIT")); };
                    }});
}

// Whoever deletes from the change log, or takes triggers away, must not be able to make an answer stale.
void Nemesis::add_log_deeds() {
  const auto sql = [this](std::string_view name, std::string script) {
    deeds_.push_back(
        {name, [this, script = std::move(script)] { static_cast<void>(try_execute(handle_.get(), script)); }});
  };
  sql("change log cut to its last records",
      "DELETE FROM freshet_change WHERE id < (SELECT max(id) - 3 FROM freshet_change)");
  sql("change log emptied", "DELETE FROM freshet_change");
  deeds_.push_back({"a trigger dropped, and put back later", [this] { drop_a_trigger(); }});
  sql("a record of the change log lost",
      "DELETE FROM freshet_change WHERE id = (SELECT max(id) - 1 FROM freshet_change)");
}

void Nemesis::drop_a_trigger() {
  const std::string names =
      dump(handle_.get(),
           "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'freshet_%' ORDER BY random()");
  if (names.empty()) return;
  static_cast<void>(try_execute(handle_.get(), fmt::format("DROP TRIGGER {}", names.substr(0, names.find('|')))));
  undo_ = [this] { install_triggers(options_.app, options_.path); };
}

void Nemesis::add_server_deeds(ServerProcess& server) {
  deeds_.push_back({"server killed and started again", [&server] { server.kill_and_restart(); }});
  const auto stopped = [this, &server] {
    server.stop();
    undo_ = [&server] { server.go_on(); };
  };
  for (int i = 0; i < 3; ++i) deeds_.push_back({"server stopped for a while", stopped});
}

void Nemesis::act() {
  if (Clock::now() < next_) return;
  next_ = Clock::now() +
          std::chrono::milliseconds(1 + random_() % static_cast<std::uint64_t>(2 * options_.interval.count()));
  if (undo_) return rest();
  const Deed& deed = deeds_[random_() % deeds_.size()];
  ++done_[deed.name];
  deed.run();
}

void Nemesis::rest() {
  if (undo_) std::exchange(undo_, nullptr)();
}

std::string Nemesis::figures() const {
  std::string text;
  for (const auto& [name, times] : done_) text += fmt::format("  {:>5} × {}\n", times, name);
  return text;
}

}  // namespace freshet::history
