// analyse(): what the database says that it reads, narrowed down by what the tree proves.

#include "sql/dependencies.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
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
  dependence::Moments asked_time;
  std::map<std::string, dependence::Moments> volatile_calls;
  std::vector<std::string> time_parameters;
  std::vector<KnownOutput> outputs;
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

Proof prove(std::string_view text, const Schema& schema, const std::vector<EarlierStatement>& earlier) {
  Proof proof;
  const std::optional<std::string> sql = has_long_name(text) ? std::nullopt : to_postgres_grammar(text);
  const std::optional<ParseTree> tree = sql ? ParseTree::parse(*sql) : std::nullopt;
  if (!tree) {
    proof.refusal = "the statement is in a grammar that is not read here";
    return proof;
  }
  const std::vector<Placeholder> placeholders = find_placeholders(text);
  dependence::Walk walk(schema, placeholders, earlier);
  proof.tables = walk.statement(tree->statement());
  proof.refusal = walk.refusal();
  proof.asked_time = walk.asked_time();
  proof.volatile_calls = walk.volatile_calls();
  proof.outputs = walk.outputs();
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

/// Adds the tables that `sql` may name, and the views among them: the database does not tell of a table of which only
/// the columns of USING are read. Whatever is written like a name counts.
void add_named(std::string_view sql, const Schema& schema, std::set<std::string>& names) {
  for (const Token& token : tokenize(sql)) {
    std::string_view text = text_of(sql, token);
    const bool quoted = token.kind == TokenKind::identifier || token.kind == TokenKind::string;
    if (quoted && text.size() > 2) text = text.substr(1, text.size() - 2);
    const SchemaTable* const table = schema.table(text);
    if (table == nullptr || !names.insert(table->name).second) continue;
    if (table->kind == SchemaTable::Kind::view) add_named(table->view_sql, schema, names);
  }
}

/// False if the moment counts whatever the parameters are.
bool add_moments(Dependencies& result, const dependence::Moments& moments) {
  if (moments.always) return false;
  result.moment_unless.insert(result.moment_unless.end(), moments.unless.begin(), moments.unless.end());
  return true;
}

void check_functions(Dependencies& result, const Reads& reads, const Proof& proof) {
  const bool proven = proof.refusal.empty();
  if (!add_moments(result, proof.asked_time)) refuse(result, "a date function is asked for this moment");
  for (const std::string& function : reads.functions) {
    const std::string name = lower_case(function);
    if (is_volatile_function(name)) {
      // A call that the walk did not see stands where nothing is known of it.
      const auto calls = proof.volatile_calls.find(name);
      if (proven && calls != proof.volatile_calls.end() && add_moments(result, calls->second)) continue;
      refuse(result, fmt::format("{}() never answers the same twice", name));
    } else if (is_date_function(name) && !proven) {
      refuse(result, fmt::format("{}() may be asked for this moment", name));
    }
  }
  if (reads.foreign) refuse(result, "it reads a temporary or attached database, whose changes nobody tells");
}

}  // namespace

Dependencies analyse(std::string_view sql, const Schema& schema, const Reads& reads,
                     const std::vector<EarlierStatement>& earlier) {
  Proof proof = prove(sql, schema, earlier);
  Dependencies result;
  result.time_parameters = std::move(proof.time_parameters);
  if (proof.refusal.empty()) {
    result.tables = std::move(proof.tables);
    result.outputs = std::move(proof.outputs);
  }
  check_functions(result, reads, proof);
  std::set<std::string> names(reads.tables.begin(), reads.tables.end());
  if (!proof.refusal.empty()) add_named(sql, schema, names);
  for (const std::string& name : names) {
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
