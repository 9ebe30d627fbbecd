#include "feed/rollup_source.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "feed/rows.hpp"
#include "sql/expression.hpp"
#include "sql/lexer.hpp"

namespace freshet::feed {
namespace {

struct Trigger {
  std::string name, table, sql;
  [[nodiscard]] bool own() const { return name.starts_with("freshet_"); }
};

std::vector<Trigger> read_triggers(db::Connection& connection) {
  std::vector<Trigger> triggers;
  for (const auto& row :
       read_rows(connection, "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger'")) {
    triggers.push_back({.name = text_of(row[0]), .table = lower_case(text_of(row[1])), .sql = text_of(row[2])});
  }
  return triggers;
}

// From BEGIN on: what the trigger does.
std::size_t body_of(const std::string& sql, const std::vector<sql::Token>& tokens) {
  const auto begin =
      std::ranges::find_if(tokens, [&](const sql::Token& token) { return sql::is_word(sql, token, "BEGIN"); });
  return static_cast<std::size_t>(begin - tokens.begin());
}

bool head_has(const Trigger& trigger, std::string_view word) {
  const std::vector<sql::Token> tokens = sql::tokenize(trigger.sql);
  const std::size_t body = body_of(trigger.sql, tokens);
  return std::any_of(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(body),
                     [&](const sql::Token& token) { return sql::is_word(trigger.sql, token, word); });
}

// Which tables are written when a table is: through triggers and foreign keys, at most.
class WriteGraph {
 public:
  WriteGraph(const db::Catalog& catalog, const std::vector<Trigger>& triggers) {
    for (const db::CatalogTable& table : catalog.tables) {
      names_.insert(lower_case(table.name));
      for (const db::ForeignKey& key : table.foreign_keys) {
        next_[lower_case(key.target_table)].insert(lower_case(table.name));
      }
    }
    for (const Trigger& trigger : triggers) {
      if (trigger.own()) continue;
      const std::set<std::string> named = names_in(trigger);
      next_[trigger.table].insert(named.begin(), named.end());
    }
  }

  [[nodiscard]] bool reaches(const std::set<std::string>& from, const std::string& table) const {
    std::set<std::string> seen;
    std::vector<std::string> open(from.begin(), from.end());
    while (!open.empty()) {
      const std::string at = std::move(open.back());
      open.pop_back();
      if (at == table) return true;
      if (!seen.insert(at).second) continue;
      if (const auto found = next_.find(at); found != next_.end()) {
        open.insert(open.end(), found->second.begin(), found->second.end());
      }
    }
    return false;
  }
  [[nodiscard]] bool returns_to(const std::string& table) const {
    const auto found = next_.find(table);
    return found != next_.end() && reaches(found->second, table);
  }

  // Tables and views that the trigger's body names.
  [[nodiscard]] std::set<std::string> names_in(const Trigger& trigger) const {
    const std::vector<sql::Token> tokens = sql::tokenize(trigger.sql);
    std::set<std::string> named;
    for (std::size_t i = body_of(trigger.sql, tokens); i < tokens.size(); ++i) {
      const std::string name = lower_case(sql::identifier_of(sql::text_of(trigger.sql, tokens[i])));
      if (names_.contains(name)) named.insert(name);
    }
    return named;
  }

 private:
  std::set<std::string> names_;
  std::map<std::string, std::set<std::string>> next_;
};

bool ignores(const Trigger& trigger) {
  const std::vector<sql::Token> tokens = sql::tokenize(trigger.sql);
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (sql::is_word(trigger.sql, tokens[i], "RAISE") && sql::is_word(trigger.sql, tokens[i + 2], "IGNORE"))
      return true;
  }
  return false;
}

void check_triggers(RollupSource& source, const db::Catalog& catalog, const std::vector<Trigger>& triggers) {
  const std::string name = lower_case(source.table.name);
  const WriteGraph graph(catalog, triggers);
  source.reentrant = graph.returns_to(name);
  for (const Trigger& trigger : triggers) {
    if (trigger.own() || trigger.table != name) continue;
    const bool after = head_has(trigger, "AFTER");
    if (after && ignores(trigger)) {
      throw Error(
          ErrorKind::config,
          fmt::format("the trigger {} of {} may end a write with RAISE(IGNORE), and the triggers of a rollup with it",
                      trigger.name, source.table.name))
          .hinting("RAISE(IGNORE) may stand in a BEFORE trigger");
    }
    if (!after && graph.reaches(graph.names_in(trigger), name)) {
      throw Error(ErrorKind::config, fmt::format("the trigger {} writes to {} before a write to it is done",
                                                 trigger.name, source.table.name))
          .hinting("make it an AFTER trigger");
    }
  }
}

void read_columns(db::Connection& connection, RollupSource& source, const db::CatalogTable& table) {
  const Rows rows = read_rows(connection, "SELECT name, dflt_value FROM pragma_table_xinfo(?1)", {table.name});
  for (const db::CatalogColumn& column : table.columns) {
    SourceColumn out{.name = column.name,
                     .declared_type = column.declared_type,
                     .collation = column.collation,
                     .not_null = column.not_null,
                     .default_sql = {}};
    const auto found = std::ranges::find_if(rows, [&](const auto& row) { return text_of(row[0]) == column.name; });
    if (column.not_null && found != rows.end()) out.default_sql = text_of((*found)[1]);
    source.columns.push_back(std::move(out));
  }
}

KeyTerm column_term(const RollupSource& source, std::string_view name, std::string collation) {
  const SourceColumn* const column = source.column(name);
  return {.text = std::string(name),
          .column = true,
          .collation = std::move(collation),
          .default_sql = column == nullptr ? std::string() : column->default_sql};
}

// The name under which the rowid can be asked for.
std::string rowid_name(const RollupSource& source) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    if (source.column(name) == nullptr) return name;
  }
  throw Error(ErrorKind::config,
              fmt::format("the rows of {} cannot be told apart: its columns hide the rowid", source.table.name));
}

void read_identity(db::Connection& connection, RollupSource& source, const db::CatalogTable& table,
                   bool without_rowid) {
  std::vector<std::pair<int, const db::CatalogColumn*>> primary;
  for (const db::CatalogColumn& column : table.columns) {
    if (column.primary_key_position > 0) primary.emplace_back(column.primary_key_position, &column);
  }
  std::ranges::sort(primary);
  // INTEGER PRIMARY KEY is the rowid, unless it has an index of its own (INTEGER PRIMARY KEY DESC).
  const bool alias =
      primary.size() == 1 && equal_ignoring_case(primary.front().second->declared_type, "INTEGER") &&
      read_rows(connection, "SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk'", {table.name}).empty();
  if (without_rowid || alias) {
    for (const auto& [position, column] : primary) source.identity.push_back(column->name);
  } else {
    source.identity.push_back(rowid_name(source));
  }
  UniqueKey& key = source.keys.emplace_back();
  for (const std::string& name : source.identity) {
    const SourceColumn* const column = source.column(name);
    key.push_back(column_term(source, name, column == nullptr ? "BINARY" : column->collation));
  }
}

// The terms of CREATE UNIQUE INDEX … ON t (a, lower(b) DESC, …), as they are written.
std::vector<std::string> index_terms(const std::string& sql) {
  const std::vector<sql::Token> tokens = sql::tokenize(sql);
  std::vector<std::string> terms;
  std::size_t depth = 0;
  for (std::size_t i = 0, first = 0; i < tokens.size(); ++i) {
    const bool open = sql::is_punctuation(sql, tokens[i], '(');
    const bool close = sql::is_punctuation(sql, tokens[i], ')');
    if (open && depth++ == 0) first = i + 1;
    if (close && depth > 0) --depth;
    const bool ends = (close && depth == 0) || (depth == 1 && sql::is_punctuation(sql, tokens[i], ','));
    if (!ends) continue;
    std::size_t end = i;
    if (sql::is_word(sql, tokens[end - 1], "ASC") || sql::is_word(sql, tokens[end - 1], "DESC")) --end;
    terms.push_back(sql.substr(tokens[first].offset, tokens[end - 1].end() - tokens[first].offset));
    first = i + 1;
    if (close) break;
  }
  return terms;
}

void read_unique_indexes(db::Connection& connection, RollupSource& source) {
  const Rows indexes = read_rows(connection,
                                 "SELECT l.name, s.sql FROM pragma_index_list(?1) AS l LEFT JOIN sqlite_schema AS s "
                                 "ON s.type = 'index' AND s.name = l.name WHERE l.\"unique\" ORDER BY l.name",
                                 {source.table.name});
  for (const auto& index : indexes) {
    const std::vector<std::string> terms = index_terms(text_of(index[1]));
    UniqueKey key;
    for (const auto& row :
         read_rows(connection, "SELECT name, coll FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno",
                   {text_of(index[0])})) {
      if (!std::holds_alternative<Null>(row[0])) {
        key.push_back(column_term(source, text_of(row[0]), text_of(row[1])));
      } else if (key.size() < terms.size()) {
        key.push_back({.text = terms[key.size()], .column = false, .collation = text_of(row[1]), .default_sql = {}});
      } else {
        throw Error(ErrorKind::config,
                    fmt::format("the unique index {} of {} cannot be read", text_of(index[0]), source.table.name));
      }
    }
    source.keys.push_back(std::move(key));
  }
}

}  // namespace

const SourceColumn* RollupSource::column(std::string_view name) const noexcept {
  const auto found =
      std::ranges::find_if(columns, [&](const SourceColumn& one) { return equal_ignoring_case(one.name, name); });
  return found == columns.end() ? nullptr : &*found;
}

RollupSource read_rollup_source(db::Connection& connection, std::string_view name) {
  const db::Catalog catalog = connection.catalog();
  const db::CatalogTable* const table = catalog.table(name);
  if (table == nullptr) {
    std::vector<std::string_view> names;
    for (const db::CatalogTable& one : catalog.tables) names.push_back(one.name);
    throw Error(ErrorKind::config, fmt::format("there is no table `{}`", name)).hinting(did_you_mean(name, names));
  }
  if (table->view || table->virtual_table) {
    throw Error(ErrorKind::config, fmt::format("`{}` is a {}, on which no triggers can count", name,
                                               table->view ? "view" : "virtual table"));
  }
  const sql::Schema schema = db::schema_of(catalog);
  RollupSource source;
  source.table = *schema.table(name);
  const Rows kind =
      read_rows(connection, "SELECT wr, strict FROM pragma_table_list(?1) WHERE schema = 'main'", {table->name});
  source.strict = is_true(kind.at(0)[1]);
  read_columns(connection, source, *table);
  read_identity(connection, source, *table, is_true(kind.at(0)[0]));
  read_unique_indexes(connection, source);
  check_triggers(source, catalog, read_triggers(connection));
  return source;
}

}  // namespace freshet::feed
