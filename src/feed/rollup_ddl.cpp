// The table of a rollup, and the statements that add and subtract a row.

#include "feed/rollup_ddl.hpp"

#include <fmt/format.h>

#include "core/mutant.hpp"

namespace freshet::feed {
namespace {

using sql::quoted;

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}
std::string also(std::string_view condition) {
  return condition.empty() ? std::string() : fmt::format(" AND ({})", condition);
}

}  // namespace

Rollup::RowText Rollup::row(std::string_view prefix) const {
  RowText out;
  for (const std::string& name : definition_.group_by) {
    out.groups.push_back(fmt::format("{}{}", prefix, quoted(source_.column(name)->name)));
  }
  for (const sql::RowExpression& value : values_) {
    const bool plain = value.tree().kind == sql::Expression::Kind::column;
    out.values.push_back(plain ? value.over(prefix) : fmt::format("({})", value.over(prefix)));
  }
  if (!filter_.empty()) out.filter = filter_.front().over(prefix);
  return out;
}

std::string Rollup::table_sql() const {
  std::vector<std::string> lines;
  const bool keyed = !nullable_groups();
  for (const std::string& name : definition_.group_by) {
    const SourceColumn& column = *source_.column(name);
    lines.push_back(fmt::format("{} {}{}{}", quoted(column.name), column.declared_type,
                                column.not_null ? " NOT NULL" : "",
                                column.collation == "BINARY" ? "" : " COLLATE " + column.collation));
  }
  lines.push_back(fmt::format("{} INTEGER NOT NULL", sql::rows_column));
  for (const sql::RollupMeasure& measure : definition_.measures) {
    const std::string type = measure.plain ? source_.column(measure.text)->declared_type : std::string();
    // Without a type of its own it keeps what it is given: a sum that is no integer is seen.
    const std::string any = source_.strict ? " ANY" : "";
    if (measure.sum) lines.push_back(fmt::format("{}{} NOT NULL", quoted(sum_column(measure)), any));
    if (counts(measure)) lines.push_back(fmt::format("{} INTEGER NOT NULL", quoted(count_column(measure))));
    if (measure.min) lines.push_back(fmt::format("{} {}", quoted(min_column(measure)), type));
    if (measure.max) lines.push_back(fmt::format("{} {}", quoted(max_column(measure)), type));
  }
  std::vector<std::string> groups;
  for (const std::string& name : definition_.group_by) groups.push_back(quoted(source_.column(name)->name));
  if (keyed) lines.push_back(fmt::format("PRIMARY KEY ({})", joined(groups, ", ")));
  const std::string options = keyed            ? source_.strict ? " WITHOUT ROWID, STRICT" : " WITHOUT ROWID"
                              : source_.strict ? " STRICT"
                                               : "";
  return fmt::format("CREATE TABLE {} (\n  {}\n){}", quoted(definition_.name), joined(lines, ",\n  "), options);
}

std::string Rollup::same_group(const RowText& row) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < row.groups.size(); ++i) {
    const SourceColumn& column = *source_.column(definition_.group_by[i]);
    parts.push_back(fmt::format("{} {} {}", quoted(column.name), column.not_null ? "=" : "IS", row.groups[i]));
  }
  return joined(parts, " AND ");
}

std::string Rollup::group_of_source(const RowText& row) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < row.groups.size(); ++i) {
    const SourceColumn& column = *source_.column(definition_.group_by[i]);
    parts.push_back(fmt::format("s.{} {} {}", quoted(column.name), column.not_null ? "=" : "IS", row.groups[i]));
  }
  return joined(parts, " AND ");
}

// `sum` if it is one of 64-bit integers, and `value`, which went into it, is one.
std::string Rollup::checked(const sql::RollupMeasure& measure, std::string_view sum, std::string_view value) const {
  const std::string types = counts(measure) ? "IN ('integer', 'null')" : "= 'integer'";
  const std::string is_sure = value.empty() ? std::string() : fmt::format("typeof({}) {} AND ", value, types);
  return fmt::format("CASE WHEN {}typeof({}) = 'integer' THEN {}\n      ELSE RAISE(ABORT, {}) END", is_sure, sum, sum,
                     complaint(measure));
}

std::string Rollup::complaint(const sql::RollupMeasure& measure) const {
  return sql::quoted_text(
      fmt::format("rollup {}: {} must be an integer, and its sum fit into 64 bits", definition_.name, measure.name));
}

// What is in the table by mistake, before there was a rollup, may go: it was never counted.
static std::string taken(std::string_view value) {
  return fmt::format("CASE typeof({0}) WHEN 'integer' THEN {0} ELSE 0 END", value);
}

std::string Rollup::add(const RowText& row) const {
  std::vector<std::string> sets{fmt::format("{0} = {0} + 1", sql::rows_column)};
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) {
    const sql::RollupMeasure& measure = definition_.measures[i];
    const std::string& value = row.values[i];
    const std::string column = quoted(sum_column(measure));
    const std::string given = counts(measure) ? fmt::format("ifnull({}, 0)", value) : value;
    if (measure.sum) {
      sets.push_back(fmt::format("{} = {}", column, checked(measure, fmt::format("{} + {}", column, given), value)));
    }
    if (counts(measure))
      sets.push_back(fmt::format("{0} = {0} + ({1} IS NOT NULL)", quoted(count_column(measure)), value));
    const auto extreme = [&](std::string_view function, const std::string& name) {
      sets.push_back(fmt::format("{0} = coalesce({1}({0}, {2}), {0}, {2})", quoted(name), function, value));
    };
    if (measure.min) extreme("min", min_column(measure));
    if (measure.max) extreme("max", max_column(measure));
  }
  std::string out = fmt::format("  UPDATE {} SET {}\n    WHERE {}{};\n", quoted(definition_.name),
                                joined(sets, ",\n    "), same_group(row), also(row.filter));
  return out + insert_missing(row, true);
}

std::string Rollup::subtract(const RowText& row) const {
  std::vector<std::string> sets{fmt::format("{0} = {0} - 1", sql::rows_column)};
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) {
    const sql::RollupMeasure& measure = definition_.measures[i];
    const std::string& value = row.values[i];
    const std::string column = quoted(sum_column(measure));
    if (measure.sum) {
      sets.push_back(
          fmt::format("{} = {}", column, checked(measure, fmt::format("{} - {}", column, taken(value)), {})));
    }
    if (counts(measure))
      sets.push_back(fmt::format("{0} = {0} - ({1} IS NOT NULL)", quoted(count_column(measure)), value));
  }
  std::string out = fmt::format("  UPDATE {} SET {}\n    WHERE {}{};\n", quoted(definition_.name),
                                joined(sets, ",\n    "), same_group(row), also(row.filter));
  return out + insert_missing(row, false) + drop_empty(row) + recompute_extremes(row);
}

// The group is not there: the row is its first, or, while rows from before are not yet counted, one of those.
std::string Rollup::insert_missing(const RowText& row, bool adds) const {
  std::vector<std::string> values = row.groups;
  values.emplace_back(adds ? "1" : "-1");
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) {
    const sql::RollupMeasure& measure = definition_.measures[i];
    const std::string& value = row.values[i];
    const std::string given = counts(measure) ? fmt::format("ifnull({}, 0)", value) : value;
    if (measure.sum) {
      values.push_back(adds ? checked(measure, given, value)
                            : checked(measure, fmt::format("0 - {}", taken(value)), {}));
    }
    if (counts(measure)) values.push_back(fmt::format("{}({} IS NOT NULL)", adds ? "" : "-", value));
    if (measure.min) values.push_back(adds ? value : "NULL");
    if (measure.max) values.push_back(adds ? value : "NULL");
  }
  return fmt::format("  INSERT INTO {} SELECT {}\n    WHERE changes() = 0{};\n", quoted(definition_.name),
                     joined(values, ", "), also(row.filter));
}

std::string Rollup::drop_empty(const RowText& row) const {
  std::string empty = fmt::format("{} = 0", sql::rows_column);
  for (const sql::RollupMeasure& measure : definition_.measures) {
    if (measure.sum) empty += fmt::format(" AND {} = 0", quoted(sum_column(measure)));
    if (counts(measure)) empty += fmt::format(" AND {} = 0", quoted(count_column(measure)));
  }
  return fmt::format("  DELETE FROM {} WHERE {} AND {};\n", quoted(definition_.name), same_group(row), empty);
}

// `row` is gone. If it may have been the least or greatest of its group, the group is looked at again.
std::string Rollup::recompute_extremes(const RowText& row) const {
  if (!has_extremes() || mutant("rollup_extreme_kept")) return {};
  std::vector<std::string> sets;
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) {
    const sql::RollupMeasure& measure = definition_.measures[i];
    const auto extreme = [&](std::string_view function, const std::string& name, std::string_view reaches) {
      sets.push_back(fmt::format("{} = (SELECT {}(s.{}) FROM {} AS s WHERE {}{})", quoted(name), function,
                                 quoted(measure.text), quoted(source_.table.name), group_of_source(row),
                                 also(this->row("s.").filter)));
      reasons.push_back(fmt::format("{} {} {}", row.values[i], reaches, quoted(name)));
    };
    if (measure.min) extreme("min", min_column(measure), "<=");
    if (measure.max) extreme("max", max_column(measure), ">=");
  }
  return fmt::format("  UPDATE {} SET {}\n    WHERE {}{};\n", quoted(definition_.name), joined(sets, ",\n    "),
                     same_group(row), also(joined(reasons, " OR ")));
}

// The group as the source has it now: right whatever happened in between, and the more work the more rows it has.
std::string Rollup::recompute(const RowText& row) const {
  return fmt::format("  DELETE FROM {0} WHERE {1};\n  INSERT INTO {0} {2};\n", quoted(definition_.name),
                     same_group(row), query(group_of_source(row)));
}

// Values that can be summed up.
std::string Rollup::check(const RowText& row) const {
  std::string out;
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) {
    const sql::RollupMeasure& measure = definition_.measures[i];
    if (!measure.sum) continue;
    out += fmt::format("  SELECT RAISE(ABORT, {}) WHERE typeof({}) NOT IN ('integer', 'null'){};\n", complaint(measure),
                       row.values[i], also(row.filter));
  }
  return out;
}

// A row that counts changes within its group.
std::string Rollup::change(const RowText& before, const RowText& after) const {
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) {
    const sql::RollupMeasure& measure = definition_.measures[i];
    const std::string column = quoted(sum_column(measure));
    const std::string& value = after.values[i];
    const std::string given = counts(measure) ? fmt::format("ifnull({}, 0)", value) : value;
    if (measure.sum) {
      const std::string sum = fmt::format("{} - {} + {}", column, taken(before.values[i]), given);
      sets.push_back(fmt::format("{} = {}", column, checked(measure, sum, value)));
    }
    if (counts(measure)) {
      sets.push_back(fmt::format("{0} = {0} - ({1} IS NOT NULL) + ({2} IS NOT NULL)", quoted(count_column(measure)),
                                 before.values[i], value));
    }
    const auto extreme = [&](std::string_view function, const std::string& name) {
      sets.push_back(fmt::format("{0} = coalesce({1}({0}, {2}), {0}, {2})", quoted(name), function, value));
    };
    if (measure.min) extreme("min", min_column(measure));
    if (measure.max) extreme("max", max_column(measure));
  }
  return fmt::format("  UPDATE {} SET {}\n    WHERE {};\n", quoted(definition_.name), joined(sets, ",\n    "),
                     same_group(after)) +
         recompute_extremes(before);
}

}  // namespace freshet::feed
