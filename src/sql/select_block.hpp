#pragma once
// One SELECT over one table, cut into its clauses, expressions parsed. Private to sql/.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/expression.hpp"

namespace freshet::sql {

struct SelectBlock {
  struct Target {
    Expression expression;
    std::string alias;  // in lower case; empty: none
    TokenRange tokens;  // the expression with its brackets
  };
  struct Order {
    Expression expression;
  };
  std::vector<Target> targets;
  std::string table;  // in lower case
  std::string alias;  // in lower case: what columns may be qualified with
  std::string written_alias;
  std::size_t table_token = 0;
  bool has_alias = false;
  std::optional<Expression> where, having;
  std::vector<Expression> group_by;
  std::vector<Expression> order_by;
  bool has_limit = false;
};

/// The SELECT whose keyword is token `at`. nullopt: it has anything that a SelectBlock cannot say.
[[nodiscard]] std::optional<SelectBlock> parse_select(std::string_view sql, const std::vector<Token>& tokens,
                                                      std::size_t at);

}  // namespace freshet::sql
