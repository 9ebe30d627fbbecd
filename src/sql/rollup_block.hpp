#pragma once
// One SELECT against one rollup. Private to sql/.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/rollup_match.hpp"
#include "sql/select_block.hpp"

namespace freshet::sql {

/// Puts `text` in place of the tokens, or behind them.
struct Edit {
  TokenRange tokens;
  std::string text;
  bool insert = false;
};

/// What makes the SELECT read the rollup instead of its source. nullopt: it is not proven that it would answer the
/// same. `limited`: a LIMIT may cut off some of its rows.
[[nodiscard]] std::optional<std::vector<Edit>> answer_block(std::string_view sql, const std::vector<Token>& tokens,
                                                            const SelectBlock& block, const RollupTable& rollup,
                                                            bool limited);

}  // namespace freshet::sql
