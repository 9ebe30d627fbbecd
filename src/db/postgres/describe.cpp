#include "db/postgres/describe.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "db/postgres/catalog.hpp"
#include "db/postgres/errors.hpp"
#include "db/postgres/oids.hpp"
#include "db/postgres/query.hpp"
#include "sql/infer_grammar.hpp"
#include "sql/lexer.hpp"
#include "sql/parse_tree.hpp"

#include <libpq-fe.h>

namespace freshet::db::postgres {
namespace {

constexpr std::size_t parameters_max = 65'535;

/// Statements that write, or lock rows, anywhere in the tree.
bool writes(const sql::TreeItem& item) {
  for (const auto& [name, child] : item.children()) {
    if (name == "InsertStmt" || name == "UpdateStmt" || name == "DeleteStmt" || name == "MergeStmt" ||
        name == "lockingClause" || name == "intoClause" || writes(child)) {
      return true;
    }
  }
  return false;
}

bool only_reads(std::string_view sql) {
  const std::optional<std::string> bounded = sql::to_postgres_grammar(sql);
  if (!bounded) return false;
  const std::optional<sql::ParseTree> tree = sql::ParseTree::parse(std::string(sql));
  if (!tree) return false;
  const sql::TreeNode statement = tree->statement();
  return statement.kind == "SelectStmt" && !writes(statement.body);
}

/// What the server itself does not suggest: the name of a table that is nearly that one.
std::string hint_for(pg_conn* handle, const Report& report, std::string_view word) {
  if (!report.hint.empty()) return report.hint;
  if (report.sqlstate != "42P01" || PQtransactionStatus(handle) == PQTRANS_INERROR) return {};
  try {
    const Catalog catalog = read_catalog(handle);
    std::vector<std::string_view> names;
    for (const CatalogTable& table : catalog.tables) names.emplace_back(table.name);
    return did_you_mean(word, names);
  } catch (const Error&) {
    return {};
  }
}

std::string_view word_at(std::string_view sql, std::size_t offset) {
  std::size_t end = offset;
  const auto in_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c >= 0x80; };
  while (end < sql.size() && in_word(static_cast<unsigned char>(sql[end]))) ++end;
  return sql.substr(offset, end - offset);
}

[[noreturn]] void refuse(pg_conn* handle, const Report& report, std::string_view sql, std::size_t* offset_out) {
  const Aftermath aftermath = aftermath_of(report);
  if (aftermath == Aftermath::lost) throw lost_error(handle, sql);
  const std::size_t offset = byte_offset(sql, report.position);
  if (offset_out != nullptr) *offset_out = offset;
  if (offset == std::string_view::npos) throw Error(ErrorKind::config, report.message).hinting(report.hint);
  throw error_at("", sql, offset, report.message).hinting(hint_for(handle, report, word_at(sql, offset)));
}

/// Names of types, tables and columns, for all columns in one question.
void name_columns(pg_conn* handle, const pg_result* description, Statement& statement) {
  std::vector<std::string> types, modifiers, tables, positions;
  for (int i = 0; i < PQnfields(description); ++i) {
    types.push_back(std::to_string(PQftype(description, i)));
    modifiers.push_back(std::to_string(PQfmod(description, i)));
    tables.push_back(std::to_string(PQftable(description, i)));
    positions.push_back(std::to_string(PQftablecol(description, i)));
  }
  const ResultHandle rows =
      query(handle,
            "SELECT format_type(u.type, u.modifier), c.relname, a.attname, coalesce(a.attnotnull, false) "
            "FROM unnest($1::oid[], $2::int4[], $3::oid[], $4::int4[]) WITH ORDINALITY "
            "AS u (type, modifier, relation, attribute, position) LEFT JOIN pg_class AS c ON c.oid = u.relation "
            "LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = u.attribute AND a.attnum > 0 "
            "ORDER BY u.position",
            {array_of(types), array_of(modifiers), array_of(tables), array_of(positions)});
  for (int i = 0; i < PQnfields(description); ++i) {
    statement.columns.push_back({.name = PQfname(description, i),
                                 .declared_type = text_at(rows.get(), i, 0),
                                 .table = text_at(rows.get(), i, 1),
                                 .origin = text_at(rows.get(), i, 2),
                                 .not_null = boolean_at(rows.get(), i, 3)});
  }
}

/// `$4 IS NULL` tells PostgreSQL nothing of the type of $4, and must not stand before what does: it is an error. So the
/// statement is first looked at with NULL in such places; what stands nowhere else is a text.
struct NullTests {
  std::string without;               // the statement with `NULL IS NULL`
  std::vector<std::uint32_t> types;  // by position: text, or 0 for what the rest of the statement tells
  bool any = false;
};

NullTests take_out_null_tests(std::string_view sql) {
  NullTests out;
  std::vector<bool> tested, used;
  const std::vector<sql::Token> tokens = sql::tokenize(sql);
  std::size_t copied = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view text = sql::text_of(sql, tokens[i]);
    std::size_t position = 0;
    if (tokens[i].kind != sql::TokenKind::positional || !text.starts_with('$')) continue;
    std::from_chars(text.data() + 1, text.data() + text.size(), position);
    if (position == 0 || position > parameters_max) continue;
    if (position > used.size()) {
      used.resize(position);
      tested.resize(position);
    }
    const std::size_t after = i + 2 < tokens.size() && sql::is_word(sql, tokens[i + 2], "not") ? i + 3 : i + 2;
    const bool is_test =
        after < tokens.size() && sql::is_word(sql, tokens[i + 1], "is") && sql::is_word(sql, tokens[after], "null");
    (is_test ? tested : used)[position - 1] = true;
    if (!is_test) continue;
    out.any = true;
    out.without.append(sql.substr(copied, tokens[i].offset - copied)).append("NULL");
    copied = tokens[i].end();
  }
  out.without.append(sql.substr(copied));
  for (std::size_t i = 0; i < used.size(); ++i) out.types.push_back(tested[i] && !used[i] ? oid::text : 0);
  return out;
}

/// The types of the parameters, as far as the statement without its tests for NULL tells them; none, if it is wrong.
std::vector<std::uint32_t> types_of(pg_conn* handle, const NullTests& tests) {
  const ResultHandle prepared(
      PQprepare(handle, "", tests.without.c_str(), static_cast<int>(tests.types.size()), tests.types.data()));
  if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) return {};
  const ResultHandle description(PQdescribePrepared(handle, ""));
  std::vector<std::uint32_t> types = tests.types;
  for (int i = 0; i < PQnparams(description.get()); ++i) {
    types[static_cast<std::size_t>(i)] = PQparamtype(description.get(), i);
  }
  return types;
}

ResultHandle prepare(pg_conn* handle, const std::string& sql) {
  std::vector<std::uint32_t> types;
  if (const NullTests tests = take_out_null_tests(sql); tests.any) {
    // What is wrong with the statement is for the statement as it is to tell, in whatever transaction this is.
    const bool in_transaction = PQtransactionStatus(handle) == PQTRANS_INTRANS;
    if (in_transaction) PQclear(PQexec(handle, "SAVEPOINT freshet_describe"));
    types = types_of(handle, tests);
    if (in_transaction) PQclear(PQexec(handle, "ROLLBACK TO freshet_describe"));
  }
  return ResultHandle(PQprepare(handle, "", sql.c_str(), static_cast<int>(types.size()), types.data()));
}

}  // namespace

Statement describe(pg_conn* handle, std::string_view sql, std::size_t* offset_out) {
  Statement statement;
  statement.sql = sql;
  if (statement.sql.find('\0') != std::string::npos) {
    throw error_at("", sql, statement.sql.find('\0'), "a statement must not hold a NUL character");
  }
  const ResultHandle prepared = prepare(handle, statement.sql);
  if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) {
    refuse(handle, report_of(prepared.get()), sql, offset_out);
  }
  const ResultHandle description(PQdescribePrepared(handle, ""));
  if (PQresultStatus(description.get()) != PGRES_COMMAND_OK) {
    refuse(handle, report_of(description.get()), sql, offset_out);
  }
  statement.parameter_count = PQnparams(description.get());
  for (int i = 0; i < statement.parameter_count; ++i) {
    statement.parameter_types.push_back(PQparamtype(description.get(), i));
  }
  statement.read_only = only_reads(sql);
  statement.reads.foreign = true;  // nothing is known of what it reads: nothing is kept of what it answers
  if (PQnfields(description.get()) > 0) name_columns(handle, description.get(), statement);
  return statement;
}

}  // namespace freshet::db::postgres
