#include "sql/lexer.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Every token as its text, those of one kind only if `kind` is given.
std::vector<std::string> tokens(std::string_view sql) {
  std::vector<std::string> texts;
  for (const Token& token : tokenize(sql)) texts.emplace_back(text_of(sql, token));
  return texts;
}
std::vector<std::string> tokens(std::string_view sql, TokenKind kind) {
  std::vector<std::string> texts;
  Lexer lexer(sql);
  for (Token token; lexer.next(token);) {
    if (token.kind == kind) texts.emplace_back(text_of(sql, token));
  }
  return texts;
}
std::vector<std::string> statements(std::string_view script) {
  std::vector<std::string> texts;
  for (const StatementSpan& span : split_statements(script))
    texts.emplace_back(script.substr(span.offset, span.length));
  return texts;
}

TEST(LexerTest, tells_words_numbers_and_operators_apart) {
  EXPECT_THAT(tokens("SELECT a.b,1.5e3+x FROM t1"),
              ElementsAre("SELECT", "a", ".", "b", ",", "1.5e3", "+", "x", "FROM", "t1"));
  EXPECT_THAT(tokens("a->>'x'||b<=c!=d->e"),
              ElementsAre("a", "->>", "'x'", "||", "b", "<=", "c", "!=", "d", "->", "e"));
  EXPECT_THAT(tokens("0xFF .5 5. 1_000 1e5 1e", TokenKind::number),
              ElementsAre("0xFF", ".5", "5.", "1_000", "1e5", "1"));
}

TEST(LexerTest, words_may_hold_letters_of_any_script_and_dollars) {
  EXPECT_THAT(tokens("größe a$b 表", TokenKind::word), ElementsAre("größe", "a$b", "表"));
}

TEST(LexerTest, a_doubled_quote_stays_within_its_string) {
  EXPECT_THAT(tokens("'it''s' ''", TokenKind::string), ElementsAre("'it''s'", "''"));
  EXPECT_THAT(tokens(R"("a""b" `c``d`)", TokenKind::identifier), ElementsAre(R"("a""b")", "`c``d`"));
}

TEST(LexerTest, only_escape_strings_know_backslashes) {
  EXPECT_THAT(tokens(R"('a\' x)", TokenKind::string), ElementsAre(R"('a\')"));
  EXPECT_THAT(tokens(R"(E'a\'b' x)", TokenKind::string), ElementsAre(R"(E'a\'b')"));
  EXPECT_THAT(tokens(R"(x'ff' B'01' N'x' U&'\00e9')", TokenKind::string),
              ElementsAre("x'ff'", "B'01'", "N'x'", R"(U&'\00e9')"));
  EXPECT_THAT(tokens("else'x'"), ElementsAre("else", "'x'"));
}

TEST(LexerTest, dollar_quotes_end_at_their_own_tag) {
  EXPECT_THAT(tokens("$$ a $b$ $$ $b$ $$ $b$", TokenKind::string), ElementsAre("$$ a $b$ $$", "$b$ $$ $b$"));
  EXPECT_THAT(tokens("$1 $23 $name ?4", TokenKind::positional), ElementsAre("$1", "$23", "$name", "?4"));
}

TEST(LexerTest, placeholders_are_a_colon_and_a_name) {
  EXPECT_THAT(tokens("a=:b,:c.d(:e_1)", TokenKind::placeholder), ElementsAre(":b", ":c.d", ":e_1"));
  EXPECT_THAT(tokens("(:a.)", TokenKind::placeholder), ElementsAre(":a"));
}

TEST(LexerTest, casts_and_assignments_are_no_placeholders) {
  EXPECT_THAT(tokens("a::text b:=c d:1 : e", TokenKind::placeholder), IsEmpty());
  EXPECT_THAT(tokens(":a::text", TokenKind::placeholder), ElementsAre(":a"));
}

TEST(LexerTest, nothing_within_quotes_and_comments_is_a_placeholder) {
  EXPECT_THAT(tokens("':a' \":b\" [:c] `:d` E'\\':e' $$:f$$ -- :g\n/* :h /* :i */ :j */", TokenKind::placeholder),
              IsEmpty());
}

TEST(LexerTest, brackets_are_identifiers_unless_they_follow_something_to_index) {
  EXPECT_THAT(tokens("SELECT [a b], t.[c]", TokenKind::identifier), ElementsAre("[a b]", "[c]"));
  EXPECT_THAT(tokens("ARRAY[1,2] a[1] f(x)[2]", TokenKind::identifier), IsEmpty());
  EXPECT_THAT(tokens("a[:i]", TokenKind::placeholder), ElementsAre(":i"));
}

TEST(LexerTest, comments_nest_and_end_with_the_line) {
  EXPECT_THAT(tokens("a -- b\nc /* d /* e */ f */ g", TokenKind::word), ElementsAre("a", "c", "g"));
  EXPECT_THAT(tokens("a--b", TokenKind::comment), ElementsAre("--b"));
  EXPECT_THAT(tokens("a-/*b*/-c"), ElementsAre("a", "-", "-", "c"));
}

TEST(LexerTest, operators_end_where_something_else_begins) {
  EXPECT_THAT(tokens("a=-1 b=:c d||:e f<--g"),
              ElementsAre("a", "=", "-", "1", "b", "=", ":c", "d", "||", ":e", "f", "<"));
  EXPECT_THAT(tokens("a@>b c?d"), ElementsAre("a", "@>", "b", "c", "?", "d"));
}

TEST(LexerTest, what_never_ends_is_one_token_to_the_end) {
  for (const auto* sql : {"'abc", "\"abc", "`abc", " [abc", "/* abc", "$$abc", "E'abc\\'", "/* /* */"}) {
    EXPECT_EQ(tokens(sql, TokenKind::unterminated).size(), 1U) << sql;
  }
}

TEST(LexerTest, every_byte_is_part_of_some_token_or_blank) {
  std::string all;
  for (int c = 1; c < 256; ++c) all.push_back(static_cast<char>(c));
  std::size_t end = 0;
  Lexer lexer(all);
  for (Token token; lexer.next(token); end = token.end()) ASSERT_GT(token.length, 0U);
  EXPECT_EQ(end, all.size());
}

TEST(KeywordTest, ignores_case_and_kind) {
  const std::string_view sql = "select \"select\"";
  EXPECT_TRUE(is_word(sql, tokenize(sql)[0], "SELECT"));
  EXPECT_FALSE(is_word(sql, tokenize(sql)[1], "\"select\""));
}

TEST(SplitTest, cuts_at_semicolons_and_trims_what_surrounds_a_statement) {
  EXPECT_THAT(statements("SELECT 1; SELECT 2 ;\n\n;;  SELECT ';' -- ;\n"),
              ElementsAre("SELECT 1", "SELECT 2", "SELECT ';'"));
  EXPECT_THAT(statements("-- only\n/* comments; */ ;"), IsEmpty());
  EXPECT_THAT(statements(""), IsEmpty());
}

TEST(SplitTest, comments_within_a_statement_stay_in_it) {
  EXPECT_THAT(statements("-- before\nSELECT /* ; */ 1 -- ;\n, 2;"), ElementsAre("SELECT /* ; */ 1 -- ;\n, 2"));
}

TEST(SplitTest, a_trigger_with_its_body_is_one_statement) {
  const std::string trigger =
      "CREATE TEMP TRIGGER IF NOT EXISTS t AFTER UPDATE ON a WHEN CASE WHEN new.x THEN 1 ELSE 0 END BEGIN\n"
      "  UPDATE b SET x = CASE y WHEN 1 THEN 2 ELSE CASE WHEN z THEN 3 END END;\n"
      "  DELETE FROM c;\nEND";
  EXPECT_THAT(statements(trigger + "; SELECT 1"), ElementsAre(trigger, "SELECT 1"));
}

TEST(SplitTest, a_trigger_of_postgresql_ends_at_its_semicolon) {
  EXPECT_THAT(statements("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f(); SELECT 1"),
              ElementsAre("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()", "SELECT 1"));
}

TEST(SplitTest, function_bodies_of_both_forms_stay_whole) {
  EXPECT_THAT(
      statements("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2 $$; SELECT 3"),
      ElementsAre("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2 $$", "SELECT 3"));
  EXPECT_THAT(statements("CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3"),
              ElementsAre("CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; SELECT 2; END", "SELECT 3"));
}

TEST(SplitTest, rules_keep_the_semicolons_in_their_parentheses) {
  EXPECT_THAT(statements("CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); SELECT 1"),
              ElementsAre("CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)", "SELECT 1"));
}

TEST(SplitTest, transactions_are_plain_statements) {
  EXPECT_THAT(statements("BEGIN; SELECT 1; END; BEGIN IMMEDIATE; COMMIT"),
              ElementsAre("BEGIN", "SELECT 1", "END", "BEGIN IMMEDIATE", "COMMIT"));
}

TEST(SplitTest, a_table_named_like_a_trigger_is_none) {
  EXPECT_THAT(statements("CREATE TABLE trigger_log (id); SELECT begin FROM t; SELECT 1"),
              ElementsAre("CREATE TABLE trigger_log (id)", "SELECT begin FROM t", "SELECT 1"));
  EXPECT_THAT(statements("CREATE INDEX trigger ON t (a); INSERT INTO x DEFAULT VALUES"),
              ElementsAre("CREATE INDEX trigger ON t (a)", "INSERT INTO x DEFAULT VALUES"));
}

}  // namespace
}  // namespace freshet::sql
