#pragma once
// Turns records of the change log into changes of tags: for each table that is watched, and each shape that somebody
// asked for.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/value.hpp"
#include "feed/sqlite/table_facts.hpp"
#include "feed/sqlite/watch_state.hpp"
#include "feed/tag_table.hpp"

namespace freshet::feed::sqlite {

/// Not thread-safe.
class WatchedTables {
 public:
  /// More records of a table than this in one reading: its tag and those of all its pieces change, and no more of them
  /// are looked at.
  static constexpr std::uint64_t records_max = 10'000;

  WatchedTables() = default;
  /// As the schema is now; `state` has no problem.
  WatchedTables(sqlite3* handle, const WatchState& state);

  [[nodiscard]] bool sees(const Shape& shape) noexcept;
  /// Tells changes of this shape from now on. One that is not seen any more, though it was once: any change of its
  /// table changes all its pieces. False: its table is not watched at all.
  bool tell_of(const Shape& shape);

  void begin_reading() noexcept;
  /// The values of a record are asked for where they matter: `cell(i)` is that of p(i+1).
  template <class CellAt>
  void tell(TagTable& tags, std::int64_t number, CellAt cell, Position at) {
    Table* const table = find(number < 0 ? -number : number);
    if (table == nullptr) return;  // it is not watched any more
    if (number < 0 || table->coarse || ++table->records > records_max) return tell_whole(tags, *table, at);
    for (const std::size_t i : table->needed) canonicalize(*table, i, cell(i));
    tell_pieces(tags, *table, at);
  }

  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }

 private:
  struct Kind {
    Shape shape;
    std::vector<std::size_t> columns;  // of the log
  };
  struct Column {
    std::string name;
    sql::Affinity affinity = sql::Affinity::blob;
    sql::Collation collation = sql::Collation::binary;
    std::string value;  // of the record at hand; its memory is used again
  };
  struct Table {
    std::string name;
    TagId tag = 0;
    std::vector<Column> columns;
    std::vector<Kind> kinds;
    std::vector<std::size_t> needed;  // columns that some kind has
    std::uint64_t records = 0;        // of the reading under way
    bool coarse = false;
  };

  [[nodiscard]] Table* find(std::int64_t number) noexcept;
  [[nodiscard]] Table* find(std::string_view name) noexcept;
  static void canonicalize(Table& table, std::size_t column, const Cell& cell);
  void tell_pieces(TagTable& tags, const Table& table, Position at);
  static void tell_whole(TagTable& tags, Table& table, Position at);

  std::map<std::int64_t, Table> tables_;  // by number
  std::vector<std::string_view> values_;
  std::size_t columns_ = 0;
};

}  // namespace freshet::feed::sqlite
