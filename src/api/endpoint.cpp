#include "api/endpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/cache_plan.hpp"
#include "api/column_type.hpp"
#include "core/bytes.hpp"
#include "core/file.hpp"
#include "core/json_writer.hpp"
#include "core/text.hpp"
#include "sql/volatile_functions.hpp"

namespace freshet::api {
namespace {

using sql::Shape;

bool takes_body(http::Method method) {
  return method == http::Method::post || method == http::Method::put || method == http::Method::patch;
}

std::string member_prefix(std::string_view name) {
  Bytes out;
  append_json_string(out, name);
  out.push_back(':');
  return std::string(out.view());
}

/// Compiles one file. Each step appends what it finds wrong and goes on where the next one still makes sense.
constexpr std::string_view count_before = "SELECT count(*) FROM (\n";
constexpr std::string_view count_after = "\n) AS counted ORDER BY 1";

class Compiler {
 public:
  Compiler(const RouteFile& file, db::Database& database, const db::Catalog& catalog, Diagnostics& problems,
           const std::vector<sql::RollupTable>& rollups)
      : file_(file),
        database_(database),
        catalog_(catalog),
        problems_(problems),
        rollups_(rollups),
        endpoint_(std::make_shared<Endpoint>()) {}

  EndpointPtr compile() {
    const std::size_t before = problems_.size();
    Expected<std::string> text = read_file(file_.file);
    if (!text.has_value()) {
      problems_.push_back(text.error());
      return nullptr;
    }
    endpoint_->method = file_.method;
    endpoint_->route = file_.route;
    endpoint_->source = sql::parse_endpoint(file_.file.string(), *std::move(text), problems_);
    if (problems_.size() != before) return nullptr;
    endpoint_->writes = file_.method != http::Method::get;
    place_parameters();
    add_page_parameters();
    for (std::size_t i = 0; i < source().statements.size(); ++i) compile_statement(i);
    if (problems_.size() != before) return nullptr;
    choose_answers();
    link_embeds();
    check_bulk();
    if (problems_.size() != before) return nullptr;
    plan_cache();
    return problems_.size() == before ? endpoint_ : nullptr;
  }

 private:
  sql::EndpointSource& source() { return endpoint_->source; }

  void note(std::size_t offset, std::string message, std::string hint = {}) {
    problems_.push_back(error_at(source().file, source().text, offset, std::move(message)).hinting(std::move(hint)));
  }

  std::optional<std::uint32_t> parameter_index(std::string_view name) {
    const auto& all = source().parameters;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == name; });
    if (found == all.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - all.begin());
  }

  std::optional<std::uint32_t> statement_index(std::string_view name) {
    const auto& all = source().statements;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.name == name; });
    if (found == all.end() || name.empty()) return std::nullopt;
    return static_cast<std::uint32_t>(found - all.begin());
  }

  void place_parameters() {
    for (const std::string& name : file_.parameters) {
      if (const auto index = parameter_index(name)) {
        endpoint_->path_parameters.push_back(*index);
      } else {
        note(0, fmt::format("the path parameter [{}] is not declared", name),
             fmt::format("add: -- @param {} text", name));
      }
    }
    for (std::uint32_t i = 0; i < source().parameters.size(); ++i) {
      endpoint_->places.push_back(place_of(i));
      if (endpoint_->places[i] != Place::header) continue;
      if (!endpoint_->vary.empty()) endpoint_->vary += ", ";
      endpoint_->vary += header_name_of(source().parameters[i].name);
    }
    for (const sql::AliasSource& alias : source().aliases) check_alias(alias);
  }

  // What stands in its path goes to the same parameters as what stands in the route's.
  void check_alias(const sql::AliasSource& alias) {
    std::vector<std::string> names;
    const std::string& route = alias.route;
    for (std::size_t at = route.find('{'); at != std::string::npos; at = route.find('{', at + 1)) {
      names.push_back(route.substr(at + 1, route.find('}', at) - at - 1));
    }
    if (names == file_.parameters) return;
    note(alias.offset, file_.parameters.empty()
                           ? fmt::format("the route {} has no parameters, and its alias cannot have any", file_.route)
                           : fmt::format("the alias needs the parameters of {}, in that order", file_.route));
  }

  Place place_of(std::uint32_t index) {
    sql::ParameterSpec& spec = source().parameters[index];
    const auto& in_path = endpoint_->path_parameters;
    if (std::find(in_path.begin(), in_path.end(), index) != in_path.end()) {
      spec.required = true;
      if (spec.list || spec.has_default) note(spec.offset, "a path parameter is one value and has no default");
      return Place::path;
    }
    switch (spec.in) {
      case sql::ParameterIn::query:
        return Place::query;
      case sql::ParameterIn::header:
        return Place::header;
      case sql::ParameterIn::body:
        if (!takes_body(file_.method)) note(spec.offset, "a GET or DELETE has no body", "use in=query");
        return Place::body;
      case sql::ParameterIn::automatic:
        break;
    }
    return takes_body(file_.method) ? Place::body : Place::query;
  }

  Shape shape_of(std::size_t statement) {
    const auto& all = source().statements;
    if (all[statement].shape) return *all[statement].shape;
    // In a file of several statements @shape speaks of each statement by itself.
    return all.size() == 1 || all[statement].name.empty() ? source().shape : Shape::list;
  }

  void add_page_parameters() {
    bool paged = false;
    for (std::size_t i = 0; i < source().statements.size(); ++i) paged = paged || shape_of(i) == Shape::page;
    if (!paged) return;
    endpoint_->page = page_parameter("page", 1, 1'000'000'000, "Which page; the first is 1.");
    endpoint_->page_size =
        page_parameter("page_size", source().page_size_default, source().page_size_max, "How many items a page has.");
  }

  std::uint32_t page_parameter(std::string_view name, std::size_t fallback, std::size_t max,
                               std::string_view description) {
    if (const auto declared = parameter_index(name)) {
      complete_page_parameter(source().parameters[*declared], fallback, max);
      return *declared;
    }
    sql::ParameterSpec spec;
    spec.name = name;
    spec.type = sql::ParameterType::integer;
    spec.min = "1";
    spec.max = std::to_string(max);
    spec.description = description;
    spec.has_default = true;
    spec.default_value.scalar = static_cast<std::int64_t>(fallback);
    source().parameters.push_back(std::move(spec));
    endpoint_->places.push_back(Place::query);
    return static_cast<std::uint32_t>(source().parameters.size() - 1);
  }

  // What its author left open is as if they had not declared it: a page has bounds, whoever asks for it.
  void complete_page_parameter(sql::ParameterSpec& spec, std::size_t fallback, std::size_t max) {
    if (!spec.has_default && !spec.required) {
      spec.has_default = true;
      spec.default_value.scalar = static_cast<std::int64_t>(fallback);
    }
    const auto* const value = std::get_if<std::int64_t>(&spec.default_value.scalar);
    const std::int64_t chosen = spec.has_default && value != nullptr ? *value : 1;
    if (!spec.max) spec.max = std::to_string(std::max(static_cast<std::int64_t>(max), chosen));
    if (!spec.min) spec.min = "1";
    if (chosen < 1 || sql::compare_canonical(spec.type, *spec.min, "1") < 0) {
      note(spec.offset, fmt::format("`{}` of a page is at least 1", spec.name));
    }
  }

  void compile_statement(std::size_t index) {
    const sql::StatementSource& from = source().statements[index];
    StatementPlan plan;
    plan.name = from.name;
    plan.shape = shape_of(index);
    sql::Rendered rendered = sql::render(from, style(), source().parameters);
    plan.statement = prepare_shaped(from, rendered, plan.shape);
    if (plan.statement == nullptr) {
      plan.statement = std::make_shared<db::Statement>();  // so that later statements can still be looked at
      endpoint_->statements.push_back(std::move(plan));
      return;
    }
    if (plan.shape == Shape::page) {
      plan.count_slots = rendered.slots.size();
      // SQLite drops the inner ORDER BY only where the outer statement has one of its own; of one row it costs nothing.
      plan.count = prepare(from, rendered, count_before, count_after);
    }
    if (!endpoint_->writes && !plan.statement->read_only) {
      note(from.offset, "a GET endpoint may not write",
           "name the file with .post.sql, .put.sql, .patch.sql or .delete.sql");
    }
    plan_columns(from, plan);
    answer_from_rollups(from, rendered, plan);
    plan_slots(index, rendered, plan);
    plan_when(from, plan);
    if (!endpoint_->writes) plan.repeats = repeated_by(plan);
    endpoint_->statements.push_back(std::move(plan));
  }

  /// An earlier statement that runs whenever this one does and reads the same, unless its answer is never the same
  /// twice.
  [[nodiscard]] std::optional<std::uint32_t> repeated_by(const StatementPlan& plan) const {
    if (std::ranges::any_of(plan.statement->reads.functions, sql::is_volatile_function)) return std::nullopt;
    for (std::uint32_t i = 0; i < endpoint_->statements.size(); ++i) {
      const StatementPlan& earlier = endpoint_->statements[i];
      const bool runs = !earlier.when || earlier.when == plan.when;
      if (runs && !earlier.repeats && earlier.statement->sql == plan.statement->sql && earlier.slots == plan.slots) {
        return i;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] sql::PlaceholderStyle style() const {
    return database_.dialect() == db::Dialect::sqlite ? sql::PlaceholderStyle::sqlite : sql::PlaceholderStyle::postgres;
  }

  db::StatementPtr prepare_shaped(const sql::StatementSource& from, const sql::Rendered& rendered, Shape shape) {
    return prepare(from, rendered, "", page_clause(shape, rendered.slots.size()));
  }

  [[nodiscard]] std::string page_clause(Shape shape, std::size_t slots) const {
    if (shape != Shape::page) return {};
    const char mark = database_.dialect() == db::Dialect::sqlite ? '?' : '$';
    return fmt::format("\nLIMIT {0}{1} OFFSET {0}{2}", mark, slots + 1, slots + 2);
  }

  static std::string count_of(std::string_view sql) { return fmt::format("{}{}{}", count_before, sql, count_after); }

  db::StatementPtr prepare(const sql::StatementSource& from, const sql::Rendered& rendered, std::string_view before,
                           std::string_view after) {
    std::size_t offset = std::string::npos;
    try {
      return database_.prepare(std::string(before) + rendered.sql + std::string(after), &offset);
    } catch (const Error& error) {
      std::size_t at = 0;
      if (offset != std::string::npos && offset >= before.size()) {
        at = rendered.source_offset(std::min(offset - before.size(), rendered.sql.size()));
      }
      note(from.offset + at, error.message(), error.hint());
      return nullptr;
    }
  }

  // The statement over rollups in place of the one over their sources, if it has the same columns and parameters.
  void answer_from_rollups(const sql::StatementSource& from, const sql::Rendered& rendered, StatementPlan& plan) {
    // What is streamed cannot be taken back, should the rollup turn out to be no longer exact.
    if (rollups_.empty() || endpoint_->writes || !plan.statement->read_only || plan.shape == Shape::rows) return;
    const bool limited = plan.shape == Shape::page || plan.shape == Shape::object || plan.shape == Shape::value;
    const auto answered = sql::answer_from_rollups(from.text, rollups_, limited);
    if (!answered) return;
    sql::StatementSource rewritten = from;
    rewritten.text = answered->text;
    rewritten.placeholders = answered->placeholders;
    const sql::Rendered other = sql::render(rewritten, style(), source().parameters);
    const auto same_slot = [](const sql::Slot& a, const sql::Slot& b) {
      return a.name == b.name && a.column == b.column && a.list == b.list;
    };
    if (!std::ranges::equal(rendered.slots, other.slots, same_slot)) return;
    try {
      const db::StatementPtr statement = database_.prepare(other.sql + page_clause(plan.shape, other.slots.size()));
      if (!std::ranges::equal(statement->columns, plan.statement->columns, {}, &db::Column::name, &db::Column::name))
        return;
      if (plan.count != nullptr) {
        plan.count_from_source = std::exchange(plan.count, database_.prepare(count_of(other.sql)));
      }
      plan.from_source = std::exchange(plan.statement, statement);
      plan.rollups = answered->rollups;
    } catch (const Error&) {
      return;  // as it was written, it can be run
    }
  }

  // The schema's word for a column that an expression is made of.
  std::optional<sql::InferredColumn> declared_type(std::string_view table_name, std::string_view column_name) const {
    const db::CatalogTable* const table = catalog_.table(table_name);
    const db::CatalogColumn* const column = table == nullptr ? nullptr : table->column(column_name);
    if (column == nullptr) return std::nullopt;
    sql::InferredColumn out;
    out.type = column_type_of(column->declared_type);
    out.not_null = column->not_null;
    return out;
  }

  void plan_columns(const sql::StatementSource& from, StatementPlan& plan) {
    const std::vector<db::Column>& columns = plan.statement->columns;
    const std::vector<sql::InferredColumn> inferred = sql::infer_columns(
        from.text, columns.size(), [this](auto table, auto column) { return declared_type(table, column); });
    for (std::size_t i = 0; i < columns.size(); ++i) {
      ColumnPlan column;
      column.name = columns[i].name;
      column.prefix = member_prefix(column.name);
      column.type = column_type_of(columns[i].declared_type);
      column.nullable = !columns[i].not_null;
      // SQLite's own functions write `2025-01-31 08:30:00` into such columns, which is no RFC 3339 date-time.
      column.form_is_sure = column.type != sql::ColumnType::timestamp || database_.dialect() != db::Dialect::sqlite;
      if (columns[i].declared_type.empty() && i < inferred.size()) {
        column.type = inferred[i].type;
        column.form_is_sure = true;
        column.nullable = !inferred[i].not_null;
        // What is json whatever the schema declares comes from json functions: its text needs no check.
        column.json_made_by_database = column.type == sql::ColumnType::json && !inferred[i].declared;
      }
      const auto same = std::find_if(plan.columns.begin(), plan.columns.end(),
                                     [&](const ColumnPlan& earlier) { return earlier.name == column.name; });
      if (same != plan.columns.end() && plan.shape != Shape::value) {
        note(from.offset, fmt::format("two columns are called `{}`", column.name),
             "give one of them another name with AS");
      }
      plan.columns.push_back(std::move(column));
    }
    for (const sql::ColumnSpec& spec : from.columns) {
      if (const auto found = column_index(from, plan, spec.name)) {
        plan.columns[*found].type = spec.type;
        plan.columns[*found].form_is_sure = true;
        plan.columns[*found].nullable = spec.nullable;
      }
    }
  }

  std::optional<std::uint32_t> column_index(const sql::StatementSource& at, const StatementPlan& plan,
                                            std::string_view name) {
    std::vector<std::string_view> names;
    for (std::uint32_t i = 0; i < plan.columns.size(); ++i) {
      if (plan.columns[i].name == name) return i;
      names.push_back(plan.columns[i].name);
    }
    note(at.offset,
         fmt::format("{} has no column `{}`", plan.name.empty() ? "the statement" : "statement " + plan.name, name),
         did_you_mean(name, names));
    return std::nullopt;
  }

  void plan_slots(std::size_t index, const sql::Rendered& rendered, StatementPlan& plan) {
    for (const sql::Slot& slot : rendered.slots) {
      SlotPlan out;
      out.list = slot.list;
      if (const auto parameter = parameter_index(slot.name)) {
        out.from = slot.column.empty() ? SlotPlan::From::parameter : SlotPlan::From::given;
        out.index = *parameter;
      } else if (const auto earlier = statement_index(slot.name); earlier && *earlier < index) {
        out.from = SlotPlan::From::capture;
        out.index = *earlier;
        out.capture = capture_of(index, *earlier, slot.column);
        plan.depends_on_earlier = true;
      } else {
        note(source().statements[index].offset,
             fmt::format("`:{}` is neither a parameter nor an earlier statement", slot.name));
      }
      plan.slots.push_back(out);
    }
    if (plan.shape == Shape::page) {
      plan.slots.push_back({.from = SlotPlan::From::page_limit});
      plan.slots.push_back({.from = SlotPlan::From::page_offset});
    }
  }

  std::uint32_t capture_of(std::size_t at, std::uint32_t statement, std::string_view name) {
    StatementPlan& earlier = endpoint_->statements[statement];
    const auto column = column_index(source().statements[at], earlier, name);
    if (!column) return 0;
    const auto found = std::find(earlier.captures.begin(), earlier.captures.end(), *column);
    if (found == earlier.captures.end()) {
      earlier.captures.push_back(*column);
      return static_cast<std::uint32_t>(earlier.captures.size() - 1);
    }
    return static_cast<std::uint32_t>(found - earlier.captures.begin());
  }

  void plan_when(const sql::StatementSource& from, StatementPlan& plan) {
    if (!from.when) return;
    const auto parameter = parameter_index(from.when->parameter);
    if (!parameter) return;  // noted by the parser
    plan.when = StatementPlan::When{.parameter = *parameter, .values = from.when->values};
  }

  // Named statements answer under their names; without any, the last one that returns rows answers alone.
  void choose_answers() {
    auto& all = endpoint_->statements;
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].answers = !all[i].name.empty() && !all[i].statement->columns.empty();
      endpoint_->keyed = endpoint_->keyed || (all[i].answers && all.size() > 1);
      if (all[i].shape == Shape::rows && all.size() > 1) {
        note(source().statements[i].offset, "shape rows streams one statement; this file has several");
      }
    }
    const bool named = std::any_of(all.begin(), all.end(), [](const StatementPlan& s) { return s.answers; });
    if (named) return;
    const auto last =
        std::find_if(all.rbegin(), all.rend(), [](const StatementPlan& s) { return !s.statement->columns.empty(); });
    if (last != all.rend()) last->answers = true;
  }

  void link_embeds() {
    for (std::uint32_t i = 0; i < endpoint_->statements.size(); ++i) {
      const sql::StatementSource& from = source().statements[i];
      if (!from.embed) continue;
      const auto parent = statement_index(from.embed->parent);
      if (!parent || *parent >= i) continue;  // noted by the parser
      StatementPlan& above = endpoint_->statements[*parent];
      StatementPlan& plan = endpoint_->statements[i];
      const auto child_column = column_index(from, plan, from.embed->child_column);
      const auto parent_column = column_index(from, above, from.embed->parent_column);
      if (!child_column || !parent_column) continue;
      if (above.shape == Shape::value || above.shape == Shape::rows) {
        note(from.offset,
             fmt::format("nothing can be embedded in `{}`: its shape is {}", above.name, sql::to_string(above.shape)));
      }
      plan.embed = EmbedPlan{.parent = *parent, .child_column = *child_column};
      plan.shape = Shape::list;
      plan.answers = false;
      above.children.push_back({.statement = i,
                                .parent_column = *parent_column,
                                .key = from.embed->key,
                                .prefix = member_prefix(from.embed->key),
                                .single = from.embed->single});
    }
    // What is embedded has no key of its own; one statement that is left answers alone.
    const auto& all = endpoint_->statements;
    const auto answering = std::count_if(all.begin(), all.end(), [](const StatementPlan& s) { return s.answers; });
    const bool any_embed =
        std::any_of(all.begin(), all.end(), [](const StatementPlan& s) { return s.embed.has_value(); });
    if (any_embed && answering == 1) endpoint_->keyed = false;
  }

  void check_bulk() {
    if (!source().bulk) return;
    if (!takes_body(file_.method))
      note(0, "@bulk needs a body", "name the file with .post.sql, .put.sql or .patch.sql");
    if (endpoint_->keyed) note(0, "a @bulk endpoint answers with one statement", "leave @name to one of them");
    for (const StatementPlan& plan : endpoint_->statements) {
      if (plan.embed || plan.when) note(0, "@embed and @when do not go with @bulk");
    }
  }

  // Who asks for a cache that there cannot be is told so.
  void plan_cache() {
    endpoint_->cache = make_cache_plan(*endpoint_, db::schema_of(catalog_));
    const CachePlan& plan = *endpoint_->cache;
    if (!source().tags.empty() && endpoint_->writes) note(0, "`@tags` is about what is cached", "only GET is");
    if (plan.cacheable || !source().cache || plan.off) return;
    note(source().cache->offset, fmt::format("this is not cached: {}", plan.reason), "`@cache off`, or no `@cache`");
  }

  const RouteFile& file_;
  db::Database& database_;
  const db::Catalog& catalog_;
  Diagnostics& problems_;
  const std::vector<sql::RollupTable>& rollups_;
  std::shared_ptr<Endpoint> endpoint_;
};

}  // namespace

std::string_view to_string(Place place) noexcept {
  constexpr std::array<std::string_view, 4> words{"path", "query", "body", "header"};
  return words[static_cast<std::size_t>(place)];
}

std::string header_name_of(std::string_view parameter) {
  std::string name(parameter);
  std::ranges::replace(name, '_', '-');
  return name;
}

bool Endpoint::reads_rollups() const noexcept {
  return std::ranges::any_of(statements, [](const StatementPlan& plan) { return plan.from_source != nullptr; });
}

unsigned Endpoint::success_status() const noexcept {
  if (source.status != 0) return source.status;
  if (!keyed && answer() == nullptr) return 204;
  return method == http::Method::post ? 201 : 200;
}

const StatementPlan* Endpoint::answer() const noexcept {
  const auto found =
      std::find_if(statements.begin(), statements.end(), [](const StatementPlan& s) { return s.answers; });
  return found == statements.end() ? nullptr : &*found;
}

bool Endpoint::streams() const noexcept {
  const StatementPlan* const rows = answer();
  return rows != nullptr && rows->shape == Shape::rows && !keyed && !writes;
}

bool Endpoint::takes_format() const noexcept {
  const auto own = [&](const sql::ParameterSpec& spec) { return spec.name == "format"; };
  return streams() && std::none_of(source.parameters.begin(), source.parameters.end(), own);
}

EndpointPtr compile_endpoint(const RouteFile& file, db::Database& database, const db::Catalog& catalog,
                             Diagnostics& problems, const std::vector<sql::RollupTable>& rollups) {
  return Compiler(file, database, catalog, problems, rollups).compile();
}

std::string answered_from(const StatementPlan& plan) {
  if (plan.rollups.empty()) return {};
  return fmt::format("answered from rollup{} {}", plan.rollups.size() == 1 ? "" : "s", fmt::join(plan.rollups, ", "));
}

}  // namespace freshet::api
