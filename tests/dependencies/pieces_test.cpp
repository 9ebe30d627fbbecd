#include "feed/pieces.hpp"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace freshet::feed {
namespace {

using sql::Affinity;
using sql::BoundColumn;
using sql::BoundValue;

class Pieces : public ::testing::Test {
 protected:
  static sql::TableDependency entries(std::vector<BoundColumn> columns) {
    return {.table = "entries", .columns = std::move(columns), .reason = {}};
  }
  static BoundColumn month_is(BoundValue value, std::string when_given = {}) {
    BoundColumn column;
    column.column = "month";
    column.any_of = {std::move(value)};
    column.when_given = std::move(when_given);
    column.affinity = Affinity::text;
    return column;
  }
  static BoundValue parameter(std::string name, std::optional<std::int64_t> months_later = {}) {
    return {.parameter = std::move(name), .list = false, .months_later = months_later, .literal = {}};
  }
  [[nodiscard]] std::string of(const sql::TableDependency& dependency) const {
    std::string text;
    for (const Piece& piece : pieces_of(dependency, lookup)) {
      text += (text.empty() ? "" : " ") + piece_tag(piece.shape, piece.values).text;
    }
    return text;
  }
  void give(const std::string& name, Value value) {
    arguments[name] = {.scalar = std::move(value), .items = {}, .is_list = false, .given = true};
  }
  std::map<std::string, Argument, std::less<>> arguments;
  ArgumentLookup lookup = [this](std::string_view name) -> const Argument* {
    const auto found = arguments.find(name);
    return found == arguments.end() ? nullptr : &found->second;
  };
};

TEST_F(Pieces, months_are_counted_as_the_database_counts_them) {
  const sql::TableDependency before = entries({month_is(parameter("m", -1))});
  give("m", std::string("2025-01"));
  EXPECT_EQ(of(before), "entries[month=2024-12]");
  EXPECT_EQ(of(entries({month_is(parameter("m", 14))})), "entries[month=2026-03]");
  give("m", std::string("soon"));  // month_add() is NULL, which equals nothing
  EXPECT_EQ(of(before), "entries[month=]");
  give("m", std::string("0001-01"));
  EXPECT_EQ(of(before), "entries[month=]");
  give("m", std::int64_t{202501});
  EXPECT_EQ(of(before), "entries[month=]");
}

TEST_F(Pieces, a_condition_that_counts_while_a_parameter_is_given_names_the_table_otherwise) {
  const sql::TableDependency dependency = entries({month_is(parameter("m"), "m")});
  EXPECT_EQ(of(dependency), "entries");
  give("m", Null{});
  EXPECT_EQ(of(dependency), "entries");
  give("m", std::string("2025-01"));
  EXPECT_EQ(of(dependency), "entries[month=2025-01]");
}

TEST_F(Pieces, an_answer_is_of_this_moment_unless_a_parameter_stands_in_for_it) {
  sql::Dependencies dependencies;
  dependencies.moment_unless = {{"from", "to"}, {"m"}};
  EXPECT_TRUE(asks_now(dependencies, lookup));
  give("m", std::string("2025-01"));
  EXPECT_TRUE(asks_now(dependencies, lookup));
  give("to", std::string("2025-01"));
  EXPECT_FALSE(asks_now(dependencies, lookup));
  give("m", Null{});
  EXPECT_TRUE(asks_now(dependencies, lookup));
}

TEST_F(Pieces, a_time_parameter_asks_for_this_moment_with_the_word_now) {
  sql::Dependencies dependencies;
  dependencies.time_parameters = {"day"};
  EXPECT_FALSE(asks_now(dependencies, lookup));
  give("day", std::string(" NOW "));
  EXPECT_TRUE(asks_now(dependencies, lookup));
  give("day", std::string("2025-01-01"));
  EXPECT_FALSE(asks_now(dependencies, lookup));
}

}  // namespace
}  // namespace freshet::feed
