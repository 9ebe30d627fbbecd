#include "feed/sqlite/table_facts.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <sqlite3.h>

#include "core/text.hpp"
#include "feed/sqlite/query.hpp"
#include "sql/lexer.hpp"

namespace freshet::feed::sqlite {
namespace {

using sql::Token;
using Tokens = std::span<const Token>;

std::string unquoted(std::string_view text) {
  if (text.size() < 2) return std::string(text);
  const char close = text.front() == '[' ? ']' : text.front();
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    name.push_back(text[i]);
    if (text[i] == close) ++i;  // it stands twice
  }
  return name;
}

std::string name_of(std::string_view sql, const Token& token) {
  const std::string_view text = sql::text_of(sql, token);
  return token.kind == sql::TokenKind::identifier ? unquoted(text) : std::string(text);
}

/// Tokens as text again, without comments.
std::string joined(std::string_view sql, Tokens tokens) {
  std::string out;
  std::size_t end = 0;
  for (const Token& token : tokens) {
    if (!out.empty() && token.offset != end) out.push_back(' ');
    out += sql::text_of(sql, token);
    end = token.end();
  }
  return out;
}

/// What CREATE INDEX … ON t (part, part) WHERE condition says.
struct IndexText {
  std::vector<std::string> parts;
  std::string where;
};

std::optional<IndexText> read_index_text(std::string_view sql) {
  const std::vector<Token> tokens = sql::tokenize(sql);
  std::size_t i = 0;
  while (i < tokens.size() && !sql::is_word(sql, tokens[i], "on")) ++i;
  while (i < tokens.size() && !sql::is_punctuation(sql, tokens[i], '(')) ++i;
  if (i >= tokens.size()) return std::nullopt;
  IndexText text;
  std::size_t depth = 1;
  std::size_t start = ++i;
  const auto finish = [&] {
    std::size_t end = i;
    if (end > start && (sql::is_word(sql, tokens[end - 1], "asc") || sql::is_word(sql, tokens[end - 1], "desc"))) --end;
    text.parts.push_back(joined(sql, Tokens(tokens).subspan(start, end - start)));
    start = i + 1;
  };
  for (; i < tokens.size() && depth > 0; ++i) {
    if (sql::is_punctuation(sql, tokens[i], '(')) ++depth;
    if (sql::is_punctuation(sql, tokens[i], ')') && --depth == 0) finish();
    if (depth == 1 && sql::is_punctuation(sql, tokens[i], ',')) finish();
  }
  if (depth > 0) return std::nullopt;
  if (i < tokens.size() && sql::is_word(sql, tokens[i], "where"))
    text.where = joined(sql, Tokens(tokens).subspan(i + 1));
  return text;
}

std::string collation_of(sqlite3* handle, const std::string& table, const std::string& column) {
  const char* collation = nullptr;
  const int code = sqlite3_table_column_metadata(handle, "main", table.c_str(), column.c_str(), nullptr, &collation,
                                                 nullptr, nullptr, nullptr);
  return code == SQLITE_OK && collation != nullptr ? collation : "BINARY";
}

struct PrimaryKey {
  std::vector<std::pair<std::int64_t, std::string>> columns;
  bool without_rowid = false;
};

void read_columns(sqlite3* handle, TableFacts& facts, PrimaryKey& primary) {
  Query shape(handle, "SELECT wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?1");
  bool strict = false;
  for (shape.bind(1, facts.name); shape.next();) {
    primary.without_rowid = shape.integer(0) != 0;
    strict = shape.integer(1) != 0;
  }
  Query query(handle,
              R"(SELECT name, type, "notnull", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1))");
  for (query.bind(1, facts.name); query.next();) {
    const bool filled = query.integer(2) != 0 || (primary.without_rowid && query.integer(4) != 0);
    facts.columns.push_back({.name = query.text(0),
                             .affinity = sql::affinity_of(query.text(1), strict),
                             .collation = collation_of(handle, facts.name, query.text(0)),
                             .generated = query.integer(5) != 0,
                             .defaulted = filled && query.integer(3) != 0});
    if (query.integer(4) != 0) primary.columns.emplace_back(query.integer(4), query.text(0));
  }
  std::ranges::sort(primary.columns);
}

void read_indexes(sqlite3* handle, TableFacts& facts, const PrimaryKey& primary) {
  Query indexes(handle,
                "SELECT l.name, l.origin, s.sql FROM pragma_index_list(?1) AS l "
                "LEFT JOIN main.sqlite_schema AS s ON s.type = 'index' AND s.name = l.name "
                R"(WHERE l."unique" ORDER BY l.name)");
  for (indexes.bind(1, facts.name); indexes.next();) {
    const std::string sql = indexes.text(2);
    const std::optional<IndexText> text = read_index_text(sql);
    UniqueKey key;
    if (text) key.where = text->where;
    Query parts(handle, "SELECT cid, name, coll, seqno FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno");
    for (parts.bind(1, indexes.text(0)); parts.next();) {
      UniqueKey::Part part{.column = parts.text(1), .expression = {}, .collation = parts.text(2)};
      const auto place = static_cast<std::size_t>(parts.integer(3));
      if (!part.column.empty()) {
        part.expression = quoted(part.column);
      } else if (text && place < text->parts.size()) {
        part.expression = text->parts[place];
      }
      key.parts.push_back(std::move(part));
    }
    if (primary.without_rowid && indexes.text(1) == "pk") facts.identity = key.parts;
    facts.keys.push_back(std::move(key));
  }
}

/// The rowid, by the name of its column if it has one.
void read_rowid(sqlite3* handle, TableFacts& facts, const PrimaryKey& primary) {
  if (primary.without_rowid) return;
  std::string name;
  if (primary.columns.size() == 1) {
    // A primary key of one column without an index of its own is the rowid.
    Query own_index(handle, "SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk'");
    if (!own_index.bind(1, facts.name).next()) name = primary.columns.front().second;
  }
  for (const std::string_view alias : {"rowid", "_rowid_", "oid"}) {
    if (name.empty() && facts.column(alias) == nullptr) name = alias;
  }
  if (name.empty()) return;
  facts.identity = {{.column = name, .expression = quoted(name), .collation = "BINARY"}};
  facts.keys.push_back({.parts = facts.identity, .where = {}});
}

bool ends_in_ignore(std::string_view sql) {
  const std::vector<Token> tokens = sql::tokenize(sql);
  const auto word = [&](std::size_t i, std::string_view keyword) {
    return i < tokens.size() && sql::is_word(sql, tokens[i], keyword);
  };
  bool after = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    after = after || word(i, "after");
    if (after && word(i, "raise") && word(i + 2, "ignore")) return true;
  }
  return false;
}

void read_triggers(sqlite3* handle, TableFacts& facts) {
  Query triggers(handle,
                 "SELECT sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE "
                 R"(AND name NOT LIKE 'freshet\_watch\_%' ESCAPE '\')");
  for (triggers.bind(1, facts.name); triggers.next();) {
    facts.ignoring = facts.ignoring || ends_in_ignore(triggers.text(0));
  }
}

}  // namespace

const ColumnFacts* TableFacts::column(std::string_view wanted) const noexcept {
  const auto found = std::ranges::find_if(
      columns, [&](const ColumnFacts& column) { return equal_ignoring_case(column.name, wanted); });
  return found == columns.end() ? nullptr : &*found;
}

TableFacts read_table_facts(sqlite3* handle, const std::string& table) {
  TableFacts facts;
  facts.name = table;
  PrimaryKey primary;
  read_columns(handle, facts, primary);
  read_indexes(handle, facts, primary);
  read_rowid(handle, facts, primary);
  read_triggers(handle, facts);
  return facts;
}

std::string quoted(std::string_view name) {
  const bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
                     std::ranges::all_of(name, [](char c) {
                       return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                     });
  if (plain && sqlite3_keyword_check(name.data(), static_cast<int>(name.size())) == 0) return std::string(name);
  std::string out = "\"";
  for (const char c : name) {
    out.push_back(c);
    if (c == '"') out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::vector<std::string> columns_in(std::string_view expression, const TableFacts& table) {
  const std::vector<Token> tokens = sql::tokenize(expression);
  std::vector<std::string> names;
  for (const ColumnFacts& column : table.columns) {
    const bool named = std::ranges::any_of(tokens, [&](const Token& token) {
      const bool name = token.kind == sql::TokenKind::word || token.kind == sql::TokenKind::identifier;
      return name && equal_ignoring_case(name_of(expression, token), column.name);
    });
    if (named) names.push_back(column.name);
  }
  return names;
}

}  // namespace freshet::feed::sqlite
