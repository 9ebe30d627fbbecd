#include "sql/select_block.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"

namespace freshet::sql {
namespace {

enum Clause : std::size_t { selecting, from, where, group, having, order, limit, clauses };

class BlockParser {
 public:
  BlockParser(std::string_view sql, const std::vector<Token>& tokens, std::size_t at)
      : sql_(sql), tokens_(tokens), first_(at + 1) {}

  std::optional<SelectBlock> parse() {
    if (word(first_, "DISTINCT") || word(first_, "ALL") || !find_clauses()) return std::nullopt;
    if (!read_targets() || !read_from() || !read_condition(where, block_.where) || !read_group_by() ||
        !read_condition(having, block_.having) || !read_order_by() || !read_limit()) {
      return std::nullopt;
    }
    return std::move(block_);
  }

 private:
  [[nodiscard]] bool word(std::size_t at, std::string_view keyword) const {
    return at < tokens_.size() && is_word(sql_, tokens_[at], keyword);
  }
  [[nodiscard]] bool mark(std::size_t at, char c) const {
    return at < tokens_.size() && is_punctuation(sql_, tokens_[at], c);
  }
  [[nodiscard]] bool is_name(std::size_t at) const {
    return at < tokens_.size() && (tokens_[at].kind == TokenKind::word || tokens_[at].kind == TokenKind::identifier);
  }
  [[nodiscard]] std::string name(std::size_t at) const { return identifier_of(text_of(sql_, tokens_[at])); }

  // Where each clause is. False: set operations, or clauses of a kind or in an order that is not known here.
  bool find_clauses() {
    std::size_t depth = 0;
    std::size_t current = selecting;
    begins_[selecting] = first_;
    std::size_t at = first_;
    for (; at < tokens_.size(); ++at) {
      if (mark(at, '(')) ++depth;
      if (mark(at, ')') && depth-- == 0) break;
      if (depth != 0) continue;
      if (mark(at, ';')) break;
      for (const char* stranger : {"UNION", "INTERSECT", "EXCEPT", "WINDOW", "RETURNING", "VALUES"}) {
        if (word(at, stranger)) return false;
      }
      const std::size_t next = clause_at(at);
      if (next == clauses) continue;
      if (next <= current) return false;
      ends_[current] = at;
      current = next;
      begins_[current] = at + (next == group || next == order ? 2 : 1);
      there_[current] = true;
    }
    ends_[current] = at;
    return there_[from];
  }

  [[nodiscard]] std::size_t clause_at(std::size_t at) const {
    if (word(at, "FROM")) return from;
    if (word(at, "WHERE")) return where;
    if (word(at, "GROUP") && word(at + 1, "BY")) return group;
    if (word(at, "HAVING")) return having;
    if (word(at, "ORDER") && word(at + 1, "BY")) return order;
    if (word(at, "LIMIT")) return limit;
    return clauses;
  }

  [[nodiscard]] TokenRange range(Clause clause) const { return {begins_[clause], ends_[clause]}; }

  // What commas at the top separate.
  [[nodiscard]] std::vector<TokenRange> items(Clause clause) const {
    std::vector<TokenRange> out;
    std::size_t depth = 0;
    std::size_t first = begins_[clause];
    for (std::size_t at = first; at < ends_[clause]; ++at) {
      if (mark(at, '(')) ++depth;
      if (mark(at, ')')) --depth;
      if (depth != 0 || !mark(at, ',')) continue;
      out.push_back({first, at});
      first = at + 1;
    }
    out.push_back({first, ends_[clause]});
    return out;
  }

  bool read_targets() {
    for (TokenRange item : items(selecting)) {
      SelectBlock::Target target;
      std::optional<Expression> whole = parse_expression(sql_, tokens_, item);
      if (!whole && item.end - item.first >= 2) {
        if (!is_name(item.end - 1)) return false;
        target.alias = lower_case(name(item.end - 1));
        item.end -= word(item.end - 2, "AS") ? 2 : 1;
        whole = parse_expression(sql_, tokens_, item);
      }
      if (!whole) return false;
      target.expression = *std::move(whole);
      target.tokens = item;
      block_.targets.push_back(std::move(target));
    }
    return true;
  }

  bool read_from() {
    const TokenRange tokens = range(from);
    const std::size_t count = tokens.end - tokens.first;
    if (count == 0 || count > 3 || !is_name(tokens.first) || !is_name(tokens.end - 1)) return false;
    if (count == 3 && !word(tokens.first + 1, "AS")) return false;
    block_.table_token = tokens.first;
    block_.table = lower_case(name(tokens.first));
    block_.has_alias = count > 1;
    block_.written_alias = name(tokens.end - 1);
    block_.alias = lower_case(block_.written_alias);
    return true;
  }

  bool read_condition(Clause clause, std::optional<Expression>& out) {
    if (!there_[clause]) return true;
    out = parse_expression(sql_, tokens_, range(clause));
    return out.has_value();
  }

  bool read_group_by() {
    if (!there_[group]) return true;
    for (const TokenRange item : items(group)) {
      std::optional<Expression> expression = parse_expression(sql_, tokens_, item);
      if (!expression) return false;
      block_.group_by.push_back(*std::move(expression));
    }
    return true;
  }

  bool read_order_by() {
    if (!there_[order]) return true;
    for (TokenRange item : items(order)) {
      const bool nulls = item.end - item.first > 2 && word(item.end - 2, "NULLS");
      if (nulls) item.end -= 2;
      if (item.end - item.first > 1 && (word(item.end - 1, "ASC") || word(item.end - 1, "DESC"))) --item.end;
      std::optional<Expression> expression = parse_expression(sql_, tokens_, item);
      if (!expression) return false;
      block_.order_by.push_back(*std::move(expression));
    }
    return true;
  }

  bool read_limit() {
    block_.has_limit = there_[limit];
    for (std::size_t at = begins_[limit]; there_[limit] && at < ends_[limit]; ++at) {
      const TokenKind kind = tokens_[at].kind;
      if (kind != TokenKind::number && kind != TokenKind::placeholder && !word(at, "OFFSET") && !mark(at, ','))
        return false;
    }
    return true;
  }

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  std::size_t first_;
  std::array<std::size_t, clauses> begins_{};
  std::array<std::size_t, clauses> ends_{};
  std::array<bool, clauses> there_{};
  SelectBlock block_;
};

}  // namespace

std::optional<SelectBlock> parse_select(std::string_view sql, const std::vector<Token>& tokens, std::size_t at) {
  return BlockParser(sql, tokens, at).parse();
}

}  // namespace freshet::sql
