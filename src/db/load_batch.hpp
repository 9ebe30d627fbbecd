#pragma once
// Lines on their way into a PostgreSQL table, many at a time. What the database refuses of a line makes that line bad
// and no other: a batch with such a line is taken back to its savepoint and sent again without it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "db/copy_rows.hpp"

namespace freshet::db {

class LoadBatch {
 public:
  /// With a key, rows go through a temporary table, and `conflict` ("ON CONFLICT …") decides what becomes of those that
  /// are there already. To be made before the transaction begins.
  LoadBatch(Connection& connection, std::string_view table, std::vector<std::string> columns, std::string conflict);

  /// A good line; throws unprocessable for what cannot be sent at all.
  void add(std::uint64_t line, std::string_view original, Row row);
  /// A line that was refused before; it keeps its place among the others.
  void add_bad(std::uint64_t line, std::string_view original, std::string column, std::string reason);
  /// True: send() before more is added.
  [[nodiscard]] bool full() const noexcept { return rows_.full() || lines_.size() >= lines_max; }
  [[nodiscard]] std::size_t size() const noexcept { return lines_.size(); }
  [[nodiscard]] std::uint64_t bad() const noexcept { return bad_; }

  struct Line {
    std::uint64_t number = 0;
    std::string original;
    bool bad = false;
    std::string column, reason;  // why it is bad
  };
  struct Sent {
    std::uint64_t loaded = 0;   // inserted or updated
    std::uint64_t skipped = 0;  // their key was there
  };
  /// Writes all good lines, within the open transaction, and tells `on_bad` of the others, in their order. Throws what
  /// is not the fault of a line.
  Sent send(const std::function<void(const Line&)>& on_bad);

 private:
  static constexpr std::size_t lines_max = 2'000;

  void send(std::size_t begin, std::size_t end, Sent& sent);
  [[nodiscard]] std::int64_t write(std::size_t begin, std::size_t end);
  void refuse(std::size_t row, const Error& error);

  Connection& connection_;
  std::string copy_, insert_;
  Step insert_step_;
  std::vector<Line> lines_;
  CopyRows rows_;
  std::vector<std::size_t> line_of_row_;
  std::uint64_t bad_ = 0;
};

}  // namespace freshet::db
