#include "cache/target_pattern.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace freshet::cache {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t length_max = 512, pieces_max = 16;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool digits(std::string_view text) noexcept { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

int number(std::string_view text) noexcept {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool uuid(std::string_view text) noexcept {
  constexpr std::string_view form = "########-####-####-####-############";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const char c = text[i];
    const bool hexadecimal = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (form[i] == '-' ? c != '-' : !hexadecimal) return false;
  }
  return true;
}

bool variable(std::string_view segment) noexcept { return digits(segment) || uuid(segment); }

// A value that counts in steps of one: its kind, and its place on the line.
struct Counted {
  enum class Kind { number, month, day } kind = Kind::number;
  int place = 0;
};

std::optional<Counted> counted(std::string_view value) noexcept {
  const auto dash = [&](std::size_t at) { return value[at] == '-'; };
  if (digits(value)) {
    const bool plain = value.size() <= 9 && (value.size() == 1 || value[0] != '0');
    return plain ? std::optional(Counted{Counted::Kind::number, number(value)}) : std::nullopt;
  }
  const bool month = value.size() == 7 && dash(4) && digits(value.substr(0, 4)) && digits(value.substr(5, 2));
  const bool day = value.size() == 10 && dash(4) && dash(7) && digits(value.substr(0, 4)) &&
                   digits(value.substr(5, 2)) && digits(value.substr(8, 2));
  if (!month && !day) return std::nullopt;
  const int year = number(value.substr(0, 4)), in_year = number(value.substr(5, 2));
  if (in_year < 1 || in_year > 12) return std::nullopt;
  if (month) return Counted{Counted::Kind::month, year * 12 + in_year - 1};
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(in_year)),
                                         std::chrono::day(static_cast<unsigned>(number(value.substr(8, 2))))};
  if (!date.ok()) return std::nullopt;
  return Counted{Counted::Kind::day, static_cast<int>(std::chrono::sys_days(date).time_since_epoch().count())};
}

std::string written(Counted value) {
  std::array<char, 16> text{};
  if (value.kind == Counted::Kind::number) return std::to_string(value.place);
  if (value.kind == Counted::Kind::month) {
    std::snprintf(text.data(), text.size(), "%04d-%02d", value.place / 12, value.place % 12 + 1);
  } else {
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(value.place))};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  }
  return text.data();
}

const TargetFields::Parameter* find(const TargetFields& fields, std::string_view name) noexcept {
  const auto found = std::find_if(fields.parameters.begin(), fields.parameters.end(),
                                  [&](const auto& parameter) { return parameter.name == name; });
  return found == fields.parameters.end() ? nullptr : &*found;
}

std::string taken(std::string_view name, int steps) {
  std::string text = "{";
  text += name;
  if (steps != 0) text += '|' + std::to_string(steps);
  return text + '}';
}

// A value that has the name `name`, in terms of `before`, which had that name.
std::string value_rule(std::string_view name, std::string_view before, std::string_view value) {
  if (before == value) return taken(name, 0);
  if (const auto steps = steps_between(before, value)) return taken(name, *steps);
  return std::string(value);
}

std::string segment_rule(const TargetFields& from, std::size_t index, std::string_view segment) {
  const bool counts = variable(segment) && index < from.segments.size() && variable(from.segments[index]);
  return counts ? value_rule("/" + std::to_string(index), from.segments[index], segment) : std::string(segment);
}

// A parameter that `from` has no such name for may repeat what stood in its path: `/accounts/5` to `?account=5`.
std::string parameter_rule(const TargetFields& from, const TargetFields::Parameter& parameter) {
  if (const auto* const before = find(from, parameter.name)) {
    return value_rule(parameter.name, before->value, parameter.value);
  }
  if (!variable(parameter.value)) return std::string(parameter.value);
  const auto same = std::find(from.segments.begin(), from.segments.end(), parameter.value);
  if (same == from.segments.end()) return std::string(parameter.value);
  return taken("/" + std::to_string(same - from.segments.begin()), 0);
}

std::optional<std::string_view> value_named(const TargetFields& from, std::string_view name) {
  if (name.starts_with('/')) {
    const auto index = static_cast<std::size_t>(number(name.substr(1)));
    return index < from.segments.size() ? std::optional(from.segments[index]) : std::nullopt;
  }
  const auto* const parameter = find(from, name);
  return parameter == nullptr ? std::nullopt : std::optional(parameter->value);
}

}  // namespace

std::optional<TargetFields> fields_of(std::string_view target) {
  if (!target.starts_with('/') || target.size() > length_max || target.find_first_of("{}|") != target.npos) return {};
  TargetFields fields;
  const std::size_t mark = std::min(target.find('?'), target.size());
  for (std::size_t at = 1; at <= mark;) {
    const std::size_t end = std::min(target.find('/', at), mark);
    fields.segments.push_back(target.substr(at, end - at));
    at = end + 1;
  }
  for (std::size_t at = mark + 1; at < target.size();) {
    const std::size_t end = std::min(target.find('&', at), target.size());
    const std::string_view text = target.substr(at, end - at);
    const std::size_t equals = text.find('=');
    if (text.starts_with('/') || equals == text.npos) return {};
    fields.parameters.push_back({.name = text.substr(0, equals), .value = text.substr(equals + 1)});
    at = end + 1;
  }
  if (fields.segments.size() + fields.parameters.size() > pieces_max) return {};
  return fields;
}

std::string pattern_of(const TargetFields& fields) {
  std::string pattern;
  for (const std::string_view segment : fields.segments) {
    pattern += '/';
    pattern += variable(segment) ? "#"sv : segment;
  }
  char before = '?';
  for (const auto& parameter : fields.parameters) {
    pattern += std::exchange(before, '&');
    pattern += parameter.name;
  }
  return pattern;
}

std::string rule_of(const TargetFields& from, const TargetFields& to) {
  std::string rule;
  for (std::size_t i = 0; i < to.segments.size(); ++i) {
    rule += '/';
    rule += segment_rule(from, i, to.segments[i]);
  }
  char before = '?';
  for (const auto& parameter : to.parameters) {
    rule += std::exchange(before, '&');
    rule += parameter.name;
    rule += '=';
    rule += parameter_rule(from, parameter);
  }
  return rule;
}

std::optional<std::string> follow(std::string_view rule, const TargetFields& from) {
  std::string target;
  while (!rule.empty()) {
    const std::size_t open = std::min(rule.find('{'), rule.size());
    target += rule.substr(0, open);
    if (open == rule.size()) break;
    const std::size_t close = rule.find('}', open);
    if (close == rule.npos) return std::nullopt;
    const std::string_view term = rule.substr(open + 1, close - open - 1);
    const std::size_t bar = std::min(term.find('|'), term.size());
    const auto value = value_named(from, term.substr(0, bar));
    if (!value) return std::nullopt;
    if (bar == term.size()) {
      target += *value;
    } else {
      const auto neighbour = stepped(*value, number(term.substr(bar + 1)));
      if (!neighbour) return std::nullopt;
      target += *neighbour;
    }
    rule.remove_prefix(close + 1);
  }
  return target.size() > length_max ? std::nullopt : std::optional(std::move(target));
}

std::optional<std::string> stepped(std::string_view value, int steps) {
  std::optional<Counted> there = counted(value);
  if (!there) return std::nullopt;
  there->place += steps;
  constexpr int first_month = 12, last_number = 999'999'999;
  if (there->kind == Counted::Kind::month && (there->place < first_month || there->place >= 12 * 10'000)) return {};
  if (there->kind == Counted::Kind::number && (there->place < 0 || there->place > last_number)) return {};
  return written(*there);
}

std::optional<int> steps_between(std::string_view from, std::string_view to) {
  const std::optional<Counted> first = counted(from), second = counted(to);
  if (!first || !second || first->kind != second->kind) return std::nullopt;
  constexpr int most = 1000;  // `offset=0` to `offset=500` is a page, too
  const int steps = second->place - first->place;
  return steps == 0 || std::abs(steps) > most ? std::nullopt : std::optional(steps);
}

}  // namespace freshet::cache
