#include "db/sqlite/describe.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "db/sqlite/catalog.hpp"
#include "db/sqlite/statement_cache.hpp"

namespace freshet::db::sqlite {
namespace {

struct Prepared {
  StatementHandle statement;
  int code = SQLITE_OK;
  std::size_t tail = 0;  // where the next statement would start
};

Prepared try_prepare(sqlite3* handle, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  Prepared result;
  result.code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()), 0, &raw, &tail);
  result.statement.reset(raw);
  if (tail != nullptr) result.tail = static_cast<std::size_t>(tail - sql.data());
  return result;
}

void allow_quoted_texts(sqlite3* handle, bool allowed) {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, allowed ? 1 : 0, nullptr);
}

/// SQLite takes "lable" for a text if there is no such column. In the statements of an app that is a slip, so it is an
/// error here; in the triggers and views of a database that somebody else wrote it has to go on working.
Prepared prepare_strictly(sqlite3* handle, std::string_view sql) {
  allow_quoted_texts(handle, false);
  Prepared result = try_prepare(handle, sql);
  if (result.code == SQLITE_OK) {
    allow_quoted_texts(handle, true);
    return result;
  }
  const std::string message = sqlite3_errmsg(handle);
  allow_quoted_texts(handle, true);
  constexpr std::string_view no_column = "no such column: ";
  const bool ours = !message.starts_with(no_column) ||
                    sql.find(fmt::format("\"{}\"", message.substr(no_column.size()))) != std::string_view::npos;
  if (!ours) return try_prepare(handle, sql);
  allow_quoted_texts(handle, false);
  Prepared again = try_prepare(handle, sql);  // for sqlite3_errmsg and sqlite3_error_offset
  allow_quoted_texts(handle, true);
  return again;
}

/// Collects what the statements that are prepared while it lives read.
class ReadsCollector {
 public:
  explicit ReadsCollector(sqlite3* handle) : handle_(handle) { sqlite3_set_authorizer(handle, &note, this); }
  ~ReadsCollector() { sqlite3_set_authorizer(handle_, nullptr, nullptr); }
  ReadsCollector(const ReadsCollector&) = delete;
  ReadsCollector& operator=(const ReadsCollector&) = delete;

  [[nodiscard]] sql::Reads take() { return std::move(reads_); }

 private:
  static int note(void* self, int action, const char* first, const char* second, const char* database,
                  const char* /*trigger or view*/) noexcept {
    auto& reads = static_cast<ReadsCollector*>(self)->reads_;
    try {
      if (action == SQLITE_READ && first != nullptr) {
        add(reads.tables, first);
        reads.foreign = reads.foreign || (database != nullptr && std::string_view(database) != "main");
      } else if (action == SQLITE_FUNCTION && second != nullptr) {
        add(reads.functions, second);
      }
    } catch (...) {
      return SQLITE_DENY;  // out of memory: better no statement than one of which not all is known
    }
    return SQLITE_OK;
  }
  static void add(std::vector<std::string>& names, const char* name) {
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  }

  sqlite3* handle_;
  sql::Reads reads_;
};

std::vector<std::string> function_names(sqlite3* handle) {
  std::vector<std::string> names;
  const StatementHandle statement = prepare(handle, "SELECT DISTINCT name FROM pragma_function_list", false);
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    names.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0)));
  }
  return names;
}

std::vector<std::string> words_of(std::string_view sql) {
  std::vector<std::string> words;
  const auto in_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c >= 0x80; };
  for (std::size_t i = 0; i < sql.size();) {
    std::size_t end = i;
    while (end < sql.size() && in_word(static_cast<unsigned char>(sql[end]))) ++end;
    if (end > i) words.push_back(lower_case(sql.substr(i, end - i)));
    i = end + 1;
  }
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

/// Columns of the tables that the statement names (of one, if `only` names it).
std::vector<std::string_view> columns_in(std::string_view sql, const Catalog& catalog, std::string_view only) {
  std::vector<std::string_view> columns;
  const std::vector<std::string> words = words_of(sql);
  const CatalogTable* single = catalog.table(only);
  for (const CatalogTable& table : catalog.tables) {
    if (single != nullptr ? &table != single : !std::ranges::binary_search(words, lower_case(table.name))) continue;
    for (const CatalogColumn& column : table.columns) columns.emplace_back(column.name);
  }
  return columns;
}

std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

/// What a word that SQLite did not expect was meant to be; nothing if it is spelled right.
std::string keyword_hint(std::string_view word) {
  constexpr std::array<std::string_view, 24> keywords{"SELECT", "INSERT",   "UPDATE",    "DELETE", "CREATE", "TABLE",
                                                      "FROM",   "WHERE",    "GROUP",     "ORDER",  "HAVING", "LIMIT",
                                                      "OFFSET", "JOIN",     "LEFT",      "INNER",  "VALUES", "UNION",
                                                      "WITH",   "DISTINCT", "RETURNING", "EXISTS", "INDEX",  "INTO"};
  const bool right = std::ranges::any_of(keywords, [&](auto keyword) { return equal_ignoring_case(keyword, word); });
  return right ? std::string() : did_you_mean(word, keywords);
}

/// The same for the word before it, which SQLite may have taken for a name: SELECT id FORM notes.
std::string hint_before(std::string_view before) {
  before = trim(before);
  const auto in_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  std::size_t start = before.size();
  while (start > 0 && in_word(static_cast<unsigned char>(before[start - 1]))) --start;
  const std::string_view word = before.substr(start);
  const std::string hint = keyword_hint(word);
  return hint.empty() ? hint : fmt::format("`{}` stands before it: {}", word, hint);
}

[[noreturn]] void refuse(std::string_view sql, std::size_t offset, std::string message, std::string hint,
                         std::size_t* offset_out) {
  if (offset_out != nullptr) *offset_out = offset;
  if (offset == std::string_view::npos) throw Error(ErrorKind::config, std::move(message)).hinting(std::move(hint));
  throw error_at("", sql, offset, std::move(message)).hinting(std::move(hint));
}

/// Where `message` ("no such table: x") is about when SQLite does not say: at the first mention of the name.
std::size_t place_of_name(std::string_view message, std::string_view sql) {
  const std::size_t colon = message.rfind(": ");
  return colon == std::string_view::npos ? std::string_view::npos
                                         : sql.find(message.substr(colon + 2), blank_prefix(sql));
}

[[noreturn]] void refuse_failure(sqlite3* handle, std::string_view sql, std::size_t* offset_out) {
  const std::string message = sqlite3_errmsg(handle);
  const int offset = sqlite3_error_offset(handle);
  std::string hint;
  try {
    hint = hint_for(message, sql, read_catalog(handle), function_names(handle));
  } catch (const Error&) {
    hint.clear();  // a schema that cannot be read is not what this statement is blamed for
  }
  if (hint.empty() && offset > 0 && message.starts_with("near ")) {
    hint = hint_before(sql.substr(0, static_cast<std::size_t>(offset)));
  }
  std::size_t place = offset < 0 ? place_of_name(message, sql) : static_cast<std::size_t>(offset);
  if (message == "incomplete input") place = static_cast<std::size_t>(trim(sql).end() - sql.begin());
  refuse(sql, place, message, std::move(hint), offset_out);
}

/// True for the alias of the rowid, which is never NULL although nothing says NOT NULL.
bool is_rowid_alias(sqlite3* handle, const Column& column, bool primary_key) {
  if (!primary_key || !equal_ignoring_case(column.declared_type, "INTEGER")) return false;
  const StatementHandle statement = prepare(handle, "SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0", false);
  sqlite3_bind_text64(statement.get(), 1, column.table.data(), column.table.size(), SQLITE_STATIC, SQLITE_UTF8);
  return sqlite3_step(statement.get()) == SQLITE_ROW && sqlite3_column_int(statement.get(), 0) == 1;
}

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

Column describe_column(sqlite3* handle, sqlite3_stmt* statement, int index) {
  Column column{.name = text_or_empty(sqlite3_column_name(statement, index)),
                .declared_type = text_or_empty(sqlite3_column_decltype(statement, index)),
                .table = text_or_empty(sqlite3_column_table_name(statement, index)),
                .origin = text_or_empty(sqlite3_column_origin_name(statement, index)),
                .not_null = false};
  if (column.table.empty() || column.origin.empty()) return column;
  int not_null = 0;
  int primary_key = 0;
  const int code =
      sqlite3_table_column_metadata(handle, sqlite3_column_database_name(statement, index), column.table.c_str(),
                                    column.origin.c_str(), nullptr, nullptr, &not_null, &primary_key, nullptr);
  column.not_null = code == SQLITE_OK && (not_null != 0 || is_rowid_alias(handle, column, primary_key != 0));
  return column;
}

}  // namespace

std::size_t blank_prefix(std::string_view sql) noexcept {
  std::size_t i = 0;
  while (i < sql.size()) {
    const std::string_view rest = sql.substr(i);
    if (std::isspace(static_cast<unsigned char>(rest.front())) != 0 || rest.front() == ';') {
      ++i;
    } else if (rest.starts_with("--")) {
      i += std::min(rest.find('\n'), rest.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t end = rest.find("*/", 2);
      i += end == std::string_view::npos ? rest.size() : end + 2;
    } else {
      break;
    }
  }
  return i;
}

std::string hint_for(std::string_view message, std::string_view sql, const Catalog& catalog,
                     const std::vector<std::string>& functions) {
  if (const auto name = after(message, "no such column: ")) {
    const std::size_t dot = name->rfind('.');
    const std::string_view table = dot == std::string_view::npos ? std::string_view() : name->substr(0, dot);
    const std::string_view column = dot == std::string_view::npos ? *name : name->substr(dot + 1);
    return did_you_mean(column, columns_in(sql, catalog, table));
  }
  if (const std::size_t at = message.find(" has no column named "); at != std::string_view::npos) {
    constexpr std::string_view table_prefix = "table ";
    const std::string_view table =
        message.substr(0, at).substr(message.starts_with(table_prefix) ? table_prefix.size() : 0);
    return did_you_mean(message.substr(at + 21), columns_in(sql, catalog, table));
  }
  if (const auto name = after(message, "no such table: ")) {
    std::vector<std::string_view> tables;
    for (const CatalogTable& table : catalog.tables) tables.emplace_back(table.name);
    std::string hint = did_you_mean(name->substr(name->rfind('.') + 1), tables);
    if (hint.empty() && tables.empty()) hint = "the database has no tables yet: is a migration missing?";
    return hint;
  }
  if (const auto name = after(message, "no such function: ")) return did_you_mean(*name, functions);
  if (const auto quoted = after(message, "near \"")) return keyword_hint(quoted->substr(0, quoted->find('"')));
  return {};
}

Statement describe(sqlite3* handle, std::string_view sql, std::size_t* offset_out) {
  if (offset_out != nullptr) *offset_out = std::string_view::npos;
  if (blank_prefix(sql) == sql.size()) refuse(sql, 0, "there is no statement here", "", offset_out);
  auto collector = std::make_optional<ReadsCollector>(handle);
  const Prepared prepared = prepare_strictly(handle, sql);
  sql::Reads reads = collector->take();
  collector.reset();
  if (prepared.code != SQLITE_OK) refuse_failure(handle, sql, offset_out);
  const std::size_t next = prepared.tail + blank_prefix(sql.substr(prepared.tail));
  if (next != sql.size()) {
    refuse(sql, next, "a second statement starts here", "write one statement, or name each: `-- @name key`",
           offset_out);
  }
  Statement statement;
  statement.sql = std::string(sql);
  statement.reads = std::move(reads);
  statement.parameter_count = sqlite3_bind_parameter_count(prepared.statement.get());
  statement.read_only = sqlite3_stmt_readonly(prepared.statement.get()) != 0;
  const int count = sqlite3_column_count(prepared.statement.get());
  statement.columns.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) statement.columns.push_back(describe_column(handle, prepared.statement.get(), i));
  return statement;
}

}  // namespace freshet::db::sqlite
