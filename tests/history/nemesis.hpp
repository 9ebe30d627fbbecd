#pragma once
// What goes wrong, or on, around a database: done to a run now and then, by chance.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "history/server_process.hpp"
#include "history/sqlite.hpp"

namespace freshet::history {

class Nemesis {
 public:
  struct Options {
    std::string path;                         // of the database
    std::filesystem::path app;                // for putting triggers back that it takes away
    ServerProcess* server = nullptr;          // null: in this process
    std::chrono::milliseconds interval{500};  // about so often something happens
    std::uint64_t seed = 1;
  };
  explicit Nemesis(Options options);

  /// Called every few milliseconds.
  void act();
  /// Ends what lasts.
  void rest();
  /// What was done, how often.
  [[nodiscard]] std::string figures() const;

 private:
  struct Deed {
    std::string_view name;
    std::function<void()> run;
  };
  void add_database_deeds();
  void add_log_deeds();
  void add_server_deeds(ServerProcess& server);

  void drop_a_trigger();

  const Options options_;
  std::mt19937_64 random_;
  Handle handle_, reader_;
  std::vector<Deed> deeds_;
  std::map<std::string_view, int> done_;
  std::chrono::steady_clock::time_point next_;
  std::function<void()> undo_;  // of the deed that lasts, if any
};

}  // namespace freshet::history
