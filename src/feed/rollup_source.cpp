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

// What a statement of a trigger writes to.
struct Target {
  std::string table;
  bool all = true;                   // any column, whole rows; otherwise `columns`
  std::vector<std::string> columns;  // of UPDATE … SET
};

class TargetReader {
 public:
  explicit TargetReader(const Trigger& trigger)
      : sql_(trigger.sql), tokens_(sql::tokenize(sql_)), at_(body_of(sql_, tokens_)) {}

  std::vector<Target> read() {
    std::vector<Target> targets;
    for (; at_ < tokens_.size(); ++at_) {
      if (word("INTO") || (word("FROM") && at_ > 0 && sql::is_word(sql_, tokens_[at_ - 1], "DELETE"))) {
        targets.push_back({.table = name(at_ + 1), .all = true, .columns = {}});
      } else if (word("UPDATE")) {
        at_ += sql::is_word(sql_, tokens_[std::min(at_ + 1, tokens_.size() - 1)], "OR") ? 3 : 1;
        targets.push_back(update());
      }
    }
    return targets;
  }

 private:
  [[nodiscard]] bool word(std::string_view keyword) const {
    return at_ < tokens_.size() && sql::is_word(sql_, tokens_[at_], keyword);
  }
  [[nodiscard]] std::string name(std::size_t at) const {
    return at < tokens_.size() ? lower_case(sql::identifier_of(sql::text_of(sql_, tokens_[at]))) : std::string();
  }

  // Behind UPDATE: the table, and which columns SET names.
  Target update() {
    Target target{.table = name(at_), .all = true, .columns = {}};
    ++at_;
    if (!word("SET")) return target;
    target.all = false;
    std::size_t depth = 0;
    for (++at_; at_ < tokens_.size(); ++at_) {
      const bool first =
          sql::is_word(sql_, tokens_[at_ - 1], "SET") || sql::is_punctuation(sql_, tokens_[at_ - 1], ',');
      if (depth == 0 && first) {
        target.columns.push_back(name(at_));
        target.all = target.all || sql::is_punctuation(sql_, tokens_[at_], '(');
      }
      if (sql::is_punctuation(sql_, tokens_[at_], '(')) ++depth;
      if (sql::is_punctuation(sql_, tokens_[at_], ')') && depth > 0) --depth;
      if (depth == 0 && (word("WHERE") || word("FROM") || sql::is_punctuation(sql_, tokens_[at_], ';'))) break;
    }
    return target;
  }

  const std::string& sql_;
  std::vector<sql::Token> tokens_;
  std::size_t at_;
};

// Which tables are written when a table is: through triggers and foreign keys, at most. Columns of the source that
// its rollup has no part in do not count.
class WriteGraph {
 public:
  WriteGraph(const db::Catalog& catalog, const std::vector<Trigger>& triggers, std::string source,
             std::set<std::string> relevant)
      : source_(std::move(source)), relevant_(std::move(relevant)) {
    for (const db::CatalogTable& table : catalog.tables) {
      for (const db::ForeignKey& key : table.foreign_keys) {
        next_[lower_case(key.target_table)].insert(lower_case(table.name));
      }
    }
    for (const Trigger& trigger : triggers) {
      if (trigger.own()) continue;
      const std::set<std::string> targets = targets_of(trigger);
      next_[trigger.table].insert(targets.begin(), targets.end());
    }
  }

  [[nodiscard]] bool reaches_source(const std::set<std::string>& from) const {
    std::set<std::string> seen;
    std::vector<std::string> open(from.begin(), from.end());
    while (!open.empty()) {
      const std::string at = std::move(open.back());
      open.pop_back();
      if (at == source_) return true;
      if (!seen.insert(at).second) continue;
      if (const auto found = next_.find(at); found != next_.end()) {
        open.insert(open.end(), found->second.begin(), found->second.end());
      }
    }
    return false;
  }
  [[nodiscard]] bool returns_to_source() const {
    const auto found = next_.find(source_);
    return found != next_.end() && reaches_source(found->second);
  }

  [[nodiscard]] std::set<std::string> targets_of(const Trigger& trigger) const {
    std::set<std::string> tables;
    for (const Target& target : TargetReader(trigger).read()) {
      const bool matters =
          target.table != source_ || target.all || relevant_.empty() ||
          std::ranges::any_of(target.columns, [this](const std::string& column) { return relevant_.contains(column); });
      if (matters) tables.insert(target.table);
    }
    return tables;
  }

 private:
  std::string source_;
  std::set<std::string> relevant_;  // empty: all columns
  std::map<std::string, std::set<std::string>> next_;
};

// The columns that make a difference to the rollup: groups, filter, measures, and the keys by which rows replace each
// other. Empty: any may.
std::set<std::string> relevant_columns(const RollupSource& source, const sql::RollupDefinition& definition) {
  std::string text = fmt::format("{} {}", fmt::join(definition.group_by, " "), definition.filter);
  for (const sql::RollupMeasure& measure : definition.measures) text += " " + measure.text;
  for (const UniqueKey& key : source.keys) {
    for (const KeyTerm& term : key) text += " " + (term.column ? sql::quoted(term.text) : term.text);
  }
  std::set<std::string> names;
  for (const sql::Token& token : sql::tokenize(text)) {
    const sql::SchemaColumn* const column = source.table.column(sql::identifier_of(sql::text_of(text, token)));
    if (column == nullptr) continue;
    if (column->generated) return {};
    names.insert(lower_case(column->name));
  }
  return names;
}

bool ignores(const Trigger& trigger) {
  const std::vector<sql::Token> tokens = sql::tokenize(trigger.sql);
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (sql::is_word(trigger.sql, tokens[i], "RAISE") && sql::is_word(trigger.sql, tokens[i + 2], "IGNORE"))
      return true;
  }
  return false;
}

void check_triggers(RollupSource& source, const db::Catalog& catalog, const std::vector<Trigger>& triggers,
                    const sql::RollupDefinition& definition) {
  const std::string name = lower_case(source.table.name);
  const WriteGraph graph(catalog, triggers, name, relevant_columns(source, definition));
  source.reentrant = graph.returns_to_source();
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
    if (!after && graph.reaches_source(graph.targets_of(trigger))) {
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

KeyTerm column_term(std::string name, std::string collation) {
  return {.text = std::move(name), .column = true, .collation = std::move(collation)};
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
    key.push_back(column_term(name, column == nullptr ? "BINARY" : column->collation));
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
        key.push_back(column_term(text_of(row[0]), text_of(row[1])));
      } else if (key.size() < terms.size()) {
        key.push_back({.text = terms[key.size()], .column = false, .collation = text_of(row[1])});
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

RollupSource read_rollup_source(db::Connection& connection, const sql::RollupDefinition& definition) {
  const std::string& name = definition.source;
  const db::Catalog catalog = connection.catalog();
  const db::CatalogTable* const table = catalog.table(name);
  if (table == nullptr) {
    std::vector<std::string_view> names;
    for (const db::CatalogTable& one : catalog.tables) names.push_back(one.name);
    throw Error(ErrorKind::config, fmt::format("rollup {}: there is no table `{}`", definition.name, name))
        .hinting(did_you_mean(name, names));
  }
  if (table->view || table->virtual_table) {
    throw Error(ErrorKind::config, fmt::format("rollup {}: `{}` is a {}, on which no triggers can count",
                                               definition.name, name, table->view ? "view" : "virtual table"));
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
  check_triggers(source, catalog, read_triggers(connection), definition);
  return source;
}

}  // namespace freshet::feed
