#include "history/world.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace freshet::history {

std::string Op::text() const {
  if (endpoint.empty()) return fmt::format("{}", fmt::join(statements, "; "));
  std::string text = "POST " + endpoint;
  for (const Given& given : arguments) text += fmt::format(" {}={}", given.name, given.values.front());
  return text;
}

std::string first_rows(const WorldSize& size) {
  return fmt::format(
      R"(
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {accounts} - 1)
INSERT INTO accounts SELECT i + 1, i % {branches}, 1000 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {categories} - 1)
INSERT INTO categories SELECT printf('cat%02d', i), 'title-' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {items} * 3 / 4 - 1)
INSERT INTO items SELECT i + 1, printf('cat%02d', i % {categories}), i % {shelves}, i / {shelves},
                         printf('key%03d', i), (i * 37) % 100 FROM n;
INSERT INTO parts SELECT id, id, CASE id % 3 WHEN 0 THEN 'bolt' WHEN 1 THEN 'nut' ELSE 'pin' END, id % 7 FROM items
WHERE id % 4 <> 0;
)",
      fmt::arg("accounts", size.accounts), fmt::arg("branches", size.branches), fmt::arg("categories", size.categories),
      fmt::arg("items", size.items_max), fmt::arg("shelves", size.shelves));
}

// Text in a column of integers becomes one.
std::string Scribe::number(int value) { return chance(25) ? fmt::format("'{}'", value) : std::to_string(value); }

std::string Scribe::item_values() {
  const int slots = size_.items_max / size_.shelves + 1;
  return fmt::format("({}, '{}', {}, {}, '{}', {})", item(), category(), number(below(size_.shelves)),
                     number(below(slots)), code(), below(100));
}

void Scribe::add_item_write(std::vector<std::string>& statements) {
  constexpr std::string_view into = "INTO items (id, category, shelf, slot, code, amount) VALUES ";
  const auto say = [&](std::string text) { statements.push_back(std::move(text)); };
  switch (below(14)) {
    case 0:
      return say(fmt::format("INSERT OR IGNORE {}{}", into, item_values()));
    case 1:
      return say(fmt::format("INSERT {}{}", into, item_values()));  // fails where a key is taken
    case 2:
    case 3:
      return say(fmt::format("REPLACE {}{}", into, item_values()));
    case 4:
      return say(fmt::format("UPDATE items SET amount = {} WHERE id = {}", below(100), item()));
    case 5:
      return say(fmt::format("UPDATE items SET category = '{}' WHERE id = {}", category(), item()));
    case 6:
      return say(fmt::format("DELETE FROM items WHERE id = {}", item()));
    case 7:
      return say(fmt::format("UPDATE OR REPLACE items SET code = '{}' WHERE id = {}", code(), item()));
    case 8:
      return say(
          fmt::format("UPDATE OR REPLACE items SET shelf = {} WHERE id = {}", number(below(size_.shelves)), item()));
    case 9:
      return say(fmt::format("UPDATE OR REPLACE items SET id = {} WHERE id = {}", item(), item()));
    case 10:
      return say(
          fmt::format("INSERT {}{} ON CONFLICT (code) DO UPDATE SET category = excluded.category, "
                      "amount = excluded.amount ON CONFLICT DO NOTHING",
                      into, item_values()));
    case 11:
      return say(fmt::format("UPDATE items SET amount = (amount + 7) % 100 WHERE category = '{}'", category()));
    case 12:
      return say(fmt::format("UPDATE items SET category = upper(category) WHERE id = {}", item()));
    default:
      return say(fmt::format("DELETE FROM items WHERE code = '{}' OR (shelf = {} AND slot = {})", code(),
                             below(size_.shelves), below(20)));
  }
}

void Scribe::add_part_write(std::vector<std::string>& statements) {
  const int part = 1 + below(size_.items_max);
  const auto say = [&](std::string text) { statements.push_back(std::move(text)); };
  switch (below(5)) {
    case 0:
      return say(fmt::format("INSERT OR IGNORE INTO parts SELECT {}, id, 'bolt', {} FROM items WHERE id = {}", part,
                             below(9), item()));
    case 1:
      return say(fmt::format("UPDATE parts SET quantity = {} WHERE id = {}", below(9), part));
    case 2:
      return say(
          fmt::format("UPDATE parts SET item_id = (SELECT min(id) FROM items WHERE id >= {}) "
                      "WHERE id = {} AND EXISTS (SELECT 1 FROM items WHERE id >= {})",
                      part, below(size_.items_max), part));
    case 3:
      return say(
          fmt::format("REPLACE INTO parts SELECT {}, id, 'nut', {} FROM items WHERE id = {}", part, below(9), item()));
    default:
      return say(fmt::format("DELETE FROM parts WHERE id = {}", part));
  }
}

void Scribe::add_category_write(std::vector<std::string>& statements) {
  const std::string name = category();
  const auto say = [&](std::string text) { statements.push_back(std::move(text)); };
  switch (below(4)) {
    case 0:
      return say(fmt::format("UPDATE categories SET title = 'title-{}' WHERE name = '{}'", below(1000), name));
    case 1:
      return say(fmt::format("REPLACE INTO categories VALUES ('{}', 'title-{}')", name, below(1000)));
    case 2:
      return say(fmt::format("DELETE FROM categories WHERE name = '{}'", name));
    default:
      return say(
          fmt::format("INSERT INTO categories VALUES ('{}', 'new-{}') "
                      "ON CONFLICT (name) DO UPDATE SET title = excluded.title",
                      name, below(1000)));
  }
}

void Scribe::add_transfer(std::vector<std::string>& statements) {
  const int amount = below(50);
  statements.push_back(fmt::format("UPDATE accounts SET balance = balance - {} WHERE id = {}", amount, giver()));
  statements.push_back(
      fmt::format("UPDATE accounts SET balance = balance + {} WHERE id = {}", amount, 1 + below(size_.accounts)));
}

// More records than the feed takes one by one, and then something that an answer shows.
void Scribe::add_bulk(std::vector<std::string>& statements) {
  statements.emplace_back(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) INSERT INTO parts (id, item_id, "
      "kind, quantity) SELECT 100000 + i, (SELECT min(id) FROM items), 'pin', 1 FROM n WHERE EXISTS (SELECT 1 FROM "
      "items)");
  statements.emplace_back("DELETE FROM parts WHERE id > 100000");
  statements.emplace_back("UPDATE parts SET quantity = (quantity + 1) % 9");
}

void Scribe::add_savepoint(std::vector<std::string>& statements) {
  statements.emplace_back("SAVEPOINT half");
  add(statements);
  statements.emplace_back("ROLLBACK TO half");
  statements.emplace_back("RELEASE half");
  add(statements);
}

void Scribe::add(std::vector<std::string>& statements) {
  const int kind = below(100);
  if (kind < 60) {
    add_item_write(statements);
  } else if (kind < 75) {
    add_part_write(statements);
  } else if (kind < 83) {
    add_category_write(statements);
  } else if (kind < 93) {
    add_transfer(statements);
  } else {
    add_savepoint(statements);
  }
}

Op Scribe::script(OpId id) {
  Op op;
  op.id = id;
  const int count = chance(15) ? 2 + below(8) : 1;
  for (int i = 0; i < count; ++i) add(op.statements);
  if (below(size_.bulk_every) == 0) add_bulk(op.statements);
  op.statements.push_back(fmt::format("INSERT INTO audit (op) VALUES ({})", id));
  op.foreign_keys = chance(70);
  op.recursive_triggers = chance(20);
  op.rolls_back = chance(5);
  return op;
}

Op Scribe::call(OpId id) {
  Op op;
  op.id = id;
  const auto give = [&](std::string name, std::string value) {
    op.arguments.push_back({.name = std::move(name), .values = {std::move(value)}});
  };
  give("op", std::to_string(id));
  const int kind = below(4);
  op.endpoint = kind == 0 ? "/move" : kind == 1 ? "/put" : kind == 2 ? "/transfer" : "/remove";
  if (kind == 2) {
    give("giver", std::to_string(giver()));
    give("taker", std::to_string(1 + below(size_.accounts)));
    give("amount", std::to_string(below(50)));
    return op;
  }
  give("id", std::to_string(item()));
  if (kind < 2) give("category", category());
  if (kind == 1) {
    give("shelf", std::to_string(below(size_.shelves)));
    give("slot", std::to_string(below(20)));
    give("code", code());
    give("amount", std::to_string(below(100)));
  }
  return op;
}

}  // namespace freshet::history
