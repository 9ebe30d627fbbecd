#pragma once
// The walk over a statement's tree that infer_columns is made of. Relations (infer_relations.cpp) are made of
// expressions (infer_expressions.cpp), and those of relations again, in subqueries.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/infer_types.hpp"
#include "sql/parse_tree.hpp"
#include "sql/statement.hpp"

namespace freshet::sql::inference {

struct Column {
  std::string name;
  Inferred type;
  bool star = false;  // an unknown number of columns
};
using Columns = std::vector<Column>;

/// One item of FROM, or a common table expression.
struct Source {
  std::string alias;
  std::string table;  // of a table of the schema
  Columns columns;    // of anything else
  bool open = false;  // may have further columns
  bool outer = false;
};

/// What names mean within one SELECT; then they are looked for in the one around it.
struct Scope {
  const Scope* parent = nullptr;
  std::vector<Source> sources;
  std::vector<Source> ctes;
  bool merges_columns = false;  // a join USING or NATURAL: `*` shows the shared columns once
};

class Walk {
 public:
  /// `lookup` outlives the walk.
  explicit Walk(const ColumnLookup& lookup) : lookup_(lookup) {}

  /// The columns of a SELECT, or of the RETURNING of anything else.
  [[nodiscard]] Columns statement(const TreeNode& node);

 private:
  // The walk is recursive: what nests deeper than this is not looked into.
  static constexpr unsigned depth_max = 200;
  class Level {
   public:
    explicit Level(unsigned& depth) : depth_(depth) { ++depth_; }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    [[nodiscard]] bool too_deep() const { return depth_ > depth_max; }

   private:
    unsigned& depth_;
  };

  // Relations.
  Columns select(const TreeItem& body, const Scope& outer);
  Columns set_operation(const TreeItem& body, const Scope& scope);
  Columns values(const std::vector<TreeItem>& rows, const Scope& scope);
  void add_ctes(const TreeItem& body, Scope& scope);
  Source common_table(const TreeItem& cte, Scope& scope, bool recursive);
  void add_source(const TreeItem& wrapper, Scope& scope, bool outer);
  Source derived_source(const TreeNode& node, const Scope& scope);
  Columns targets(const std::vector<TreeItem>& list, const Scope& scope);

  // Names. nullopt: look further out.
  [[nodiscard]] Inferred column_reference(const TreeItem& body, const Scope& scope) const;
  [[nodiscard]] std::optional<Inferred> find_column(const Scope& scope, std::string_view alias,
                                                    std::string_view name) const;
  [[nodiscard]] std::optional<Inferred> column_of(const Source& source, std::string_view name) const;

  // Expressions.
  Inferred expression(const TreeItem& wrapper, const Scope& scope);
  std::vector<Inferred> expressions(const TreeItem& body, std::string_view list, const Scope& scope);
  Inferred argument(const TreeItem& body, std::string_view name, const Scope& scope);
  bool all_not_null(const TreeItem& body, std::string_view list, const Scope& scope);
  Inferred operation(const TreeItem& body, const Scope& scope);
  Inferred binary_operation(std::string_view name, const Inferred& left, const TreeItem& body, const Scope& scope);
  Inferred call(const TreeItem& body, const Scope& scope);
  Inferred sublink(const TreeItem& body, const Scope& scope);
  Inferred case_expression(const TreeItem& body, const Scope& scope);
  Inferred cast(const TreeItem& body, const Scope& scope);

  const ColumnLookup& lookup_;
  unsigned depth_ = 0;
};

}  // namespace freshet::sql::inference
