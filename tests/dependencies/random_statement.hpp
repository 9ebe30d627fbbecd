#pragma once
// Random schemas, statements, parameters and writes, the same for the same seed.

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"

namespace freshet::testing {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// 0 … below - 1
  std::size_t operator()(std::size_t below) { return static_cast<std::size_t>(engine_() % below); }
  bool chance(std::size_t percent) { return (*this)(100) < percent; }
  template <class List>
  const auto& of(const List& list) {
    return list[(*this)(std::size(list))];
  }

 private:
  std::mt19937_64 engine_;
};

struct RandomTable {
  std::string name;
  std::vector<std::string> columns;  // the first is the INTEGER PRIMARY KEY `id`
};

struct RandomSchema {
  std::vector<RandomTable> tables;
  std::vector<std::string> views;  // with columns k and v
  std::string script;              // makes it and fills it
};
[[nodiscard]] RandomSchema random_schema(Random& random);

/// A literal of SQL: a value of a small set, so that rows often meet parameters.
[[nodiscard]] std::string random_literal(Random& random);

/// The same as a parameter's value.
[[nodiscard]] Value random_value(Random& random);

/// A query over the schema, with parameters :p and :q and the list :l.
[[nodiscard]] std::string random_query(Random& random, const RandomSchema& schema);

/// An INSERT, UPDATE or DELETE of the row `id` of `table`.
[[nodiscard]] std::string random_write(Random& random, const RandomTable& table, std::int64_t id);

}  // namespace freshet::testing
