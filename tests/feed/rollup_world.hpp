#pragma once
// A random table with a random rollup on it, and random writes of every form that SQLite has.

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "db/connection.hpp"
#include "feed/rollup_ddl.hpp"
#include "feed/rollup_source.hpp"
#include "feed/rollup_state.hpp"
#include "sql/rollup.hpp"

namespace freshet::feed::test {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  const char* of(std::initializer_list<const char*> all) { return *(all.begin() + below(all.size())); }

 private:
  std::mt19937_64 engine_;
};

/// The SQL of a table `t` with keys of every kind, and of what stands around it.
struct RandomTable {
  explicit RandomTable(Draw& draw);
  std::string script;
  bool has_id = false;         // id INTEGER PRIMARY KEY
  bool without_rowid = false;  // PRIMARY KEY (k1, k2)
  bool self_reference = false;
  std::vector<std::string> group_columns;
};

[[nodiscard]] sql::RollupDefinition random_definition(Draw& draw, const RandomTable& table);

/// One statement that writes to `t` (or to `p`, from which it cascades).
[[nodiscard]] std::string random_write(Draw& draw, const RandomTable& table);

}  // namespace freshet::feed::test
