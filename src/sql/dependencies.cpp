// analyse(): what the database says that it reads, narrowed down by what the tree proves.

#include "sql/dependencies.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "sql/dependency_walk.hpp"
#include "sql/infer_grammar.hpp"
#include "sql/lexer.hpp"
#include "sql/parse_tree.hpp"
#include "sql/placeholders.hpp"
#include "sql/volatile_functions.hpp"

namespace freshet::sql {
namespace {

struct Proof {
  std::vector<TableDependency> tables;
  std::string refusal;  // why there is no proof
  bool asks_time = false;
  std::vector<std::string> time_parameters;
  std::vector<std::string> common_tables;
};

// PostgreSQL cuts names at 63 bytes, and what is cut might be another's name.
bool has_long_name(std::string_view sql) {
  constexpr std::size_t name_max = 63;
  return std::ranges::any_of(tokenize(sql), [](const Token& token) {
    const bool name = token.kind == TokenKind::word || token.kind == TokenKind::identifier;
    return name && token.length > name_max;
  });
}

Proof prove(std::string_view text, const Schema& schema) {
  Proof proof;
  const std::optional<std::string> sql = has_long_name(text) ? std::nullopt : to_postgres_grammar(text);
  const std::optional<ParseTree> tree = sql ? ParseTree::parse(*sql) : std::nullopt;
  if (!tree) {
    proof.refusal = "the statement is in a grammar that is not read here";
    return proof;
  }
  const std::vector<Placeholder> placeholders = find_placeholders(text);
  dependence::Walk walk(schema, placeholders);
  proof.tables = walk.statement(tree->statement());
  proof.refusal = walk.refusal();
  proof.asks_time = walk.asks_time();
  for (const dependence::CommonTables& with : walk.common_tables()) {
    for (const auto& entry : with.entries) proof.common_tables.push_back(entry.name);
  }
  proof.time_parameters.assign(walk.time_parameters().begin(), walk.time_parameters().end());
  return proof;
}

/// What the database names as a table, and whose content no write changes: functions in FROM that only take their
/// arguments apart, common table expressions, and the schema, with which everything that is cached goes.
bool needs_no_tag(std::string_view name, const Proof& proof) {
  constexpr std::array<std::string_view, 4> names{"json_each", "json_tree", "sqlite_master", "sqlite_schema"};
  const auto same = [&](std::string_view other) { return equal_ignoring_case(name, other); };
  return std::ranges::any_of(names, same) || std::ranges::any_of(proof.common_tables, same);
}

void refuse(Dependencies& result, std::string reason) {
  if (result.cacheable) result.reason = std::move(reason);
  result.cacheable = false;
}

void check_functions(Dependencies& result, const Reads& reads, const Proof& proof) {
  for (const std::string& function : reads.functions) {
    const std::string name = lower_case(function);
    if (is_volatile_function(name)) {
      refuse(result, fmt::format("{}() never answers the same twice", name));
    } else if (is_date_function(name) && (proof.asks_time || !proof.refusal.empty())) {
      refuse(result, fmt::format("{}() may be asked for this moment", name));
    }
  }
  if (reads.foreign) refuse(result, "it reads a temporary or attached database, whose changes nobody tells");
}

}  // namespace

Dependencies analyse(std::string_view sql, const Schema& schema, const Reads& reads) {
  Proof proof = prove(sql, schema);
  Dependencies result;
  result.time_parameters = std::move(proof.time_parameters);
  if (proof.refusal.empty()) result.tables = std::move(proof.tables);
  check_functions(result, reads, proof);
  for (const std::string& name : reads.tables) {
    const SchemaTable* table = schema.table(name);
    if (table == nullptr) {
      if (!needs_no_tag(name, proof)) refuse(result, fmt::format("{} is no table of the app", name));
      continue;
    }
    if (table->kind == SchemaTable::Kind::view) continue;  // what it reads is on the list too
    if (table->kind == SchemaTable::Kind::virtual_table) {
      refuse(result, fmt::format("{} is a virtual table, whose changes nobody tells", table->name));
    }
    const bool found =
        std::ranges::any_of(result.tables, [&](const auto& entry) { return entry.table == table->name; });
    if (found) continue;
    result.tables.push_back(
        {.table = table->name,
         .columns = {},
         .reason = proof.refusal.empty() ? "it is read where the statement does not show it" : proof.refusal});
  }
  return result;
}

}  // namespace freshet::sql
