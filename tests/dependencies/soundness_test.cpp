// The property that the cache stands on: if a write changes an answer, the pieces that the write is in meet those that
// the answer depends on. FRESHET_SOUNDNESS_PAIRS asks for more pairs, FRESHET_SOUNDNESS_SEED for others.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/json_writer.hpp"
#include "db/catalog.hpp"
#include "db/sqlite/catalog.hpp"
#include "db/sqlite/describe.hpp"
#include "feed/canonical.hpp"
#include "feed/pieces.hpp"
#include "sql/dependencies.hpp"

#include "random_statement.hpp"

namespace freshet {
namespace {

using feed::Piece;
using testing::Random;
using testing::RandomSchema;
using testing::RandomTable;

struct CloseStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, CloseStatement>;

using Cells = std::vector<Value>;

Value cell_value(sqlite3_stmt* statement, int column) {
  const auto bytes = [&](const void* data) {
    return std::string(static_cast<const char*>(data),
                       static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT:
      return bytes(sqlite3_column_text(statement, column));
    case SQLITE_BLOB:
      return Blob{bytes(sqlite3_column_blob(statement, column))};
    default:
      return Null{};
  }
}

Cell cell_of(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return {.type = Cell::Type::integer, .integer = *integer, .text = {}};
  if (const auto* real = std::get_if<double>(&value)) return {.type = Cell::Type::real, .real = *real, .text = {}};
  if (const auto* text = std::get_if<std::string>(&value)) return {.type = Cell::Type::text, .text = *text};
  if (const auto* blob = std::get_if<Blob>(&value)) return {.type = Cell::Type::blob, .text = blob->bytes};
  return {};
}

class MemoryDatabase {
 public:
  MemoryDatabase() { EXPECT_EQ(sqlite3_open(":memory:", &handle_), SQLITE_OK); }
  ~MemoryDatabase() { sqlite3_close_v2(handle_); }
  MemoryDatabase(const MemoryDatabase&) = delete;
  MemoryDatabase& operator=(const MemoryDatabase&) = delete;

  [[nodiscard]] sqlite3* handle() const { return handle_; }
  bool execute(const std::string& script) {
    return sqlite3_exec(handle_, script.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  [[nodiscard]] StatementHandle prepare(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr);
    return StatementHandle(statement);
  }
  [[nodiscard]] std::optional<Cells> row(const std::string& table, std::int64_t id) const {
    const StatementHandle statement = prepare(fmt::format("SELECT id, k, v FROM {} WHERE id = {}", table, id));
    if (sqlite3_step(statement.get()) != SQLITE_ROW) return std::nullopt;
    return Cells{cell_value(statement.get(), 0), cell_value(statement.get(), 1), cell_value(statement.get(), 2)};
  }

 private:
  sqlite3* handle_ = nullptr;
};

struct Arguments {
  Argument p, q, l;
  [[nodiscard]] const Argument* get(std::string_view name) const {
    return name == "p" ? &p : name == "q" ? &q : name == "l" ? &l : nullptr;
  }
};

Arguments random_arguments(Random& random) {
  Arguments arguments;
  arguments.p = {.scalar = testing::random_value(random), .items = {}, .is_list = false, .given = true};
  arguments.q = {.scalar = random.chance(30) ? Value(Null{}) : testing::random_value(random),
                 .items = {},
                 .is_list = false,
                 .given = true};
  arguments.l.is_list = arguments.l.given = true;
  for (std::size_t i = random(3); i > 0; --i) arguments.l.items.push_back(testing::random_value(random));
  return arguments;
}

std::string json_list(const std::vector<Value>& items) {
  Bytes out;
  JsonWriter json(out);
  json.begin_array();
  for (const Value& item : items) {
    if (const auto* text = std::get_if<std::string>(&item))
      json.string(*text);
    else if (const auto* integer = std::get_if<std::int64_t>(&item))
      json.integer(*integer);
    else if (const auto* real = std::get_if<double>(&item))
      json.real(*real);
    else if (const auto* flag = std::get_if<bool>(&item))
      json.boolean(*flag);
    else
      json.null();
  }
  json.end_array();
  return std::string(out.view());
}

void bind(sqlite3_stmt* statement, const char* name, const Value& value) {
  const int position = sqlite3_bind_parameter_index(statement, name);
  if (position == 0) return;
  if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_bind_text(statement, position, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, position, *integer);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    sqlite3_bind_int(statement, position, *flag ? 1 : 0);
  } else if (const auto* real = std::get_if<double>(&value)) {
    sqlite3_bind_double(statement, position, *real);
  }
}

/// The answer, rows in an order of their own: a query without ORDER BY has none.
std::vector<std::string> answer(sqlite3_stmt* statement) {
  std::vector<std::string> rows;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    std::string row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      feed::canonical(cell_of(cell_value(statement, i)), sql::Affinity::blob, sql::Collation::binary, row);
      std::string text;
      feed::canonical(cell_of(cell_value(statement, i)), sql::Affinity::blob, sql::Collation::binary, text);
      row += text + '|';
    }
    rows.push_back(std::move(row));
    if (rows.size() > 2'000) break;
  }
  sqlite3_reset(statement);
  std::ranges::sort(rows);
  return rows;
}

/// True if a row of `table` is in one of the pieces.
bool meets(const std::vector<Piece>& pieces, const sql::SchemaTable& table, const std::optional<Cells>& row) {
  if (!row) return false;
  return std::ranges::any_of(pieces, [&](const Piece& piece) {
    if (piece.shape.table != table.name) return false;
    for (std::size_t i = 0; i < piece.shape.columns.size(); ++i) {
      const sql::SchemaColumn* column = table.column(piece.shape.columns[i]);
      const auto index = static_cast<std::size_t>(column - table.columns.data());
      std::string text;
      feed::canonical(cell_of((*row)[index]), column->affinity, column->collation, text);
      if (text != piece.values[i]) return false;
    }
    return true;
  });
}

struct Figures {
  std::size_t pairs = 0, changed = 0, unchanged_met = 0, missed = 0, statements = 0, refused = 0, narrowed = 0,
              references = 0;
};

class Trial {
 public:
  Trial(Random& random, Figures& figures)
      : random_(random), figures_(figures), schema_(testing::random_schema(random)) {
    usable_ = database_.execute(schema_.script);
    if (usable_) known_ = db::schema_of(db::sqlite::read_catalog(database_.handle()));
  }
  void run() {
    if (!usable_) return;
    for (int i = 0; i < 12 && figures_.missed == 0; ++i) statement(testing::random_query(random_, schema_));
  }

 private:
  void statement(const std::string& query) {
    constexpr std::string_view in_list = "IN (:l)";
    std::string sql = query;
    for (std::size_t at = sql.find(in_list); at != std::string::npos; at = sql.find(in_list)) {
      sql.replace(at, in_list.size(), "IN (SELECT value FROM json_each(:l))");
    }
    sql::Reads reads;
    try {
      reads = db::sqlite::describe(database_.handle(), sql, nullptr).reads;
    } catch (const Error&) {
      ++figures_.refused;
      return;
    }
    ++figures_.statements;
    const sql::Dependencies dependencies = sql::analyse(query, known_, reads);
    EXPECT_TRUE(dependencies.cacheable) << query << "\n" << dependencies.reason;
    for (const auto& entry : dependencies.tables) {
      ++figures_.references;
      if (!entry.columns.empty()) ++figures_.narrowed;
    }
    const StatementHandle prepared = database_.prepare(sql);
    for (int i = 0; i < 4; ++i) writes(query, prepared.get(), dependencies);
  }

  void writes(const std::string& query, sqlite3_stmt* prepared, const sql::Dependencies& dependencies) {
    const Arguments arguments = random_arguments(random_);
    bind(prepared, ":p", arguments.p.scalar);
    bind(prepared, ":q", arguments.q.scalar);
    bind(prepared, ":l", json_list(arguments.l.items));
    std::vector<Piece> pieces;
    for (const auto& entry : dependencies.tables) {
      const auto shapes = feed::shapes_of(entry);
      for (const Piece& piece : feed::pieces_of(entry, [&](std::string_view name) { return arguments.get(name); })) {
        EXPECT_NE(std::ranges::find(shapes, piece.shape), shapes.end()) << query;
        pieces.push_back(piece);
      }
    }
    const std::vector<std::string> before = answer(prepared);
    for (int i = 0; i < 6; ++i) write(query, prepared, pieces, before);
    sqlite3_clear_bindings(prepared);
  }

  void write(const std::string& query, sqlite3_stmt* prepared, const std::vector<Piece>& pieces,
             const std::vector<std::string>& before) {
    const RandomTable& table = random_.of(schema_.tables);
    const auto id = static_cast<std::int64_t>(1 + random_(6));
    const std::string sql = testing::random_write(random_, table, id);
    database_.execute("SAVEPOINT s");
    const auto old_row = database_.row(table.name, id);
    if (database_.execute(sql)) {
      const sql::SchemaTable& known = *known_.table(table.name);
      const bool changed = answer(prepared) != before;
      const bool met = meets(pieces, known, old_row) || meets(pieces, known, database_.row(table.name, id));
      ++figures_.pairs;
      if (changed) ++figures_.changed;
      if (!changed && met) ++figures_.unchanged_met;
      if (changed && !met) {
        ++figures_.missed;
        ADD_FAILURE() << schema_.script << query << "\n" << sql << pieces_text(pieces);
      }
    }
    database_.execute("ROLLBACK TO s; RELEASE s");
  }

  static std::string pieces_text(const std::vector<Piece>& pieces) {
    std::string text = "\npieces:";
    for (const Piece& piece : pieces) text += " " + feed::piece_tag(piece.shape, piece.values).text;
    return text;
  }

  Random& random_;
  Figures& figures_;
  RandomSchema schema_;
  MemoryDatabase database_;
  sql::Schema known_;
  bool usable_ = false;
};

std::size_t number_from_environment(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<std::size_t>(std::strtoull(text, nullptr, 10));
}

TEST(Soundness, a_write_that_changes_an_answer_meets_a_piece_that_the_answer_depends_on) {
  const std::size_t wanted = number_from_environment("FRESHET_SOUNDNESS_PAIRS", 100'000);
  Random random(number_from_environment("FRESHET_SOUNDNESS_SEED", 20'250'101));
  Figures figures;
  while (figures.pairs < wanted && figures.missed == 0) Trial(random, figures).run();
  const auto share = [](std::size_t part, std::size_t whole) {
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  const std::size_t unchanged = figures.pairs - figures.changed;
  fmt::print(
      "{} pairs, {} statements ({} refused by the database): {:.1f}% changed the answer, {} missed; of the rest "
      "{:.1f}% were invalidated needlessly; {:.1f}% of the references are narrower than the table\n",
      figures.pairs, figures.statements, figures.refused, share(figures.changed, figures.pairs), figures.missed,
      share(figures.unchanged_met, unchanged), share(figures.narrowed, figures.references));
  EXPECT_EQ(figures.missed, 0U);
  // Else the property says little.
  EXPECT_GT(share(figures.changed, figures.pairs), 3);
  EXPECT_GT(share(figures.narrowed, figures.references), 25);
  EXPECT_LT(share(figures.unchanged_met, unchanged), 75);
}

}  // namespace
}  // namespace freshet
