#pragma once
// A statement as PostgreSQL's grammar sees it: libpg_query's tree, to be looked at from node to node.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freshet::sql {

struct TreeNode;

/// A place in the tree: an object with members, a list or a scalar. A view the size of two pointers, good for as long
/// as its ParseTree. What is asked for and not there is empty, never an error: the grammar leaves out what is at its
/// default.
class TreeItem {
 public:
  [[nodiscard]] std::optional<TreeItem> member(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return member(name).has_value(); }
  [[nodiscard]] std::string_view text(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::vector<TreeItem> list(std::string_view name) const;

  /// An object with one member, whose name is the kind of the node.
  [[nodiscard]] std::optional<TreeNode> node() const;
  [[nodiscard]] std::optional<TreeNode> node(std::string_view name) const;

  /// The text of a String node.
  [[nodiscard]] std::string_view string() const;
  /// That of the last node of a list: the name itself of a qualified name.
  [[nodiscard]] std::string_view last_string(std::string_view list_name) const;

  /// Everything right below: the members of an object under their names, the items of a list under none.
  [[nodiscard]] std::vector<std::pair<std::string_view, TreeItem>> children() const;

 private:
  friend class ParseTree;
  // simdjson's element, whose header stays out of this one.
  struct Element {
    const void* document;
    std::size_t index;
  };
  explicit TreeItem(Element element) : element_(element) {}
  template <class T>
  static TreeItem from(const T& element);
  Element element_;
};

struct TreeNode {
  std::string_view kind;  // "SelectStmt", "FuncCall", …
  TreeItem body;
};

class ParseTree {
 public:
  /// nullopt: not PostgreSQL's grammar, several statements or none, or a tree beyond what is read here. `sql` must be
  /// bounded in its nesting (infer_grammar.hpp): the parser is recursive.
  /// An integer constant has `ival.ival`, or `ival.unclear` where its sign stands before a parenthesis.
  [[nodiscard]] static std::optional<ParseTree> parse(const std::string& sql);
  ParseTree(ParseTree&& other) noexcept;
  ParseTree& operator=(ParseTree&& other) noexcept;
  ~ParseTree();

  /// "SelectStmt", "InsertStmt", …
  [[nodiscard]] TreeNode statement() const;

 private:
  struct Impl;
  explicit ParseTree(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::sql
