#include "sql/parse_tree.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>
#include <type_traits>

#include <pg_query.h>
#include <simdjson.h>

namespace freshet::sql {
namespace {

namespace dom = simdjson::dom;

// Its JSON nests a few levels for each of the statement's.
constexpr std::size_t tree_depth_max = 8'192;

struct ParseResult {
  explicit ParseResult(const std::string& sql) : result(pg_query_parse(sql.c_str())) {}
  ~ParseResult() { pg_query_free_parse_result(result); }
  ParseResult(const ParseResult&) = delete;
  ParseResult& operator=(const ParseResult&) = delete;
  PgQueryParseResult result;
};

template <class Element>
dom::element to_dom(const Element& element) {
  static_assert(sizeof(Element) == sizeof(dom::element) && std::is_trivially_copyable_v<dom::element>);
  return std::bit_cast<dom::element>(element);
}

std::optional<std::int64_t> leading_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

/// Of `- 1 …` or `0 …`; nullopt: something else stands there, such as `-(1)`.
std::optional<std::int64_t> integer_at(std::string_view sql, std::size_t place) {
  std::string_view text = sql.substr(std::min(place, sql.size()));
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(std::min(text.find_first_not_of(' ', 1), text.size()));
  const std::optional<std::int64_t> value = text.starts_with('-') ? std::nullopt : leading_integer(text);
  return value && negative ? -*value : value;
}

/// The library's JSON leaves out an integer constant that is not above zero, but says where it stands: what is written
/// there is put in.
std::string with_all_integers(std::string_view json, std::string_view sql) {
  constexpr std::string_view missing = R"("ival":{},"location":)";
  std::string out;
  for (std::size_t at = 0; (at = json.find(missing)) != std::string_view::npos; json.remove_prefix(at)) {
    out.append(json.substr(0, at));
    at += missing.size();
    const std::optional<std::int64_t> place = leading_integer(json.substr(at));
    const auto value = place && *place > 0 ? integer_at(sql, static_cast<std::size_t>(*place)) : std::nullopt;
    out += value ? R"("ival":{"ival":)" + std::to_string(*value) : std::string(R"("ival":{"unclear":true)");
    out += R"(},"location":)";
  }
  return out.append(json);
}

}  // namespace

template <class T>
TreeItem TreeItem::from(const T& element) {
  return TreeItem(std::bit_cast<Element>(element));
}

std::optional<TreeItem> TreeItem::member(std::string_view name) const {
  dom::element value;
  if (to_dom(element_)[name].get(value) != simdjson::SUCCESS) return std::nullopt;
  return from(value);
}

std::string_view TreeItem::text(std::string_view name) const {
  std::string_view value;
  if (to_dom(element_)[name].get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::int64_t TreeItem::integer(std::string_view name) const {
  std::int64_t value = 0;
  return to_dom(element_)[name].get(value) == simdjson::SUCCESS ? value : 0;
}

bool TreeItem::flag(std::string_view name) const {
  bool value = false;
  return to_dom(element_)[name].get(value) == simdjson::SUCCESS && value;
}

std::vector<TreeItem> TreeItem::list(std::string_view name) const {
  std::vector<TreeItem> items;
  dom::array array;
  if (to_dom(element_)[name].get(array) != simdjson::SUCCESS) return items;
  for (const dom::element item : array) items.push_back(from(item));
  return items;
}

std::optional<TreeNode> TreeItem::node() const {
  dom::object object;
  if (to_dom(element_).get(object) != simdjson::SUCCESS || object.begin() == object.end()) return std::nullopt;
  const dom::key_value_pair pair = *object.begin();
  return TreeNode{.kind = pair.key, .body = from(pair.value)};
}

std::optional<TreeNode> TreeItem::node(std::string_view name) const {
  const std::optional<TreeItem> wrapper = member(name);
  return wrapper ? wrapper->node() : std::nullopt;
}

std::string_view TreeItem::string() const {
  const std::optional<TreeNode> inner = node();
  return inner && inner->kind == "String" ? inner->body.text("sval") : std::string_view();
}

std::string_view TreeItem::last_string(std::string_view list_name) const {
  const std::vector<TreeItem> parts = list(list_name);
  return parts.empty() ? std::string_view() : parts.back().string();
}

std::vector<std::pair<std::string_view, TreeItem>> TreeItem::children() const {
  std::vector<std::pair<std::string_view, TreeItem>> below;
  dom::array array;
  dom::object object;
  if (to_dom(element_).get(array) == simdjson::SUCCESS) {
    for (const dom::element item : array) below.emplace_back(std::string_view(), from(item));
  } else if (to_dom(element_).get(object) == simdjson::SUCCESS) {
    for (const auto& field : object) below.emplace_back(field.key, from(field.value));
  }
  return below;
}

struct ParseTree::Impl {
  dom::parser parser;
  dom::element statement;  // the wrapper of the one statement
};

ParseTree::ParseTree(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParseTree::ParseTree(ParseTree&& other) noexcept = default;
ParseTree& ParseTree::operator=(ParseTree&& other) noexcept = default;
ParseTree::~ParseTree() = default;

std::optional<ParseTree> ParseTree::parse(const std::string& sql) {
  const ParseResult parsed(sql);
  if (parsed.result.error != nullptr || parsed.result.parse_tree == nullptr) return std::nullopt;
  const std::string json = with_all_integers(parsed.result.parse_tree, sql);
  auto impl = std::make_unique<Impl>();
  if (impl->parser.allocate(json.size(), tree_depth_max) != simdjson::SUCCESS) return std::nullopt;
  dom::element root;
  if (impl->parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  dom::array statements;
  if (root["stmts"].get(statements) != simdjson::SUCCESS || statements.size() != 1) return std::nullopt;
  if (statements.at(0)["stmt"].get(impl->statement) != simdjson::SUCCESS) return std::nullopt;
  if (!TreeItem::from(impl->statement).node()) return std::nullopt;
  return ParseTree(std::move(impl));
}

TreeNode ParseTree::statement() const { return *TreeItem::from(impl_->statement).node(); }

}  // namespace freshet::sql
