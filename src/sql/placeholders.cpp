#include "sql/placeholders.hpp"

#include <algorithm>
#include <array>

#include "sql/lexer.hpp"

namespace freshet::sql {
namespace {

Placeholder placeholder_from(std::string_view statement, const Token& token) {
  Placeholder placeholder;
  std::string_view name = text_of(statement, token).substr(1);
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
    placeholder.column = name.substr(dot + 1);
    name = name.substr(0, dot);
  }
  placeholder.name = name;
  placeholder.offset = token.offset;
  placeholder.length = token.length;
  return placeholder;
}

}  // namespace

std::vector<Placeholder> find_placeholders(std::string_view statement) {
  const std::vector<Token> tokens = tokenize(statement);
  std::vector<Placeholder> placeholders;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::placeholder) continue;
    Placeholder placeholder = placeholder_from(statement, tokens[i]);
    placeholder.in_list = i >= 2 && i + 1 < tokens.size() && is_punctuation(statement, tokens[i - 1], '(') &&
                          is_punctuation(statement, tokens[i + 1], ')') && is_word(statement, tokens[i - 2], "IN");
    if (placeholder.in_list) {
      placeholder.paren_open = tokens[i - 1].offset;
      placeholder.paren_close = tokens[i + 1].offset;
    }
    placeholders.push_back(std::move(placeholder));
  }
  return placeholders;
}

bool takes_list(std::string_view statement, const Placeholder& placeholder) {
  if (placeholder.in_list) return true;
  constexpr std::array functions{std::string_view("json_each"),   std::string_view("json_tree"),
                                 std::string_view("json"),        std::string_view("json_array_length"),
                                 std::string_view("unnest"),      std::string_view("any"),
                                 std::string_view("all"),         std::string_view("cardinality"),
                                 std::string_view("array_length")};
  const std::vector<Token> tokens = tokenize(statement);
  const auto self = std::find_if(tokens.begin(), tokens.end(),
                                 [&](const Token& token) { return token.offset == placeholder.offset; });
  if (self == tokens.end()) return false;
  if (tokens.end() - self > 2 && is_word(statement, self[1], "IS")) {
    return is_word(statement, self[2], "NULL") ||
           (tokens.end() - self > 3 && is_word(statement, self[2], "NOT") && is_word(statement, self[3], "NULL"));
  }
  return self - tokens.begin() >= 2 && is_punctuation(statement, self[-1], '(') &&
         std::any_of(functions.begin(), functions.end(),
                     [&](std::string_view name) { return is_word(statement, self[-2], name); });
}

}  // namespace freshet::sql
