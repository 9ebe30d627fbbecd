#include "sql/rollup_match.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "sql/placeholders.hpp"
#include "sql/rollup_block.hpp"
#include "sql/select_block.hpp"

namespace freshet::sql {
namespace {

// Whether WITH gives `name` another meaning somewhere in the statement.
bool is_renamed(std::string_view sql, const std::vector<Token>& tokens, std::string_view name) {
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!equal_ignoring_case(identifier_of(text_of(sql, tokens[i])), name)) continue;
    const bool follows_with =
        i > 0 && (is_word(sql, tokens[i - 1], "WITH") || is_word(sql, tokens[i - 1], "RECURSIVE"));
    const bool named = is_word(sql, tokens[i + 1], "AS") && i + 2 < tokens.size() &&
                       (is_punctuation(sql, tokens[i + 2], '(') || is_word(sql, tokens[i + 2], "MATERIALIZED") ||
                        is_word(sql, tokens[i + 2], "NOT"));
    if (follows_with || named || is_punctuation(sql, tokens[i + 1], '(')) return true;
  }
  return false;
}

// A SELECT that a set operation takes in.
bool is_branch(std::string_view sql, const std::vector<Token>& tokens, std::size_t at) {
  if (at == 0) return false;
  return std::ranges::any_of(std::array{"UNION", "ALL", "INTERSECT", "EXCEPT"},
                             [&](const char* word) { return is_word(sql, tokens[at - 1], word); });
}

std::string edited(std::string_view sql, const std::vector<Token>& tokens, std::vector<Edit> edits) {
  const auto end = [&](const Edit& edit) { return tokens[edit.tokens.end - 1].end(); };
  const auto begin = [&](const Edit& edit) { return edit.insert ? end(edit) : tokens[edit.tokens.first].offset; };
  std::ranges::stable_sort(edits, {}, begin);
  std::string out;
  std::size_t copied = 0;
  for (const Edit& edit : edits) {
    out.append(sql.substr(copied, begin(edit) - copied)).append(edit.text);
    copied = end(edit);
  }
  return out.append(sql.substr(copied));
}

}  // namespace

std::optional<AnsweredFromRollups> answer_from_rollups(std::string_view statement,
                                                       const std::vector<RollupTable>& rollups, bool limited) {
  const std::vector<Token> tokens = tokenize(statement);
  const bool is_cut =
      limited || std::ranges::any_of(tokens, [&](const Token& token) { return is_word(statement, token, "LIMIT"); });
  std::vector<const RollupTable*> smallest_first;
  smallest_first.reserve(rollups.size());
  for (const RollupTable& one : rollups) smallest_first.push_back(&one);
  std::ranges::stable_sort(smallest_first, {}, [](const RollupTable* one) { return one->definition.group_by.size(); });
  std::vector<Edit> edits;
  AnsweredFromRollups out;
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (!is_word(statement, tokens[at], "SELECT") || is_branch(statement, tokens, at)) continue;
    const std::optional<SelectBlock> block = parse_select(statement, tokens, at);
    if (!block) continue;
    for (const RollupTable* rollup : smallest_first) {
      const std::string& name = rollup->definition.name;
      if (!equal_ignoring_case(block->table, rollup->source.name)) continue;
      if (is_renamed(statement, tokens, rollup->source.name) || is_renamed(statement, tokens, name)) continue;
      std::optional<std::vector<Edit>> found = answer_block(statement, tokens, *block, *rollup, is_cut);
      if (!found) continue;
      edits.insert(edits.end(), found->begin(), found->end());
      if (std::ranges::find(out.rollups, name) == out.rollups.end()) out.rollups.push_back(name);
      break;
    }
  }
  if (edits.empty()) return std::nullopt;
  out.text = edited(statement, tokens, std::move(edits));
  out.placeholders = find_placeholders(out.text);
  return out;
}

}  // namespace freshet::sql
