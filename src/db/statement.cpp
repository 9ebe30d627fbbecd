#include "db/statement.hpp"

namespace freshet::db {

void Binder::value(int position, const Value& value) {
  struct Visitor {
    Binder& binder;
    int position;
    void operator()(Null) const { binder.null(position); }
    void operator()(bool flag) const { binder.integer(position, flag ? 1 : 0); }
    void operator()(std::int64_t number) const { binder.integer(position, number); }
    void operator()(double number) const { binder.real(position, number); }
    void operator()(const std::string& text) const { binder.text(position, text); }
    void operator()(const Blob& blob) const { binder.blob(position, blob.bytes); }
  };
  std::visit(Visitor{*this, position}, value);
}

void Binder::row(Row row) {
  for (int position = 1; const Cell& cell : row) {
    switch (cell.type) {
      case Cell::Type::null:
        null(position);
        break;
      case Cell::Type::integer:
        integer(position, cell.integer);
        break;
      case Cell::Type::real:
        real(position, cell.real);
        break;
      case Cell::Type::text:
        text(position, cell.text);
        break;
      case Cell::Type::blob:
        blob(position, cell.text);
        break;
    }
    ++position;
  }
}

}  // namespace freshet::db
