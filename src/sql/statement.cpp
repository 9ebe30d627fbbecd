#include "sql/statement.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "sql/lexer.hpp"

namespace freshet::sql {
namespace {

class Renderer {
 public:
  Renderer(const StatementSource& statement, PlaceholderStyle style, const std::vector<ParameterSpec>& parameters)
      : text_(statement.text), placeholders_(statement.placeholders), style_(style), parameters_(parameters) {}

  Rendered run() {
    out_.sql.reserve(text_.size() + 32 * placeholders_.size());
    for (const Placeholder& placeholder : placeholders_) {
      const bool list = is_list(placeholder);
      const std::size_t position = position_of({.name = placeholder.name, .column = placeholder.column, .list = list});
      if (!list || !placeholder.in_list) {
        replace(placeholder.offset, placeholder.offset + placeholder.length, mark(position));
      } else if (style_ == PlaceholderStyle::sqlite) {
        replace(placeholder.offset, placeholder.offset + placeholder.length,
                fmt::format("SELECT value FROM json_each({})", mark(position)));
      } else {
        replace_membership(placeholder, mark(position));
      }
    }
    out_.sql.append(text_.substr(copied_));
    return std::move(out_);
  }

 private:
  [[nodiscard]] const ParameterSpec* parameter(std::string_view name) const {
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [&](const ParameterSpec& spec) { return spec.name == name; });
    return found == parameters_.end() ? nullptr : &*found;
  }

  // A list parameter is one wherever it stands; an earlier statement's column is one within IN ( … ).
  [[nodiscard]] bool is_list(const Placeholder& placeholder) const {
    const ParameterSpec* spec = parameter(placeholder.name);
    if (placeholder.column.empty()) return spec != nullptr && spec->list;
    if (spec != nullptr && placeholder.column == "given") return false;
    return placeholder.in_list;
  }

  [[nodiscard]] std::string mark(std::size_t position) const {
    return fmt::format("{}{}", style_ == PlaceholderStyle::sqlite ? '?' : '$', position);
  }

  std::size_t position_of(const Slot& slot) {
    const auto found = std::find_if(out_.slots.begin(), out_.slots.end(), [&](const Slot& other) {
      return other.name == slot.name && other.column == slot.column && other.list == slot.list;
    });
    const auto index = static_cast<std::size_t>(found - out_.slots.begin());
    if (found == out_.slots.end()) out_.slots.push_back(slot);
    return index + 1;
  }

  // `x IN (:list)` is `x = ANY($1)` there, and `x NOT IN (:list)` is `x <> ALL($1)`.
  void replace_membership(const Placeholder& placeholder, const std::string& array) {
    std::optional<Token> in;
    std::optional<Token> negation;
    for (const Token& token : tokenize(text_.substr(0, placeholder.paren_open))) {
      negation = in;
      in = token;
    }
    const bool negated = negation && is_word(text_, *negation, "NOT");
    const std::size_t start = negated ? negation->offset : in ? in->offset : placeholder.paren_open;
    replace(start, placeholder.paren_close + 1, fmt::format("{}({})", negated ? "<> ALL" : "= ANY", array));
  }

  // `LIMIT:n` is fine, `LIMIT$1` would be a name on PostgreSQL.
  [[nodiscard]] bool would_join(std::string_view with) const {
    if (!with.starts_with('$') || out_.sql.empty()) return false;
    const auto last = static_cast<unsigned char>(out_.sql.back());
    return last >= 0x80 || last == '_' || last == '$' || std::isalnum(last) != 0;
  }

  void replace(std::size_t begin, std::size_t end, const std::string& with) {
    out_.sql.append(text_.substr(copied_, begin - copied_));
    out_.edits.push_back({.sql_offset = out_.sql.size(), .source_offset = begin});
    if (would_join(with)) out_.sql.push_back(' ');
    out_.sql.append(with);
    out_.edits.push_back({.sql_offset = out_.sql.size(), .source_offset = end});
    copied_ = end;
  }

  std::string_view text_;
  const std::vector<Placeholder>& placeholders_;
  PlaceholderStyle style_;
  const std::vector<ParameterSpec>& parameters_;
  Rendered out_;
  std::size_t copied_ = 0;  // up to where text_ has gone into out_.sql
};

// Walks over the tokens of a statement's own level, jumping over what stands in parentheses.
class TopLevel {
 public:
  explicit TopLevel(std::string_view sql) : sql_(sql), tokens_(tokenize(sql)) {}

  [[nodiscard]] std::string_view sql() const { return sql_; }
  [[nodiscard]] bool done() const { return at_ >= tokens_.size(); }
  [[nodiscard]] bool is(std::string_view keyword, std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() && is_word(sql_, tokens_[at_ + ahead], keyword);
  }
  [[nodiscard]] bool at_open() const { return !done() && is_punctuation(sql_, tokens_[at_], '('); }
  void enter() { ++at_; }

  void next() {
    std::size_t depth = 0;
    do {
      if (is_punctuation(sql_, tokens_[at_], '(')) ++depth;
      if (is_punctuation(sql_, tokens_[at_], ')') && depth != 0) --depth;
      ++at_;
    } while (depth != 0 && at_ < tokens_.size());
  }

 private:
  std::string_view sql_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

bool at_writing_word(const TopLevel& level) {
  return level.is("INSERT") || level.is("UPDATE") || level.is("DELETE") || level.is("MERGE") ||
         (level.is("REPLACE") && level.is("INTO", 1));
}

// Over the common table expressions; false if one of them writes.
bool skip_ctes(TopLevel& level) {
  level.next();
  while (!level.done() && !level.is("SELECT") && !level.is("VALUES") && !at_writing_word(level)) {
    const bool opens_body = level.is("AS") || level.is("MATERIALIZED");
    level.next();
    if (!opens_body || !level.at_open()) continue;
    TopLevel body = level;
    body.enter();
    if (at_writing_word(body)) return false;
  }
  return true;
}

}  // namespace

std::size_t Rendered::source_offset(std::size_t sql_offset) const noexcept {
  const auto after = std::upper_bound(edits.begin(), edits.end(), sql_offset,
                                      [](std::size_t offset, const Edit& edit) { return offset < edit.sql_offset; });
  if (after == edits.begin()) return sql_offset;
  const Edit& before = *std::prev(after);
  const std::size_t offset = before.source_offset + (sql_offset - before.sql_offset);
  // What replaced a placeholder may be longer than it; stay within it.
  return after == edits.end() ? offset : std::min(offset, after->source_offset);
}

Rendered render(const StatementSource& statement, PlaceholderStyle style,
                const std::vector<ParameterSpec>& parameters) {
  return Renderer(statement, style, parameters).run();
}

bool is_query(std::string_view sql) {
  TopLevel level(sql);
  while (level.at_open()) level.enter();  // (SELECT …) UNION …
  if (level.is("WITH") && !skip_ctes(level)) return false;
  if (level.is("VALUES")) return true;
  if (!level.is("SELECT")) return false;
  for (; !level.done(); level.next()) {
    if (level.is("INTO")) return false;  // SELECT … INTO makes a table on PostgreSQL
  }
  return true;
}

bool has_limit(std::string_view sql) {
  for (TopLevel level(sql); !level.done(); level.next()) {
    if (level.is("LIMIT")) return true;
    if (level.is("FETCH") && (level.is("FIRST", 1) || level.is("NEXT", 1))) return true;
  }
  return false;
}

}  // namespace freshet::sql
