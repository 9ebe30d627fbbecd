#include "feed/rows.hpp"

#include <memory>
#include <utility>

#include "sql/parameter.hpp"

namespace freshet::feed {
namespace {

Value owned(const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      return Null{};
    case Cell::Type::integer:
      return cell.integer;
    case Cell::Type::real:
      return cell.real;
    case Cell::Type::text:
      return std::string(cell.text);
    case Cell::Type::blob:
      return Blob{.bytes = std::string(cell.text)};
  }
  return Null{};
}

class Collect final : public db::RowSink {
 public:
  bool row(Row row) override {
    std::vector<Value>& out = rows_.emplace_back();
    for (const Cell& cell : row) out.push_back(owned(cell));
    return true;
  }
  [[nodiscard]] Rows take() { return std::move(rows_); }

 private:
  Rows rows_;
};

}  // namespace

Rows read_rows(db::Connection& connection, std::string_view sql, std::vector<Value> parameters) {
  Collect rows;
  db::Step step;
  step.statement = std::make_shared<const db::Statement>(connection.describe(sql));
  step.sink = &rows;
  step.bind = [&](db::Binder& binder) {
    int position = 0;
    for (const Value& value : parameters) binder.value(++position, value);
  };
  connection.run(step);
  return rows.take();
}

std::string text_of(const Value& value) {
  return std::holds_alternative<Null>(value) ? std::string() : sql::canonical_text(value);
}

bool is_true(const Value& value) {
  const auto* const number = std::get_if<std::int64_t>(&value);
  return number != nullptr && *number != 0;
}

}  // namespace freshet::feed
