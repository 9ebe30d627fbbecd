#include "db/postgres/describe.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "db/postgres/catalog.hpp"
#include "db/postgres/errors.hpp"
#include "db/postgres/query.hpp"
#include "sql/infer_grammar.hpp"
#include "sql/parse_tree.hpp"

#include <libpq-fe.h>

namespace freshet::db::postgres {
namespace {

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

}  // namespace

Statement describe(pg_conn* handle, std::string_view sql, std::size_t* offset_out) {
  Statement statement;
  statement.sql = sql;
  if (statement.sql.find('\0') != std::string::npos) {
    throw error_at("", sql, statement.sql.find('\0'), "a statement must not hold a NUL character");
  }
  const ResultHandle prepared(PQprepare(handle, "", statement.sql.c_str(), 0, nullptr));
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
