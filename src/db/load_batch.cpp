#include "db/load_batch.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "db/insert_statement.hpp"

namespace freshet::db {
namespace {

constexpr std::string_view staging = "freshet_load";

/// What the database refuses of a row; anything else ends the run.
bool is_about_a_row(const Error& error) {
  return error.kind() == ErrorKind::conflict || error.kind() == ErrorKind::unprocessable;
}

}  // namespace

LoadBatch::LoadBatch(Connection& connection, std::string_view table, std::vector<std::string> columns,
                     std::string conflict)
    : connection_(connection) {
  if (conflict.empty()) {
    copy_ = copy_statement(table, columns);
    return;
  }
  const std::string names = quoted_names(columns);
  connection_.execute(
      fmt::format("DROP TABLE IF EXISTS pg_temp.{0}; CREATE TEMPORARY TABLE {0} AS SELECT {1} FROM {2} "
                  "WITH NO DATA; ALTER TABLE {0} ADD COLUMN freshet_line bigint GENERATED ALWAYS AS "
                  "IDENTITY",
                  staging, names, quoted_name(table)));
  copy_ = copy_statement(staging, columns);
  // In the order of the lines: where two have the same key, the later one counts.
  insert_ = fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} ORDER BY freshet_line{}", quoted_name(table), names,
                        names, staging, conflict);
}

void LoadBatch::add(std::uint64_t line, std::string_view original, Row row) {
  rows_.add(row);
  line_of_row_.push_back(lines_.size());
  lines_.push_back({.number = line, .original = std::string(original), .bad = false, .column = {}, .reason = {}});
}

void LoadBatch::add_bad(std::uint64_t line, std::string_view original, std::string column, std::string reason) {
  ++bad_;
  lines_.push_back({.number = line,
                    .original = std::string(original),
                    .bad = true,
                    .column = std::move(column),
                    .reason = std::move(reason)});
}

LoadBatch::Sent LoadBatch::send(const std::function<void(const Line&)>& on_bad) {
  Sent sent;
  send(0, rows_.size(), sent);
  for (const Line& line : lines_) {
    if (line.bad) on_bad(line);
  }
  lines_.clear();
  rows_.clear();
  line_of_row_.clear();
  bad_ = 0;
  return sent;
}

void LoadBatch::send(std::size_t begin, std::size_t end, Sent& sent) {
  if (begin == end) return;
  connection_.execute("SAVEPOINT freshet_load");
  std::size_t culprit = end;  // not known
  try {
    const auto written = static_cast<std::uint64_t>(write(begin, end));
    connection_.execute("RELEASE SAVEPOINT freshet_load");
    sent.loaded += written;
    sent.skipped += end - begin - written;
    return;
  } catch (const Error& error) {
    if (!is_about_a_row(error)) throw;
    // COPY tells at which of its lines it failed.
    if (error.place() && error.place()->line > 0) culprit = begin + error.place()->line - 1;
    if (end - begin == 1) culprit = begin;
    if (culprit < end) refuse(culprit, error);
  }
  connection_.execute("ROLLBACK TO SAVEPOINT freshet_load; RELEASE SAVEPOINT freshet_load");
  const std::size_t middle = culprit < end ? culprit : begin + (end - begin) / 2;
  send(begin, middle, sent);
  send(culprit < end ? middle + 1 : middle, end, sent);
}

std::int64_t LoadBatch::write(std::size_t begin, std::size_t end) {
  if (insert_.empty()) return connection_.copy(copy_, rows_.lines(begin, end));
  connection_.execute(fmt::format("TRUNCATE {}", staging));
  static_cast<void>(connection_.copy(copy_, rows_.lines(begin, end)));
  if (insert_step_.statement == nullptr) insert_step_.statement = prepare_to_repeat(connection_, insert_);
  return connection_.run(insert_step_);
}

void LoadBatch::refuse(std::size_t row, const Error& error) {
  Line& line = lines_[line_of_row_[row]];
  line.bad = true;
  line.column = error.fields().empty() ? std::string() : error.fields().front().field;
  line.reason = error.message();
  ++bad_;
}

}  // namespace freshet::db
