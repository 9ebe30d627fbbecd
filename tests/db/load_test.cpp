#include "db/load.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "db/sqlite/connection.hpp"

namespace freshet::db {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

sqlite::ConnectionOptions in_memory() {
  sqlite::ConnectionOptions options;
  options.path = ":memory:";
  return options;
}

class Load : public ::testing::Test {
 protected:
  Load() : folder(fs::temp_directory_path() / ("freshet_load_" + std::to_string(::getpid()))), target(in_memory()) {
    fs::create_directories(folder);
    target.execute(
        "CREATE TABLE sale (id INTEGER PRIMARY KEY, invoice_no TEXT NOT NULL, quantity INTEGER NOT NULL CHECK "
        "(quantity <> 0),"
        "  price DECIMAL(8,2), sold_on DATE, note TEXT, paid BOOLEAN, doubled INTEGER GENERATED ALWAYS AS (2 * "
        "quantity));"
        "CREATE UNIQUE INDEX sale_invoice_no ON sale (invoice_no)");
  }
  ~Load() override { fs::remove_all(folder); }

  fs::path write(std::string_view text) {
    const fs::path path = folder / "data.csv";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    return path;
  }
  LoadOptions options(std::string_view text) {
    LoadOptions result;
    result.table = "sale";
    result.file = write(text);
    result.bad_file = folder / "bad.csv";
    return result;
  }
  LoadSummary run(const LoadOptions& with) { return load(target, with, {}); }

  Error failure(const LoadOptions& with) {
    try {
      run(with);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "was loaded";
    return Error(ErrorKind::internal, "none");
  }

  std::string bad_lines() {
    std::ifstream file(folder / "bad.csv", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string value(std::string_view sql) { return target.scalar(sql); }
  /// All rows: columns by '|', rows by ';'.
  std::string rows(const std::string& columns = "invoice_no, quantity, price, sold_on, note, paid") {
    std::string list;
    for (std::size_t at = 0; at < columns.size();) {
      const std::size_t end = std::min(columns.find(", ", at), columns.size());
      list += (list.empty() ? "quote(" : " || '|' || quote(") + columns.substr(at, end - at) + ")";
      at = end + 2;
    }
    return value("SELECT group_concat(" + list + ", ';') FROM (SELECT * FROM sale ORDER BY id)");
  }

  fs::path folder;
  sqlite::SqliteConnection target;
};

TEST_F(Load, headers_find_their_columns_whatever_their_style) {
  const LoadSummary summary =
      run(options("Invoice No,QUANTITY,Price,SoldOn,note,Paid\n"
                  "A1,3,2.50,2024-02-29,hello,yes\n"
                  "A2,-1,,,,\n"));
  EXPECT_EQ(rows(), "'A1'|3|2.5|'2024-02-29'|'hello'|1;'A2'|-1|NULL|NULL|''|NULL");
  EXPECT_EQ(summary.lines, 2U);
  EXPECT_EQ(summary.loaded, 2U);
  EXPECT_EQ(summary.bad, 0U);
  EXPECT_TRUE(summary.committed);
  EXPECT_THAT(summary.ignored_headers, IsEmpty());
  EXPECT_FALSE(fs::exists(folder / "bad.csv"));
}

TEST_F(Load, unused_columns_of_the_file_are_named) {
  EXPECT_THAT(run(options("invoice_no,quantity,colour,\nA1,1,red,x\n")).ignored_headers,
              ElementsAre("colour", "column_4"));
}

TEST_F(Load, delimiter_is_found_or_given) {
  run(options("invoice_no;quantity;note\nA1;1;a,b\n"));
  LoadOptions given = options("invoice_no|quantity|note\nA2|1|a,b;c\n");
  given.delimiter = '|';
  run(given);
  EXPECT_EQ(rows("invoice_no, note"), "'A1'|'a,b';'A2'|'a,b;c'");
}

TEST_F(Load, expressions_see_headers_and_the_line_number) {
  LoadOptions with = options("Invoice,Unit Price,Qty\n\"A\n1\",1.5,2\nB,2.25,3\n");
  with.maps = {{"invoice_no", "replace(Invoice, char(10), '')"},
               {"quantity", "Qty"},
               {"price", "\"Unit Price\" * Qty"},
               {"note", "'line ' || line_number"},
               {"paid", "CAST(Qty AS INTEGER) > 2"}};
  run(with);
  EXPECT_EQ(rows("invoice_no, quantity, price, note, paid"), "'A1'|2|3|'line 2'|0;'B'|3|6.75|'line 4'|1");
}

TEST_F(Load, expressions_may_read_the_database) {
  target.execute("CREATE TABLE code (name TEXT, number INTEGER); INSERT INTO code VALUES ('few', 2), ('many', 9)");
  LoadOptions with = options("invoice_no,amount\nA,many\n");
  with.maps = {{"quantity", "(SELECT number FROM code WHERE name = amount)"}};
  run(with);
  EXPECT_EQ(rows("quantity"), "9");
}

TEST_F(Load, wrong_expression_is_named_with_its_position_before_anything_is_read) {
  LoadOptions with = options("invoice_no,quantity,Amount\nA,1,2\n");
  with.maps = {{"price", "round(Amout, 2)"}};
  const Error error = failure(with);
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.message(), HasSubstr("--map price: no such column: Amout"));
  EXPECT_THAT(error.hint(), HasSubstr("`Amount`"));
  ASSERT_TRUE(error.place());
  EXPECT_EQ(error.place()->column, 7U);
  EXPECT_EQ(error.source_line(), "round(Amout, 2)");
  for (const char* const expression : {"1, 2", "1) FROM (SELECT 1", "\"Amout\"", "sum(Amount", "1; DELETE FROM sale"}) {
    with.maps = {{"price", expression}};
    EXPECT_EQ(failure(with).kind(), ErrorKind::usage) << expression;
  }
}

struct Misfit {
  std::string header;
  std::vector<ColumnMap> maps;
  std::vector<std::string> key;
  std::string message, hint;
};

TEST_F(Load, what_does_not_fit_the_table_is_a_usage_error_with_a_way_out) {
  for (const Misfit& misfit : std::vector<Misfit>{
           {"a,b", {}, {}, "no column of sale is in the file's header: a, b", "invoice_no"},
           {"invoice_no,quantty", {}, {}, "nothing fills the column `quantity`", "--map 'quantity=quantty'"},
           {"invoice_no,quantity", {{"nots", "1"}}, {}, "no column `nots`", "`note`"},
           {"invoice_no,quantity", {{"doubled", "1"}}, {}, "computed by the database", ""},
           {"invoice_no,quantity", {{"note", "1"}, {"NOTE", "2"}}, {}, "twice", ""},
           {"invoice_no,quantity,Invoice No", {}, {}, "both look like the column `invoice_no`", "--map 'invoice_no="},
           {"invoice_no,quantity",
            {},
            {"quantity"},
            "nothing makes quantity unique",
            "CREATE UNIQUE INDEX sale_quantity_key ON sale (quantity);"},
           {"invoice_no,quantity", {}, {"id"}, "nothing in the file fills the column `id`", ""},
           {"invoice_no,quantity", {}, {"invoice"}, "--key: the table sale has no column `invoice`", ""},
       }) {
    LoadOptions with = options(misfit.header + "\n");
    with.maps = misfit.maps;
    with.key = misfit.key;
    const Error error = failure(with);
    EXPECT_EQ(error.kind(), ErrorKind::usage) << misfit.message;
    EXPECT_THAT(error.message(), HasSubstr(misfit.message));
    EXPECT_THAT(error.hint(), HasSubstr(misfit.hint)) << misfit.message;
  }
  LoadOptions with = options("a\n");
  with.table = "sales";
  EXPECT_THAT(failure(with).hint(), HasSubstr("`sale`"));
}

TEST_F(Load, every_kind_of_bad_line_is_set_aside_with_its_reason) {
  target.execute("INSERT INTO sale (invoice_no, quantity) VALUES ('there', 1)");
  LoadOptions with = options(
      "invoice_no,quantity,price,sold_on,paid\n"  // line 1
      "g1,1,1.50,2024-01-31,true\n"               // good
      "b1,abc,,,\n"                               // not an integer
      "b2,1.5,,,\n"                               // not whole
      "b3,,,,\n"                                  // NOT NULL
      "b4,1,1.505,,\n"                            // scale
      "b5,1,9999999.99,,\n"                       // precision
      "b6,1,,2023-02-29,\n"                       // no such day
      "b7,1,,,maybe\n"                            // not a boolean
      "b8,0,,,\n"                                 // CHECK
      "there,1,,,\n"                              // UNIQUE
      "b9,1\n"                                    // too few fields
      "b10,1,,,,\n"                               // too many
      "\"b11\"x,1,,,\n"                           // broken quote
      "b\xFFz,1,,,\n"                             // not UTF-8
      "g2,2,,,\n"                                 // good
      "\"open,1,,,\n");                           // never closed
  with.partial = true;
  const LoadSummary summary = run(with);
  EXPECT_EQ(summary.lines, 16U);
  EXPECT_EQ(summary.loaded, 2U);
  EXPECT_EQ(summary.bad, 14U);
  EXPECT_EQ(rows("invoice_no"), "'there';'g1';'g2'");
  const std::string bad = bad_lines();
  for (const char* const line : {
           "line,column,reason,original\n",
           "\n3,quantity,`abc` is not a whole number,\"b1,abc,,,\"\n",
           "\n4,quantity,`1.5` is not a whole number,",
           "\n5,quantity,\"is empty, but needs a value\",",
           "\n6,price,`1.505` has more than 2 digits behind the point,",
           "\n7,price,\"`9999999.99` has more digits than DECIMAL(8,2) takes\",",
           "\n8,sold_on,`2023-02-29` is not a date like 2025-01-31,",
           "\n9,paid,`maybe` is neither true nor false,",
           "\n10,,",
           "\n11,invoice_no,this invoice_no exists already,",
           "\n12,,\"2 fields, but the header has 5\",",
           "\n13,,\"6 fields, but the header has 5\",",
           "\n14,,text follows a closing quote",
           "\n15,invoice_no,is not UTF-8",
           "\n17,,a quote is not closed,\"\"\"open,1,,,\"",
       }) {
    EXPECT_THAT(bad, HasSubstr(line));
  }
}

TEST_F(Load, one_bad_line_leaves_nothing_behind) {
  const LoadSummary summary = run(options("invoice_no,quantity\nA,1\nB,x\nC,3\n"));
  EXPECT_EQ(summary.bad, 1U);
  EXPECT_EQ(summary.loaded, 2U);
  EXPECT_FALSE(summary.committed);
  EXPECT_EQ(value("SELECT count(*) FROM sale"), "0");
  EXPECT_THAT(bad_lines(), HasSubstr("3,quantity"));
}

TEST_F(Load, failing_expression_makes_the_line_bad) {
  LoadOptions with = options("invoice_no,quantity,p\nA,1,2.50\nB,1,x\n");
  with.maps = {{"price", "to_minor(p, 2)"}};
  with.partial = true;
  EXPECT_EQ(run(with).bad, 1U);
  EXPECT_THAT(bad_lines(), HasSubstr("3,,--map: `x` is not a decimal number"));
}

TEST_F(Load, trigger_that_aborts_makes_the_line_bad_and_one_that_rolls_back_ends_the_run) {
  target.execute(
      "CREATE TRIGGER no_thirteen BEFORE INSERT ON sale WHEN new.quantity = 13 BEGIN SELECT RAISE(ABORT, 'unlucky'); "
      "END;"
      "CREATE TRIGGER no_wipe BEFORE INSERT ON sale WHEN new.quantity = 666 BEGIN SELECT RAISE(ROLLBACK, 'gone'); END");
  LoadOptions with = options("invoice_no,quantity\nA,1\nB,13\nC,3\n");
  with.partial = true;
  EXPECT_EQ(run(with).bad, 1U);
  EXPECT_THAT(bad_lines(), HasSubstr("3,,unlucky,"));
  const Error error = failure(options("invoice_no,quantity\nD,1\nE,666\nF,3\n"));
  EXPECT_THAT(error.message(), HasSubstr("line 3 made the database roll everything back"));
  EXPECT_EQ(value("SELECT count(*) FROM sale"), "2");
}

TEST_F(Load, key_skips_rows_that_are_there_or_updates_them) {
  const std::string text = "invoice_no,quantity,note\nA,1,first\nB,2,second\n";
  LoadOptions with = options(text);
  with.key = {"invoice_no"};
  EXPECT_EQ(run(with).loaded, 2U);
  with = options("invoice_no,quantity,note\nA,7,changed\nC,3,third\n");
  with.key = {"invoice_no"};
  const LoadSummary skipping = run(with);
  EXPECT_EQ(skipping.loaded, 1U);
  EXPECT_EQ(skipping.skipped, 1U);
  EXPECT_EQ(rows("invoice_no, quantity, note"), "'A'|1|'first';'B'|2|'second';'C'|3|'third'");
  with.on_conflict = OnConflict::update;
  EXPECT_EQ(run(with).loaded, 2U);
  EXPECT_EQ(rows("invoice_no, quantity, note"), "'A'|7|'changed';'B'|2|'second';'C'|3|'third'");
}

TEST_F(Load, key_of_the_primary_key_or_of_several_columns) {
  target.execute("CREATE TABLE price (shop TEXT, day DATE, cents INTEGER, PRIMARY KEY (day, shop))");
  LoadOptions with = options("shop,day,cents\nx,2024-01-01,5\nx,2024-01-01,6\n,2024-01-01,7\n");
  with.table = "price";
  with.key = {"shop", "day"};
  EXPECT_EQ(run(with).skipped, 1U);
  EXPECT_EQ(value("SELECT group_concat(cents) FROM price"), "5,7");
}

TEST_F(Load, null_in_the_key_is_refused_because_it_would_load_twice) {
  target.execute("CREATE TABLE t (k INTEGER UNIQUE, x TEXT)");
  LoadOptions with = options("k,x\n1,a\n,b\n");
  with.table = "t";
  with.key = {"k"};
  with.partial = true;
  EXPECT_EQ(run(with).bad, 1U);
  EXPECT_THAT(bad_lines(), HasSubstr("3,k,\"is NULL, but is part of the key\""));
}

TEST_F(Load, null_text_is_null_everywhere) {
  LoadOptions with = options("invoice_no,quantity,price,note\nA,1,N/A,N/A\nB,1,,\n");
  with.null_text = "N/A";
  run(with);
  EXPECT_EQ(rows("price, note"), "NULL|NULL;NULL|''");
  with = options("invoice_no,quantity,note\nC,1,\n");
  with.null_text = "";
  run(with);
  EXPECT_EQ(value("SELECT note IS NULL FROM sale WHERE invoice_no = 'C'"), "1");
}

TEST_F(Load, old_encodings_become_utf8) {
  LoadOptions with = options("invoice_no,quantity,note\nA,1,caf\xE9 5\x80\n");
  with.encoding = TextEncoding::windows_1252;
  run(with);
  EXPECT_EQ(value("SELECT note FROM sale"), "caf\xC3\xA9 5\xE2\x82\xAC");
  EXPECT_THAT(failure(options("invoice_no,quantit\xE9\n")).hint(), HasSubstr("--encoding"));
}

TEST_F(Load, dry_run_checks_everything_and_writes_nothing) {
  LoadOptions with = options("invoice_no,quantity\nA,1\nA,2\nB,0\n");
  with.dry_run = true;
  with.partial = true;
  with.batch = 1;
  const LoadSummary summary = run(with);
  EXPECT_EQ(summary.loaded, 1U);
  EXPECT_EQ(summary.bad, 2U);
  EXPECT_FALSE(summary.committed);
  EXPECT_EQ(value("SELECT count(*) FROM sale"), "0");
}

TEST_F(Load, gives_up_at_the_limit_of_bad_lines) {
  std::string text = "invoice_no,quantity\n";
  for (int i = 0; i < 100; ++i) text += "A" + std::to_string(i) + ",x\n";
  LoadOptions with = options(text);
  with.bad_max = 10;
  const LoadSummary summary = run(with);
  EXPECT_TRUE(summary.gave_up);
  EXPECT_EQ(summary.bad, 10U);
  with.bad_max = 0;
  EXPECT_EQ(run(with).bad, 100U);
}

TEST_F(Load, empty_and_headless_files) {
  EXPECT_THAT(failure(options("")).message(), HasSubstr("is empty"));
  EXPECT_EQ(run(options("invoice_no,quantity\n")).lines, 0U);
  LoadOptions missing = options("");
  missing.file = folder / "nowhere.csv";
  EXPECT_EQ(failure(missing).kind(), ErrorKind::usage);
}

TEST_F(Load, truncated_archive_loads_nothing) {
  std::string text = "invoice_no,quantity\n";
  for (int i = 0; i < 50'000; ++i)
    text += "A" + std::to_string(i * 7919 % 100'003) + "," + std::to_string(i + 1) + "\n";
  const fs::path whole = write(text);
  ASSERT_EQ(std::system(("gzip -kf " + whole.string()).c_str()), 0);
  const fs::path packed = whole.string() + ".gz";
  fs::resize_file(packed, fs::file_size(packed) / 2);
  LoadOptions with = options(text);
  with.file = packed;
  const Error error = failure(with);
  EXPECT_EQ(error.kind(), ErrorKind::unprocessable);
  EXPECT_THAT(error.message(), HasSubstr("damaged or incomplete"));
  EXPECT_EQ(value("SELECT count(*) FROM sale"), "0");
}

TEST_F(Load, side_file_that_cannot_be_written_is_found_before_the_work) {
  LoadOptions with = options("invoice_no,quantity\nA,1\n");
  with.bad_file = folder / "no" / "such" / "folder.csv";
  EXPECT_EQ(failure(with).kind(), ErrorKind::usage);
  with.bad_file = with.file;
  EXPECT_THAT(failure(with).message(), HasSubstr("into the file that is loaded"));
  EXPECT_EQ(value("SELECT count(*) FROM sale"), "0");
}

TEST_F(Load, progress_reaches_the_end_of_the_file) {
  std::string text = "invoice_no,quantity\n";
  for (int i = 0; i < 1'000; ++i) text += "A" + std::to_string(i) + ",1\n";
  const LoadOptions with = options(text);
  LoadProgress last;
  load(target, with, [&](const LoadProgress& progress) {
    EXPECT_GE(progress.lines, last.lines);
    EXPECT_GE(progress.bytes, last.bytes);
    last = progress;
  });
  EXPECT_EQ(last.lines, 1'000U);
  EXPECT_EQ(last.bytes, text.size());
  EXPECT_EQ(last.bytes_total, text.size());
}

}  // namespace
}  // namespace freshet::db
