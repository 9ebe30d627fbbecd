#include "db/postgres/query.hpp"

#include <cstdlib>
#include <string_view>

#include "db/postgres/errors.hpp"

#include <libpq-fe.h>

namespace freshet::db::postgres {

ResultHandle query(pg_conn* handle, const std::string& sql, const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  pointers.reserve(values.size());
  for (const std::string& value : values) pointers.push_back(value.c_str());
  ResultHandle result(PQexecParams(handle, sql.c_str(), static_cast<int>(pointers.size()), nullptr, pointers.data(),
                                   nullptr, nullptr, 0));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return result;
  if (PQstatus(handle) == CONNECTION_BAD) throw lost_error(handle, sql);
  throw error_from(report_of(result.get()), sql, Interruption::none);
}

std::string text_at(const pg_result* result, int row, int column) {
  return {PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))};
}

int integer_at(const pg_result* result, int row, int column) { return std::atoi(PQgetvalue(result, row, column)); }

bool boolean_at(const pg_result* result, int row, int column) { return *PQgetvalue(result, row, column) == 't'; }

std::vector<std::string> texts_at(const pg_result* result, int row, int column) {
  std::vector<std::string> items;
  const std::string_view array(PQgetvalue(result, row, column),
                               static_cast<std::size_t>(PQgetlength(result, row, column)));
  for (std::size_t i = 1; i < array.size() && array[i] != '}';) {
    std::string item;
    if (array[i] == '"') {
      for (++i; i < array.size() && array[i] != '"'; ++i) {
        if (array[i] == '\\') ++i;
        item += array[i];
      }
      ++i;
    } else {
      while (array[i] != ',' && array[i] != '}') item += array[i++];
      if (item == "NULL") item.clear();
    }
    items.push_back(std::move(item));
    if (i < array.size() && array[i] == ',') ++i;
  }
  return items;
}

std::string array_of(const std::vector<std::string>& texts) {
  std::string array = "{";
  for (const std::string& text : texts) {
    if (array.size() > 1) array += ',';
    array += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + "}";
}

}  // namespace freshet::db::postgres
