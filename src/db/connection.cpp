#include "db/connection.hpp"

#include <memory>

#include <fmt/format.h>

namespace freshet::db {
namespace {

class FirstCell final : public RowSink {
 public:
  bool row(Row row) override {
    if (!row.empty()) text_ = to_text(row.front());
    return false;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  static std::string to_text(const Cell& cell) {
    switch (cell.type) {
      case Cell::Type::null:
        return {};
      case Cell::Type::integer:
        return std::to_string(cell.integer);
      case Cell::Type::real:
        return fmt::format("{}", cell.real);
      case Cell::Type::text:
      case Cell::Type::blob:
        return std::string(cell.text);
    }
    return {};
  }

  std::string text_;
};

}  // namespace

std::int64_t Connection::copy(const std::string& statement, std::string_view) {
  throw Error(ErrorKind::internal, "this database has no COPY").detailing(statement);
}

std::string Connection::scalar(std::string_view sql) {
  FirstCell first;
  Step step;
  step.statement = std::make_shared<const Statement>(describe(sql));
  step.sink = &first;
  run(step);
  return first.take();
}

}  // namespace freshet::db
