#include "history/questions.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

namespace freshet::history {
namespace {

/// The rows of `table` whose `column` has the value of `parameter` can change the answer; without a column, every row.
struct Concern {
  std::string_view route, table, column, parameter;
};

constexpr auto concerns = std::to_array<Concern>({
    {"/items", "items", "category", "category"},
    {"/shelf", "items", "shelf", "shelf"},
    {"/several", "items", "category", "categories"},
    {"/filtered", "items", "category", "category"},
    {"/item/{id}", "items", "id", "id"},
    {"/code", "items", "code", "code"},
    {"/parts/of", "parts", "item_id", "item"},
    {"/parts/of", "items", "id", "item"},
    {"/parts/category", "items", "category", "category"},
    {"/parts/category", "parts", "", ""},
    {"/parts/bare", "items", "category", "category"},
    {"/parts/bare", "parts", "", ""},
    {"/bank", "accounts", "", ""},
    {"/branch", "accounts", "branch", "branch"},
    {"/empty", "items", "category", "category"},
    {"/top", "items", "", ""},
    {"/top_of/category", "items", "", ""},
    {"/sums", "items", "category", "category"},
    {"/sums", "categories", "name", "category"},
    {"/tally", "tallies", "category", "category"},
    {"/aging", "items", "category", "category"},
    {"/slow", "accounts", "id", "account"},
    {"/overview", "items", "category", "category"},
    {"/overview", "tallies", "category", "category"},
    {"/overview", "accounts", "", ""},
});

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// Shelves are asked for in several spellings of one number.
std::string normal(std::string_view column, const std::string& value) {
  return column == "shelf" ? std::to_string(static_cast<int>(std::stod(value))) : lower(value);
}

}  // namespace

std::string category_name(int number, bool upper) { return fmt::format("{}{:02}", upper ? "CAT" : "cat", number); }
std::string code_name(int number, bool upper) { return fmt::format("{}{:03}", upper ? "KEY" : "key", number); }

Questions::Questions(const std::vector<EndpointFile>& endpoints, const WorldSize& size) : endpoints_(endpoints) {
  ask("/bank", {});
  ask("/top", {});
  ask("/filtered", {});
  for (int i = 0; i < size.categories; ++i) {
    for (const bool upper : {false, true}) {
      const Given category{"category", {category_name(i, upper)}};
      for (const std::string_view route : {"/items", "/filtered", "/empty", "/sums", "/tally"}) ask(route, {category});
    }
    const Given category{"category", {category_name(i, i % 2 == 0)}};
    ask("/several", {{"categories", {category_name(i, false), category_name((i * 7 + 3) % size.categories, true)}}});
    if (i % 2 == 0) ask("/overview", {category, {"branch", {std::to_string(i % size.branches)}}});
    if (i % 4 == 2) ask("/aging", {category});
    if (i % 2 == 1) ask("/parts/bare", {category});
    if (i % 3 == 0) ask("/parts/category", {category});
    if (i % 3 == 1) ask("/top_of/category", {category});
    ask("/filtered", {category, {"shelf", {std::to_string(i % size.shelves)}}});
  }
  for (int i = 0; i < size.shelves; ++i) {
    for (const std::string_view form : {"{}", "0{}", "{}.0"}) {
      ask("/shelf", {{"shelf", {fmt::format(fmt::runtime(form), i)}}});
    }
  }
  for (int i = 1; i <= 2 * size.hot_accounts; ++i) ask("/slow", {{"account", {std::to_string(i)}}});
  for (int i = 0; i < size.branches; ++i) ask("/branch", {{"branch", {std::to_string(i)}}});
  for (int i = 1; i <= size.items_max; i += 2) ask("/item/{id}", {{"id", {std::to_string(i)}}});
  for (int i = 2; i <= size.items_max; i += 3) ask("/parts/of", {{"item", {std::to_string(i)}}});
  for (int i = 0; i < size.codes; i += 4) ask("/code", {{"code", {code_name(i, i % 8 == 0)}}});
}

void Questions::ask(std::string_view route, Arguments arguments) {
  const auto endpoint = std::ranges::find_if(
      endpoints_, [route](const EndpointFile& file) { return file.route == route && !file.writes; });
  if (endpoint == endpoints_.end()) throw std::logic_error(fmt::format("the app has no endpoint {}", route));
  const auto index = static_cast<std::size_t>(endpoint - endpoints_.begin());
  const auto id = static_cast<QuestionId>(questions_.size());
  concern(index, id, arguments);
  std::string target = target_of(*endpoint, arguments);
  questions_.push_back({.endpoint = index, .arguments = std::move(arguments), .target = std::move(target)});
}

void Questions::concern(std::size_t endpoint, QuestionId id, const Arguments& arguments) {
  bool known = false;
  for (const Concern& entry : concerns) {
    if (entry.route != endpoints_[endpoint].route) continue;
    known = true;
    const Given* const given = find(arguments, entry.parameter);
    if (given == nullptr) {
      concerns_[std::string(entry.table)].push_back(id);
      continue;
    }
    std::vector<std::string>& columns = columns_[std::string(entry.table)];
    if (std::ranges::find(columns, entry.column) == columns.end()) columns.emplace_back(entry.column);
    for (const std::string& value : given->values) {
      concerns_[fmt::format("{}.{}={}", entry.table, entry.column, normal(entry.column, value))].push_back(id);
    }
  }
  if (!known) throw std::logic_error("nothing is said of what concerns " + endpoints_[endpoint].route);
}

void Questions::concerned(std::string_view table, std::string_view column, const std::string& value,
                          std::vector<QuestionId>& out) const {
  const auto found = concerns_.find(fmt::format("{}.{}={}", table, column, lower(value)));
  if (found != concerns_.end()) out.insert(out.end(), found->second.begin(), found->second.end());
}

void Questions::concerned(std::string_view table, std::vector<QuestionId>& out) const {
  const auto found = concerns_.find(std::string(table));
  if (found != concerns_.end()) out.insert(out.end(), found->second.begin(), found->second.end());
}

const std::vector<std::string>& Questions::columns(std::string_view table) const noexcept {
  static const std::vector<std::string> none;
  const auto found = columns_.find(std::string(table));
  return found == columns_.end() ? none : found->second;
}

}  // namespace freshet::history
