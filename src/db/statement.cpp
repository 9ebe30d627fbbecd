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

}  // namespace freshet::db
