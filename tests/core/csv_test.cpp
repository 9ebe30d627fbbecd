#include "core/csv.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"

namespace freshet {
namespace {

using ::testing::ElementsAre;

struct Read {
  std::uint64_t line;
  std::vector<std::string> fields;
  std::string raw;
  CsvFault fault;
  friend bool operator==(const Read&, const Read&) = default;
};

/// Reads `text`, handed over in pieces of `step` bytes.
std::vector<Read> read(std::string_view text, CsvFormat format = {}, std::size_t step = 1 << 20) {
  CsvParser parser(format);
  std::vector<Read> all;
  const auto drain = [&] {
    while (const CsvRecord* record = parser.next()) {
      all.push_back(
          {record->line, {record->fields.begin(), record->fields.end()}, std::string(record->raw), record->fault});
    }
  };
  for (std::size_t at = 0; at < text.size(); at += step) {
    parser.push(text.substr(at, step));
    drain();
  }
  parser.finish();
  drain();
  return all;
}

std::vector<std::vector<std::string>> fields(std::string_view text, CsvFormat format = {}) {
  std::vector<std::vector<std::string>> all;
  for (Read& record : read(text, format)) all.push_back(std::move(record.fields));
  return all;
}

std::vector<std::uint64_t> lines(std::string_view text) {
  std::vector<std::uint64_t> all;
  for (const Read& record : read(text)) all.push_back(record.line);
  return all;
}

TEST(Csv, splits_records_and_fields) {
  EXPECT_THAT(fields("a,b\n1,2\n"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
}

TEST(Csv, last_record_needs_no_line_break) {
  EXPECT_THAT(fields("a,b\n1,2"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
  EXPECT_THAT(fields("a,"), ElementsAre(ElementsAre("a", "")));
  EXPECT_THAT(fields("\"a\""), ElementsAre(ElementsAre("a")));
  EXPECT_THAT(fields("a,\"\""), ElementsAre(ElementsAre("a", "")));
}

TEST(Csv, crlf_and_lone_cr_end_records) {
  EXPECT_THAT(fields("a\r\nb\r\n"), ElementsAre(ElementsAre("a"), ElementsAre("b")));
  EXPECT_THAT(fields("a\rb\rc"), ElementsAre(ElementsAre("a"), ElementsAre("b"), ElementsAre("c")));
  EXPECT_THAT(lines("a\rb\r\nc\nd"), ElementsAre(1, 2, 3, 4));
}

TEST(Csv, quotes_hold_delimiters_line_breaks_and_doubled_quotes) {
  EXPECT_THAT(fields("\"a,b\",\"x\ny\",\"he said \"\"no\"\"\",\"\"\"\",\"\"\n"),
              ElementsAre(ElementsAre("a,b", "x\ny", "he said \"no\"", "\"", "")));
}

TEST(Csv, quote_within_an_unquoted_field_is_a_character) {
  EXPECT_THAT(fields("5\" nail,a \"b\" c\n"), ElementsAre(ElementsAre("5\" nail", "a \"b\" c")));
}

TEST(Csv, empty_fields_are_kept_and_empty_lines_skipped) {
  EXPECT_THAT(fields(",,\n\n\r\n\"\"\n"), ElementsAre(ElementsAre("", "", ""), ElementsAre("")));
  EXPECT_THAT(lines("a\n\n\r\nb\n"), ElementsAre(1, 4));
}

TEST(Csv, nothing_gives_no_record) {
  EXPECT_TRUE(read("").empty());
  EXPECT_TRUE(read("\xEF\xBB\xBF").empty());
  EXPECT_TRUE(read("\n\n").empty());
}

TEST(Csv, line_numbers_count_breaks_within_quotes) {
  EXPECT_THAT(lines("h\n\"a\nb\r\nc\rd\"\nx\ny\n"), ElementsAre(1, 2, 6, 7));
}

TEST(Csv, raw_is_the_text_as_it_stands) {
  const auto all = read("\"a\"\"b\", c \r\nx\n");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].raw, "\"a\"\"b\", c ");
  EXPECT_EQ(all[1].raw, "x");
}

TEST(Csv, byte_order_mark_is_skipped) {
  EXPECT_THAT(fields("\xEF\xBB\xBF"
                     "a,b\n"),
              ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(fields("\xEF\xBB\xBF"
                     "\"a\",b\n"),
              ElementsAre(ElementsAre("a", "b")));
}

TEST(Csv, utf16_is_refused_with_a_way_out) {
  for (const std::string_view text : {std::string_view("\xFF\xFE"
                                                       "a\0",
                                                       4),
                                      std::string_view("\xFE\xFF\0a", 4)}) {
    try {
      (void)read(text);
      FAIL() << "was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::unsupported_media);
      EXPECT_THAT(error.hint(), ::testing::HasSubstr("iconv"));
    }
  }
}

TEST(Csv, other_delimiters) {
  EXPECT_THAT(fields("a;b,c\n", {.delimiter = ';'}), ElementsAre(ElementsAre("a", "b,c")));
  EXPECT_THAT(fields("a\t\"b\tc\"\n", {.delimiter = '\t'}), ElementsAre(ElementsAre("a", "b\tc")));
}

TEST(Csv, text_after_a_closing_quote_spoils_its_line_only) {
  const auto all = read("a,b\n1,\"x\"y\n2,z\n");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1], (Read{2, {}, "1,\"x\"y", CsvFault::text_after_quote}));
  EXPECT_EQ(all[2], (Read{3, {"2", "z"}, "2,z", CsvFault::none}));
}

TEST(Csv, missing_closing_quote_spoils_the_line_where_it_began) {
  // The open quote swallows line 3 up to its first quote; that line is whole again when read on its own.
  const auto all = read("a,b\n1,\"open\n2,\"good\"\n3,x\n");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1], (Read{2, {}, "1,\"open", CsvFault::text_after_quote}));
  EXPECT_EQ(all[2], (Read{3, {"2", "good"}, "2,\"good\"", CsvFault::none}));
  EXPECT_EQ(all[3].line, 4U);
}

TEST(Csv, quote_open_to_the_end_spoils_one_line) {
  const auto all = read("a\n\"open\nx\ny\n");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1], (Read{2, {}, "\"open", CsvFault::quote_not_closed}));
  EXPECT_EQ(all[2], (Read{3, {"x"}, "x", CsvFault::none}));
  EXPECT_EQ(all[3], (Read{4, {"y"}, "y", CsvFault::none}));
}

TEST(Csv, record_beyond_the_bound_is_a_fault_and_reading_goes_on) {
  const std::string text = "h\n" + std::string(5000, 'x') + "\nafter\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, text.size()}) {
    const auto all = read(text, {.record_bytes_max = 100}, step);
    ASSERT_EQ(all.size(), 3U) << step;
    EXPECT_EQ(all[1].fault, CsvFault::record_too_long);
    EXPECT_EQ(all[1].line, 2U);
    EXPECT_EQ(all[2], (Read{3, {"after"}, "after", CsvFault::none}));
  }
}

TEST(Csv, open_quote_is_given_up_at_the_bound) {
  std::string text = "h\n\"open\n";
  for (int i = 0; i < 100; ++i) text += "row\n";
  const auto all = read(text, {.record_bytes_max = 50}, 16);
  ASSERT_EQ(all.size(), 102U);
  EXPECT_EQ(all[1].fault, CsvFault::quote_not_closed);
  EXPECT_EQ(all[101], (Read{102, {"row"}, "row", CsvFault::none}));
}

TEST(Csv, what_exceeds_the_bound_does_not_depend_on_the_pieces) {
  const CsvFormat format{.record_bytes_max = 24};
  std::string quoted;
  for (int i = 0; i < 20; ++i) quoted += "q\n";
  // Quoted, and closed behind the bound; quoted in front of a long field; as long as may be; one byte longer.
  const std::string text = "a,b\n\"" + quoted + "\",1\n\"x\ny\"," + std::string(60, 'z') + "\n" + std::string(24, 'k') +
                           "\r\n" + std::string(25, 'l') + "\r\nlast\n";
  const auto whole = read(text, format);
  EXPECT_EQ(whole[1], (Read{2, {}, "\"q", CsvFault::quote_not_closed}));
  EXPECT_EQ(whole.back().fields, std::vector<std::string>{"last"});
  for (std::size_t step = 1; step < text.size(); ++step) EXPECT_EQ(read(text, format, step), whole) << step;
}

TEST(Csv, too_many_fields_is_a_fault) {
  const auto all = read("a,b,c\n1,2\n", {.fields_max = 2});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].fault, CsvFault::too_many_fields);
  EXPECT_EQ(all[1].fault, CsvFault::none);
}

TEST(Csv, the_size_of_the_pieces_does_not_matter) {
  const std::string text =
      "\xEF\xBB\xBF"
      "id,\"name\"\r\n1,\"x\"\"y\"\r\n\r\n2,\"multi\r\nline\"\n3,\"bad\"q\n4,\"open\n5,\"z\"\n6,\r7,\"\"\"\"\n\"end";
  const auto whole = read(text);
  ASSERT_EQ(whole.size(), 9U);
  EXPECT_EQ(whole.back().fault, CsvFault::quote_not_closed);
  for (std::size_t step = 1; step < 40; ++step) EXPECT_EQ(read(text, {}, step), whole) << "pieces of " << step;
}

TEST(Csv, faults_have_words) {
  for (const CsvFault fault :
       {CsvFault::quote_not_closed, CsvFault::text_after_quote, CsvFault::record_too_long, CsvFault::too_many_fields}) {
    EXPECT_FALSE(to_string(fault).empty());
  }
}

struct DelimiterCase {
  std::string_view sample;
  char expected;
};

TEST(CsvDelimiter, is_what_cuts_all_records_alike) {
  for (const DelimiterCase& c : std::initializer_list<DelimiterCase>{
           {"a,b,c\n1,2,3\n", ','},
           {"a;b;c\n1,5;2,5;3\n4,5;1;1,2\n", ';'},
           {"a\tb\n1,2\t3\n", '\t'},
           {"a|b|c\n1|2|3\n", '|'},
           {"name;note\n\"x,y,z\";1\n\"x;y\";2\n", ';'},
           {"Date;Label\n2024-01-01;coffee, cake\n2024-01-02;tea, milk\n", ';'},
           {"single\n1\n2\n", ','},
           {"a;b", ';'},
           {"", ','},
       }) {
    EXPECT_EQ(detect_csv_delimiter(c.sample), c.expected) << c.sample;
  }
}

TEST(CsvField, is_quoted_only_where_needed_and_reads_back) {
  for (const std::string field : {"plain", "", "a,b", "say \"x\"", "line\nbreak", " blank ", "é"}) {
    std::string line;
    append_csv_field(line, field);
    line += ",";
    append_csv_field(line, "x");
    EXPECT_THAT(fields(line + "\n"), ElementsAre(ElementsAre(field, "x")));
  }
  std::string plain;
  append_csv_field(plain, "plain");
  EXPECT_EQ(plain, "plain");
}

TEST(CsvLineBreaks, count_each_kind_once) {
  EXPECT_EQ(count_line_breaks(""), 0U);
  EXPECT_EQ(count_line_breaks("a\nb\r\nc\rd\r"), 4U);
  EXPECT_EQ(count_line_breaks("\r\r\n\n"), 3U);
}

}  // namespace
}  // namespace freshet
