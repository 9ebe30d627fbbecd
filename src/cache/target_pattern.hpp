#pragma once
// How one request target follows from another, in terms that hold for others of their kind: from
// `/dashboard/summary?month=2025-03` people go to `/dashboard/summary?month={month|-1}` and to
// `/dashboard/drill-down/Food?month={month}`; from `/accounts/5` to `/accounts/{/1}/transactions`.
//
// Texts in, texts out: nothing here knows routes, and what it makes up is a target like any other, which the one who
// asks for it may find to be none.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::cache {

/// A target in its pieces, which look into the text that it was read from.
struct TargetFields {
  struct Parameter {
    std::string_view name;
    std::string_view value;
  };
  std::vector<std::string_view> segments;
  std::vector<Parameter> parameters;
};

/// nullopt: it is too long, has too many pieces, or characters that rules are written with.
[[nodiscard]] std::optional<TargetFields> fields_of(std::string_view target);

/// What it has in common with others of its kind: numbers and UUIDs in the path are `#`, parameters have no values.
[[nodiscard]] std::string pattern_of(const TargetFields& fields);

/// How `to` is written when `from` is given. What cannot be taken from there stands as it is.
[[nodiscard]] std::string rule_of(const TargetFields& from, const TargetFields& to);

/// The target that `rule` makes of `from`. nullopt: something that it takes is not there, or has no such neighbour.
[[nodiscard]] std::optional<std::string> follow(std::string_view rule, const TargetFields& from);

/// The value `steps` after `value`, if it is a whole number of at most nine digits, a month (2025-01) or a day
/// (2025-01-31).
[[nodiscard]] std::optional<std::string> stepped(std::string_view value, int steps);
/// How many steps lead from `from` to `to`; nullopt: none, or too many to be a habit.
[[nodiscard]] std::optional<int> steps_between(std::string_view from, std::string_view to);

}  // namespace freshet::cache
