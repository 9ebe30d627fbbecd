#pragma once
// Writes: what is in the database at first, and random transactions on it. The same seed gives the same.

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "history/endpoints.hpp"
#include "history/questions.hpp"

namespace freshet::history {

using OpId = std::int64_t;

/// A transaction, as every kind of writer can run it.
struct Op {
  OpId id = 0;
  // Either statements, or an endpoint of the app that writes, by its route.
  std::vector<std::string> statements;
  std::string endpoint;
  Arguments arguments;
  bool foreign_keys = true;         // of the writer's connection
  bool recursive_triggers = false;  // likewise: whether a REPLACE fires triggers for what it evicts
  bool rolls_back = false;          // in the end, instead of COMMIT

  [[nodiscard]] std::string text() const;  // for accounts
};

/// What fills the tables at first.
[[nodiscard]] std::string first_rows(const WorldSize& size);

/// Makes transactions. Not thread-safe: one a writer.
class Scribe {
 public:
  Scribe(const WorldSize& size, std::uint64_t seed) : size_(size), random_(seed) {}

  /// For writers that run SQL.
  [[nodiscard]] Op script(OpId id);
  /// For writers that call the app's endpoints.
  [[nodiscard]] Op call(OpId id);

 private:
  [[nodiscard]] int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  [[nodiscard]] bool chance(int percent) { return below(100) < percent; }
  [[nodiscard]] int item() { return 1 + below(size_.items_max); }
  [[nodiscard]] std::string category() { return category_name(below(size_.categories), chance(30)); }
  [[nodiscard]] std::string code() { return code_name(below(size_.codes), chance(30)); }
  [[nodiscard]] int giver() { return 1 + below(chance(50) ? size_.hot_accounts : size_.accounts); }
  [[nodiscard]] std::string number(int value);
  [[nodiscard]] std::string item_values();
  void add(std::vector<std::string>& statements);
  void add_item_write(std::vector<std::string>& statements);
  void add_part_write(std::vector<std::string>& statements);
  void add_category_write(std::vector<std::string>& statements);
  void add_transfer(std::vector<std::string>& statements);
  void add_bulk(std::vector<std::string>& statements);
  void add_savepoint(std::vector<std::string>& statements);

  const WorldSize size_;
  std::mt19937_64 random_;
};

}  // namespace freshet::history
