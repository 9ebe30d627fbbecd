#include "sql/dependency_facts.hpp"

#include <algorithm>
#include <iterator>

namespace freshet::sql::dependence {

bool Fact::mentions(std::size_t first_source, std::size_t end_source) const noexcept {
  const auto within = [&](const Column& column) { return column.source >= first_source && column.source < end_source; };
  return within(a) || (b && within(*b));
}

std::optional<Constant> constant_of(const Facts& facts, std::size_t source, std::string_view column) {
  std::vector<Column> equal{Column{.source = source, .name = std::string(column)}};
  const auto known = [&](const Column& wanted) {
    return std::ranges::any_of(equal, [&](const Column& other) { return other.same(wanted); });
  };
  for (std::size_t before = 0; before != equal.size();) {
    before = equal.size();
    for (const Fact& fact : facts) {
      if (!fact.b) continue;
      if (known(fact.a) && !known(*fact.b)) equal.push_back(*fact.b);
      if (known(*fact.b) && !known(fact.a)) equal.push_back(fact.a);
    }
  }
  std::optional<Constant> best;
  for (const Fact& fact : facts) {
    if (fact.b || !known(fact.a)) continue;
    if (!best || (!best->when_given.empty() && fact.value.when_given.empty())) best = fact.value;
  }
  return best;
}

Facts without(const Facts& facts, std::size_t first, std::size_t end) {
  Facts rest;
  std::ranges::copy_if(facts, std::back_inserter(rest), [&](const Fact& fact) { return !fact.mentions(first, end); });
  return rest;
}

}  // namespace freshet::sql::dependence
