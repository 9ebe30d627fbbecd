#include "sql/infer_types.hpp"

#include <algorithm>
#include <array>

namespace freshet::sql {
namespace {

using enum ColumnType;

enum class Nulls : std::uint8_t {
  never,      // count(x)
  of_inputs,  // length(x): NULL only if an argument is
  possible,   // avg(x), strftime(…)
};

struct Function {
  std::string_view name;
  ColumnType type;
  Nulls nulls;
};

// Sorted by name.
constexpr std::array functions{
    Function{"array_to_json", json, Nulls::of_inputs},
    Function{"ascii", integer, Nulls::of_inputs},
    Function{"avg", number, Nulls::possible},
    Function{"bit_length", integer, Nulls::of_inputs},
    Function{"bool_and", boolean, Nulls::possible},
    Function{"bool_or", boolean, Nulls::possible},
    Function{"btrim", text, Nulls::of_inputs},
    Function{"cardinality", integer, Nulls::of_inputs},
    Function{"ceil", number, Nulls::of_inputs},
    Function{"ceiling", number, Nulls::of_inputs},
    Function{"changes", integer, Nulls::never},
    Function{"char_length", integer, Nulls::of_inputs},
    Function{"character_length", integer, Nulls::of_inputs},
    Function{"chr", text, Nulls::of_inputs},
    Function{"concat", text, Nulls::never},
    Function{"concat_ws", text, Nulls::possible},
    Function{"count", integer, Nulls::never},
    Function{"cume_dist", number, Nulls::never},
    Function{"date", date, Nulls::possible},
    Function{"date_part", number, Nulls::possible},
    Function{"date_trunc", timestamp, Nulls::possible},
    Function{"datetime", text, Nulls::possible},
    Function{"dense_rank", integer, Nulls::never},
    Function{"every", boolean, Nulls::possible},
    Function{"exp", number, Nulls::possible},
    Function{"extract", number, Nulls::possible},
    Function{"floor", number, Nulls::of_inputs},
    Function{"format", text, Nulls::possible},
    Function{"from_minor", decimal, Nulls::of_inputs},
    Function{"gen_random_uuid", uuid, Nulls::never},
    Function{"group_concat", text, Nulls::possible},
    Function{"hex", text, Nulls::never},
    Function{"initcap", text, Nulls::of_inputs},
    Function{"instr", integer, Nulls::of_inputs},
    Function{"json", json, Nulls::of_inputs},
    Function{"json_agg", json, Nulls::possible},
    Function{"json_array", json, Nulls::never},
    Function{"json_array_length", integer, Nulls::possible},
    Function{"json_build_array", json, Nulls::never},
    Function{"json_build_object", json, Nulls::never},
    Function{"json_group_array", json, Nulls::never},
    Function{"json_group_object", json, Nulls::never},
    Function{"json_insert", json, Nulls::possible},
    Function{"json_object", json, Nulls::never},
    Function{"json_object_agg", json, Nulls::possible},
    Function{"json_patch", json, Nulls::possible},
    Function{"json_quote", json, Nulls::never},
    Function{"json_remove", json, Nulls::possible},
    Function{"json_replace", json, Nulls::possible},
    Function{"json_set", json, Nulls::possible},
    Function{"json_type", text, Nulls::possible},
    Function{"json_valid", boolean, Nulls::of_inputs},
    Function{"jsonb_agg", json, Nulls::possible},
    Function{"jsonb_array_length", integer, Nulls::possible},
    Function{"jsonb_build_array", json, Nulls::never},
    Function{"jsonb_build_object", json, Nulls::never},
    Function{"jsonb_insert", json, Nulls::possible},
    Function{"jsonb_object_agg", json, Nulls::possible},
    Function{"jsonb_set", json, Nulls::possible},
    Function{"julianday", number, Nulls::possible},
    Function{"last_insert_rowid", integer, Nulls::never},
    Function{"left", text, Nulls::of_inputs},
    Function{"length", integer, Nulls::of_inputs},
    Function{"ln", number, Nulls::possible},
    Function{"log", number, Nulls::possible},
    Function{"log10", number, Nulls::possible},
    Function{"log2", number, Nulls::possible},
    Function{"lower", text, Nulls::of_inputs},
    Function{"lpad", text, Nulls::of_inputs},
    Function{"ltrim", text, Nulls::of_inputs},
    Function{"md5", text, Nulls::of_inputs},
    Function{"month_add", month, Nulls::possible},
    Function{"month_of", month, Nulls::possible},
    Function{"now", timestamp, Nulls::never},
    Function{"ntile", integer, Nulls::never},
    Function{"octet_length", integer, Nulls::of_inputs},
    Function{"percent_rank", number, Nulls::never},
    Function{"pi", number, Nulls::never},
    Function{"position", integer, Nulls::of_inputs},
    Function{"pow", number, Nulls::possible},
    Function{"power", number, Nulls::possible},
    Function{"printf", text, Nulls::possible},
    Function{"quote", text, Nulls::never},
    Function{"randomblob", blob, Nulls::never},
    Function{"rank", integer, Nulls::never},
    Function{"repeat", text, Nulls::of_inputs},
    Function{"replace", text, Nulls::of_inputs},
    Function{"reverse", text, Nulls::of_inputs},
    Function{"right", text, Nulls::of_inputs},
    Function{"round", number, Nulls::of_inputs},
    Function{"row_number", integer, Nulls::never},
    Function{"row_to_json", json, Nulls::of_inputs},
    Function{"rpad", text, Nulls::of_inputs},
    Function{"rtrim", text, Nulls::of_inputs},
    Function{"sign", number, Nulls::possible},
    Function{"soundex", text, Nulls::never},
    Function{"split_part", text, Nulls::of_inputs},
    Function{"sqlite_version", text, Nulls::never},
    Function{"sqrt", number, Nulls::possible},
    Function{"starts_with", boolean, Nulls::of_inputs},
    Function{"strftime", text, Nulls::possible},
    Function{"string_agg", text, Nulls::possible},
    Function{"strpos", integer, Nulls::of_inputs},
    Function{"substr", text, Nulls::of_inputs},
    Function{"substring", text, Nulls::possible},
    Function{"to_char", text, Nulls::of_inputs},
    Function{"to_json", json, Nulls::of_inputs},
    Function{"to_jsonb", json, Nulls::of_inputs},
    Function{"to_minor", integer, Nulls::of_inputs},
    Function{"total", number, Nulls::never},
    Function{"total_changes", integer, Nulls::never},
    Function{"translate", text, Nulls::of_inputs},
    Function{"trunc", number, Nulls::of_inputs},
    Function{"typeof", text, Nulls::never},
    Function{"unicode", integer, Nulls::possible},
    Function{"unixepoch", integer, Nulls::possible},
    Function{"upper", text, Nulls::of_inputs},
    Function{"uuid", uuid, Nulls::never},
    Function{"zeroblob", blob, Nulls::never},
};
static_assert(std::is_sorted(functions.begin(), functions.end(),
                             [](const Function& a, const Function& b) { return a.name < b.name; }));

struct Cast {
  std::string_view name;
  ColumnType type;
};
constexpr std::array casts{Cast{"bigint", integer},     Cast{"blob", blob},           Cast{"bool", boolean},
                           Cast{"boolean", boolean},    Cast{"bpchar", text},         Cast{"bytea", blob},
                           Cast{"char", text},          Cast{"clob", text},           Cast{"date", date},
                           Cast{"datetime", timestamp}, Cast{"decimal", decimal},     Cast{"double", number},
                           Cast{"float", number},       Cast{"float4", number},       Cast{"float8", number},
                           Cast{"int", integer},        Cast{"int2", integer},        Cast{"int4", integer},
                           Cast{"int8", integer},       Cast{"integer", integer},     Cast{"json", json},
                           Cast{"jsonb", json},         Cast{"name", text},           Cast{"numeric", decimal},
                           Cast{"nvarchar", text},      Cast{"real", number},         Cast{"smallint", integer},
                           Cast{"text", text},          Cast{"timestamp", timestamp}, Cast{"timestamptz", timestamp},
                           Cast{"uuid", uuid},          Cast{"varchar", text}};

bool is_textual(ColumnType type) noexcept {
  return type == text || type == date || type == timestamp || type == month || type == uuid;
}
bool is_numeric(ColumnType type) noexcept { return type == integer || type == decimal || type == number; }

bool all_not_null(std::span<const Inferred> inputs) noexcept {
  return std::all_of(inputs.begin(), inputs.end(), [](const Inferred& input) { return input.not_null; });
}
bool some_not_null(std::span<const Inferred> inputs) noexcept {
  return std::any_of(inputs.begin(), inputs.end(), [](const Inferred& input) { return input.not_null; });
}

Inferred merged_all(std::span<const Inferred> inputs) noexcept {
  Inferred result{.not_null = true, .null_constant = true};
  for (const Inferred& input : inputs) result = merged(result, input);
  result.outer = false;
  return result;
}

Inferred sum_of(const Inferred& input) noexcept {
  if (input.type == boolean || input.type == integer) return {.type = integer, .declared = input.declared};
  return {.type = is_numeric(input.type) ? input.type : any, .declared = input.declared};
}

// Functions whose result has the type of their arguments.
std::optional<Inferred> polymorphic_result(std::string_view name, std::span<const Inferred> arguments) noexcept {
  if (arguments.empty()) return std::nullopt;
  const auto nullable = [](Inferred result) {
    result.not_null = false;
    result.outer = false;
    return result;
  };
  if (name == "sum") return sum_of(arguments[0]);
  if (name == "min" || name == "max") {
    return arguments.size() == 1 ? nullable(arguments[0]) : merged_all(arguments);
  }
  if (name == "abs" || name == "likely" || name == "unlikely" || name == "likelihood") {
    return Inferred{.type = arguments[0].type, .not_null = arguments[0].not_null, .declared = arguments[0].declared};
  }
  if (name == "coalesce" || name == "ifnull" || name == "greatest" || name == "least") {
    Inferred result = merged_all(arguments);
    result.not_null = some_not_null(arguments);
    return result;
  }
  if (name == "nullif") return nullable(arguments[0]);
  if (name == "iif" && arguments.size() >= 2) {
    Inferred result = merged_all(arguments.subspan(1));
    if (arguments.size() == 2) result.not_null = false;
    return result;
  }
  if (name == "first_value" || name == "last_value" || name == "nth_value") return nullable(arguments[0]);
  if (name == "lag" || name == "lead") {
    return nullable(arguments.size() == 3 ? merged(arguments[0], arguments[2]) : arguments[0]);
  }
  return std::nullopt;
}

}  // namespace

Inferred merged(const Inferred& a, const Inferred& b) noexcept {
  Inferred result;
  result.not_null = a.not_null && b.not_null;
  result.outer = a.outer || b.outer;
  result.declared = a.declared || b.declared;
  result.null_constant = a.null_constant && b.null_constant;
  if (a.null_constant) {
    result.type = b.type;
  } else if (a.type == b.type || b.null_constant) {
    result.type = a.type;
  } else if (is_numeric(a.type) && is_numeric(b.type)) {
    result.type = a.type == number || b.type == number ? number : decimal;
  } else if (is_textual(a.type) && is_textual(b.type)) {
    result.type = text;
  }
  return result;
}

ColumnType arithmetic_type(ColumnType a, ColumnType b) noexcept {
  const auto counted = [](ColumnType type) { return type == boolean ? integer : type; };
  a = counted(a);
  b = counted(b);
  if (!is_numeric(a) || !is_numeric(b)) return a == number || b == number ? number : any;
  if (a == b) return a;
  return a == number || b == number ? number : decimal;
}

ColumnType cast_type(std::string_view name) noexcept {
  const auto found = std::find_if(casts.begin(), casts.end(), [&](const Cast& cast) { return cast.name == name; });
  return found == casts.end() ? any : found->type;
}

Inferred function_result(std::string_view name, std::span<const Inferred> arguments) noexcept {
  if (const auto result = polymorphic_result(name, arguments)) return *result;
  const auto found =
      std::lower_bound(functions.begin(), functions.end(), name,
                       [](const Function& function, std::string_view wanted) { return function.name < wanted; });
  if (found == functions.end() || found->name != name) return {};
  return {.type = found->type,
          .not_null = found->nulls == Nulls::never || (found->nulls == Nulls::of_inputs && all_not_null(arguments))};
}

bool is_aggregate(std::string_view name, std::size_t argument_count) noexcept {
  constexpr std::array names{std::string_view("count"),
                             std::string_view("sum"),
                             std::string_view("total"),
                             std::string_view("avg"),
                             std::string_view("group_concat"),
                             std::string_view("string_agg"),
                             std::string_view("json_group_array"),
                             std::string_view("json_group_object"),
                             std::string_view("json_agg"),
                             std::string_view("jsonb_agg"),
                             std::string_view("json_object_agg"),
                             std::string_view("jsonb_object_agg"),
                             std::string_view("bool_and"),
                             std::string_view("bool_or"),
                             std::string_view("every")};
  if (name == "min" || name == "max") return argument_count == 1;
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace freshet::sql
