#pragma once
// The walk over a query's tree that analyse() is made of. First each SELECT becomes a Query with its sources, so that
// names can be told (dependency_queries.cpp); then facts go from the outside in, to the references of tables
// (dependency_flow.cpp). Conditions become facts in dependency_conditions.cpp.

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sql/dependencies.hpp"
#include "sql/dependency_facts.hpp"
#include "sql/directives.hpp"
#include "sql/parse_tree.hpp"

namespace freshet::sql::dependence {

struct Query;

/// WITH: names that FROM may mean, from the inside out.
struct CommonTables {
  struct Entry {
    std::string name;
    std::optional<TreeItem> body;  // of a SELECT
    std::vector<std::string> columns;
  };
  const CommonTables* outer = nullptr;
  const Query* parent = nullptr;  // around the SELECT that has the WITH
  std::vector<Entry> entries;
};

/// One item of FROM. Neither table nor query: nothing is known of it.
struct Source {
  std::size_t id = 0;
  std::string alias;
  const SchemaTable* table = nullptr;
  std::unique_ptr<Query> query;
  std::optional<TreeItem> call;  // of a function in FROM
};

/// FROM as a tree. Sources of one subtree have ids that follow each other.
struct Join {
  enum class Kind : std::uint8_t { leaf, inner, left, right, full };
  Kind kind = Kind::leaf;
  std::size_t source = 0;  // of a leaf: index into Query::sources
  std::size_t first = 0, end = 0;
  std::unique_ptr<Join> left, right;
  std::optional<TreeItem> on;
  std::vector<std::string> using_columns;
};

/// A column of a query's result. Neither: an expression.
struct Output {
  std::string name;
  std::optional<Column> column;
  std::optional<BoundValue> value;  // a parameter or a literal
  std::string when_given;           // it is `value` only if this parameter is not NULL
};

struct Query {
  explicit Query(TreeItem tree) : body(tree) {}
  TreeItem body;
  const Query* parent = nullptr;
  const CommonTables* common_tables = nullptr;
  std::deque<Source> sources;
  std::vector<std::unique_ptr<Join>> from;
  std::vector<std::string> merged_columns;       // of USING
  bool outer_merge = false;                      // USING on a side that may be missing
  bool natural = false;                          // which columns NATURAL JOIN merges is not looked up
  std::vector<std::unique_ptr<Query>> branches;  // of UNION and its like
  std::vector<Output> outputs;
  bool outputs_known = true;
  /// Which outputs a condition from outside may be put on before the query is run. Empty: none.
  std::vector<bool> passes;
  /// What was put on them, while facts flow.
  std::vector<std::optional<Constant>> pushed;
};

/// A value that is known only if a parameter is not NULL: coalesce(:p, …).
struct Guarded {
  BoundValue value;
  std::string when_given;
};

/// What one side of a comparison is: nothing known, a column, a parameter or literal.
using Operand = std::variant<std::monostate, Column, BoundValue, Guarded>;

/// Calls of a function whose answer depends on the moment.
struct Moments {
  bool always = false;                        // one of them counts whatever the parameters are
  std::set<std::vector<std::string>> unless;  // the others: not if one of these is not NULL
};

class Walk {
 public:
  /// All outlive the walk. `placeholders` are those that the tree numbers from $1 on.
  Walk(const Schema& schema, const std::vector<Placeholder>& placeholders, const std::vector<EarlierStatement>& earlier)
      : schema_(schema), placeholders_(placeholders), earlier_(earlier) {}

  /// One entry for each reference that was found.
  [[nodiscard]] std::vector<TableDependency> statement(const TreeNode& node);
  /// Why nothing of that may be relied on; empty: all is well.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }
  /// The database names them as if they were tables.
  [[nodiscard]] const std::deque<CommonTables>& common_tables() const noexcept { return common_tables_; }
  /// Date functions that are asked for this very moment.
  [[nodiscard]] const Moments& asked_time() const noexcept { return asked_time_; }
  /// Calls of volatile functions, by their names in lower case.
  [[nodiscard]] const std::map<std::string, Moments>& volatile_calls() const noexcept { return volatile_calls_; }
  /// Of the statement's only row; empty where it may have none, or several.
  [[nodiscard]] const std::vector<KnownOutput>& outputs() const noexcept { return outputs_; }
  /// Parameters that are a date function's time.
  [[nodiscard]] const std::set<std::string>& time_parameters() const noexcept { return time_parameters_; }

 private:
  // Queries and their sources.
  std::unique_ptr<Query> build(const TreeItem& body, const Query* parent, const CommonTables* common_tables);
  void check_commas(const Query& query);
  void build_compound(Query& query, const TreeItem& left, const TreeItem& right);
  const CommonTables* add_common_tables(const TreeItem& with, const Query* parent, const CommonTables* outer);
  std::unique_ptr<Join> build_join(Query& query, const TreeItem& wrapper);
  std::unique_ptr<Join> build_pair(Query& query, const TreeItem& body);
  void fill_table(Query& query, Source& source, const TreeItem& body);
  std::unique_ptr<Query> build_view(const SchemaTable& view);
  std::unique_ptr<Query> build_named(const TreeItem& body, const void* key, const Query* parent,
                                     const CommonTables* common_tables);
  void fill_outputs(Query& query);
  void expand_star(Query& query, const std::vector<TreeItem>& fields);
  void add_source_outputs(Query& query, const Source& source);
  void fill_passes(Query& query) const;
  [[nodiscard]] bool groups_by(const Query& query, const Column& column, std::size_t position) const;

  // Names.
  [[nodiscard]] Operand operand(const TreeItem& wrapper, const Query& query) const;
  [[nodiscard]] Operand column_reference(const TreeItem& body, const Query& query) const;
  [[nodiscard]] std::optional<Operand> find(const Query& query, std::string_view alias, std::string_view name) const;
  [[nodiscard]] static std::optional<Operand> column_of(const Source& source, std::string_view name);
  [[nodiscard]] const Placeholder* placeholder(const TreeItem& body) const;
  [[nodiscard]] std::optional<BoundValue> parameter(const TreeItem& body) const;
  [[nodiscard]] Operand earlier_value(const TreeItem& body) const;
  [[nodiscard]] Operand coalesced(const TreeItem& body) const;
  [[nodiscard]] Operand month_later(const TreeItem& body, const Query& query) const;

  // Conditions.
  void add_facts(const TreeItem& wrapper, const Query& query, Facts& facts) const;
  [[nodiscard]] std::optional<Fact> comparison(const TreeItem& body, const Query& query) const;
  [[nodiscard]] std::optional<Fact> between(const TreeItem& body, const Query& query) const;
  [[nodiscard]] std::optional<Fact> membership(const TreeItem& body, const Query& query) const;
  [[nodiscard]] std::optional<Fact> alternatives(const TreeItem& body, const Query& query) const;
  [[nodiscard]] std::optional<Fact> single_fact(const TreeItem& wrapper, const Query& query) const;
  [[nodiscard]] std::optional<std::string> null_parameter(const TreeItem& wrapper) const;
  void add_using(const Join& join, const Query& query, Facts& facts) const;
  void add_on(const Join& join, const Query& query, Facts& facts) const;
  void add_certain_joins(const Join& join, const Query& query, Facts& facts) const;

  // The flow of facts.
  void depend(const Query& query, const Facts& facts);
  void depend_join(const Join& join, const Query& query, const Facts& facts, const Facts& outside);
  void depend_source(const Source& source, const Facts& facts, const Facts& outside);
  void depend_branches(const Query& query, const Facts& facts);
  void look_into(const TreeItem& item, const Query& query, const Facts& facts);
  void look_into_select(const TreeItem& sublink, const Query& query, const Facts& facts);
  void look_into_coalesce(const TreeItem& body, const Query& query, const Facts& facts);
  void look_into_call(const TreeItem& body, const Query& query, const Facts& facts);
  void note_time(std::string_view kind, const TreeItem& body);
  void note_moment(Moments& moments) const;
  void note_outputs(const Query& query);
  void record(const Source& source, const Facts& facts);
  void refuse(std::string why) {
    if (refusal_.empty()) refusal_ = std::move(why);
  }

  static constexpr unsigned depth_max = 100;
  static constexpr unsigned expression_depth_max = 1'500;
  static constexpr std::size_t queries_max = 2'000;

  const Schema& schema_;
  const std::vector<Placeholder>& placeholders_;
  const std::vector<EarlierStatement>& earlier_;
  std::deque<CommonTables> common_tables_;
  std::deque<ParseTree> views_;
  std::vector<const void*> open_;  // common tables and views that are being built: what names them again recurs
  std::set<const void*> recurring_;
  std::vector<TableDependency> found_;
  std::string refusal_;
  Moments asked_time_;
  std::map<std::string, Moments> volatile_calls_;
  std::vector<KnownOutput> outputs_;
  std::set<std::string> time_parameters_;
  std::vector<std::string> guards_;  // what is looked into does not count if one of these parameters is not NULL
  unsigned date_calls_ = 0;          // that are around what is looked into
  unsigned depth_ = 0;
  unsigned expression_depth_ = 0;
  std::size_t queries_ = 0;
  std::size_t next_source_ = 0;
};

}  // namespace freshet::sql::dependence
