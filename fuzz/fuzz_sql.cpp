// SQL text. Checked: tokens cover everything but blanks; statements of a script are slices of it, and one statement
// each; rendering keeps everything but placeholders, token by token, and maps offsets back; comments change no verdict;
// infer_columns answers for as many columns as asked, however deep the statement nests.

#include <algorithm>
#include <string>
#include <vector>

#include "sql/lexer.hpp"
#include "sql/placeholders.hpp"
#include "sql/statement.hpp"

#include "fuzz/property.hpp"

namespace freshet::fuzz {
namespace {

using sql::Token;
using sql::TokenKind;

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
}

/// The text with blanks in place of its comments.
std::string check_tokens(std::string_view text) {
  std::string bare(text);
  sql::Lexer lexer(text);
  Token token;
  std::size_t end = 0;
  while (lexer.next(token)) {
    must(token.length != 0 && token.offset >= end && token.end() <= text.size(), "tokens go forwards, within the text");
    must(is_blank(text.substr(end, token.offset - end)), "between tokens there are blanks only");
    end = token.end();
    must(token.kind != TokenKind::unterminated || end == text.size(), "what never ends reaches the end");
    if (token.kind == TokenKind::comment)
      std::fill_n(bare.begin() + static_cast<long>(token.offset), token.length, ' ');
  }
  must(is_blank(text.substr(end)), "behind the last token there are blanks only");
  return bare;
}

void check_script(std::string_view script) {
  std::size_t end = 0;
  for (const sql::StatementSpan& span : sql::split_statements(script)) {
    must(span.length != 0 && span.offset >= end && span.offset + span.length <= script.size(),
         "statements are slices of the script, in order");
    end = span.offset + span.length;
    const std::string_view statement = script.substr(span.offset, span.length);
    const auto again = sql::split_statements(statement);
    must(again.size() == 1 && again.front().offset == 0 && again.front().length == span.length,
         "a statement is one statement");
  }
}

std::vector<sql::ParameterSpec> parameters_for(const std::vector<sql::Placeholder>& placeholders) {
  std::vector<sql::ParameterSpec> parameters;
  for (const sql::Placeholder& placeholder : placeholders) {
    if (placeholder.name.size() % 3 == 0) continue;  // an earlier statement's
    parameters.emplace_back();
    parameters.back().name = placeholder.name;
    parameters.back().list = placeholder.name.size() % 2 == 0;
  }
  return parameters;
}

/// Between the edits, both texts are the same.
void check_kept(const sql::StatementSource& statement, const sql::Rendered& rendered) {
  std::size_t sql_at = 0;
  std::size_t source_at = 0;
  must(rendered.edits.size() == 2 * statement.placeholders.size(), "each placeholder is one edit");
  for (std::size_t i = 0; i + 1 < rendered.edits.size(); i += 2) {
    const auto& begin = rendered.edits[i];
    const auto& end = rendered.edits[i + 1];
    must(rendered.sql.substr(sql_at, begin.sql_offset - sql_at) ==
             statement.text.substr(source_at, begin.source_offset - source_at),
         "everything but placeholders is kept");
    sql_at = end.sql_offset;
    source_at = end.source_offset;
  }
  must(rendered.sql.substr(sql_at) == statement.text.substr(source_at), "everything behind is kept");
  std::size_t last = 0;
  for (std::size_t offset = 0; offset <= rendered.sql.size(); ++offset) {
    const std::size_t source = rendered.source_offset(offset);
    must(source >= last && source <= statement.text.size(), "offsets map back in order, into the statement");
    last = source;
  }
}

/// Without lists, each token but the placeholders is the same one again.
void check_same_tokens(const sql::StatementSource& statement, const sql::Rendered& rendered) {
  const std::vector<Token> before = sql::tokenize(statement.text);
  const std::vector<Token> after = sql::tokenize(rendered.sql);
  must(before.size() == after.size(), "rendering merges and splits no tokens");
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool placeholder = before[i].kind == TokenKind::placeholder;
    must(after[i].kind == (placeholder ? TokenKind::positional : before[i].kind), "tokens keep their kind");
    must(placeholder || sql::text_of(statement.text, before[i]) == sql::text_of(rendered.sql, after[i]),
         "tokens keep their text");
  }
}

void check_render(std::string_view text) {
  sql::StatementSource statement;
  statement.text = text;
  statement.placeholders = sql::find_placeholders(text);
  for (const sql::Placeholder& placeholder : statement.placeholders) (void)sql::takes_list(text, placeholder);
  const std::vector<sql::ParameterSpec> parameters = parameters_for(statement.placeholders);
  const bool lists = std::any_of(statement.placeholders.begin(), statement.placeholders.end(),
                                 [](const sql::Placeholder& placeholder) { return placeholder.in_list; });
  for (const auto style : {sql::PlaceholderStyle::sqlite, sql::PlaceholderStyle::postgres}) {
    const sql::Rendered rendered = sql::render(statement, style, parameters);
    check_kept(statement, rendered);
    if (!lists) check_same_tokens(statement, rendered);
  }
}

void check_inference(std::string_view text) {
  constexpr std::size_t columns = 3;
  const auto lookup = [](std::string_view table, std::string_view column) -> std::optional<sql::InferredColumn> {
    if (table.empty() || column.size() % 2 == 0) return std::nullopt;
    return sql::InferredColumn{.type = sql::ColumnType::integer, .not_null = true};
  };
  must(sql::infer_columns(text, columns).size() == columns, "each column gets an answer");
  must(sql::infer_columns(text, columns, lookup).size() == columns, "each column gets an answer from the schema");
}

}  // namespace
}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  const std::string_view text = fuzz::text_of(data, size);
  const std::string bare = fuzz::check_tokens(text);
  fuzz::must(sql::is_query(text) == sql::is_query(bare), "comments do not make a query");
  fuzz::must(sql::has_limit(text) == sql::has_limit(bare), "comments do not make a limit");
  fuzz::check_script(text);
  // Quadratic in the number of placeholders, and of no interest beyond a few.
  if (std::count(text.begin(), text.end(), ':') < 200) fuzz::check_render(text);
  fuzz::check_inference(text);
  return 0;
}
