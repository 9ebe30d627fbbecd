#include "db/constraint_errors.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

namespace freshet::db {
namespace {

Error with_fields_of(Error error, const std::vector<std::string>& columns, std::string_view code,
                     std::string_view message) {
  std::vector<FieldProblem> fields;
  fields.reserve(columns.size());
  for (const std::string& column : columns) {
    fields.push_back({.field = column, .in = "", .code = std::string(code), .message = std::string(message)});
  }
  return std::move(error).with_fields(std::move(fields));
}

}  // namespace

Error unique_error(const std::vector<std::string>& columns) {
  if (columns.empty()) return Error(ErrorKind::conflict, "something that has to be unique exists already");
  const bool several = columns.size() > 1;
  return with_fields_of(
      Error(ErrorKind::conflict,
            fmt::format("{} exists already", several ? fmt::format("this combination of {}", fmt::join(columns, ", "))
                                                     : fmt::format("this {}", columns.front()))),
      columns, "unique", several ? "this combination exists already" : "exists already");
}

Error foreign_key_error() {
  return Error(ErrorKind::conflict, "this refers to something that does not exist, or something still refers to it")
      .with_field({.field = "", .in = "", .code = "foreign_key", .message = "breaks a reference between tables"});
}

Error check_error(std::string_view name) {
  if (name.empty()) return Error(ErrorKind::unprocessable, "the values break a rule of the database");
  return Error(ErrorKind::unprocessable, fmt::format("the values break the rule `{}`", name))
      .with_field({.field = "", .in = "", .code = "check", .message = std::string(name)});
}

Error not_null_error(const std::vector<std::string>& columns) {
  return with_fields_of(
      Error(ErrorKind::unprocessable,
            columns.empty() ? "a value is missing" : fmt::format("{} must not be null", columns.front())),
      columns, "required", "must not be null");
}

Error datatype_error(std::string_view column, std::string_view type) {
  if (column.empty()) return Error(ErrorKind::unprocessable, "a value has the wrong type");
  return with_fields_of(Error(ErrorKind::unprocessable, fmt::format("{} has the wrong type", column)),
                        {std::string(column)}, "type", fmt::format("must be of type {}", type));
}

}  // namespace freshet::db
