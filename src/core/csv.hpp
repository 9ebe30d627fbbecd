#pragma once
// Streaming CSV (RFC 4180) in constant memory: bytes are pushed in as they arrive, records are taken out one by one.
//
//   CsvParser parser({.delimiter = ';'});
//   while (const std::size_t n = file.read(buffer)) {
//     parser.push({buffer.data(), n});
//     while (const CsvRecord* record = parser.next()) use(*record);
//   }
//   parser.finish();
//   while (const CsvRecord* record = parser.next()) use(*record);
//
// Why our own: Debian's libcsv calls back byte by byte and forgets where a record began, fast-cpp-csv-parser fixes the
// number of columns at compile time and cannot read line breaks within quotes. A load that reports bad lines needs the
// exact line, the original text and a way to go on behind a broken quote.
//
// Read: LF, CRLF and lone CR end a record; a UTF-8 byte order mark is skipped; empty lines are skipped; a quote inside
// an unquoted field is an ordinary character. Not read: UTF-16 (next() throws). Bytes are not checked to be UTF-8 here.
// A quote that is never closed, or text behind a closing quote, spoils only the line on which the record began: it is
// delivered with `fault` set, and reading goes on with the next line.
//
// In the steady state nothing is allocated. Not thread-safe.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"

namespace freshet {

struct CsvFormat {
  char delimiter = ',';
  char quote = '"';
  std::size_t record_bytes_max = std::size_t{1} << 20;  // a longer record is a fault, not an allocation
  std::size_t fields_max = 4096;
};

enum class CsvFault : std::uint8_t {
  none,
  quote_not_closed,  // no closing quote until the end of the file or the bound of a record
  text_after_quote,  // `"a"b,`
  record_too_long,   // more than record_bytes_max
  too_many_fields,   // more than fields_max
};
/// "a quote is not closed", …: the reason as a person reads it.
[[nodiscard]] std::string_view to_string(CsvFault fault) noexcept;

/// One record. Views are valid until the next call of next(), push() or finish().
struct CsvRecord {
  std::uint64_t line = 0;                    // where it begins, from 1
  std::span<const std::string_view> fields;  // unquoted and unescaped; empty on a fault
  std::string_view raw;                      // as it stands in the file, without the line break; cut at the bound
  CsvFault fault = CsvFault::none;
};

class CsvParser {
 public:
  explicit CsvParser(CsvFormat format = {});

  /// Hands over the next bytes of the file (copied). To be called when next() gave null.
  void push(std::string_view bytes);
  /// No more bytes will come: a last record without a line break becomes available.
  void finish();

  /// The next record, or null: more bytes are needed (or, after finish(), that was all).
  /// Throws Error (unsupported_media) if the file begins like UTF-16 or UTF-32.
  [[nodiscard]] const CsvRecord* next();

 private:
  enum class State : std::uint8_t { field_start, unquoted, quoted, quote_in_quoted, spoiled };
  struct FieldRange {
    std::size_t begin, end;  // relative to the record's first byte
    bool escaped;            // holds doubled quotes
  };

  bool scan();
  bool scan_unquoted(std::string_view text);
  bool scan_quoted(std::string_view text);
  bool scan_spoiled(std::string_view text);
  bool scan_end(std::string_view text);
  void spoil(CsvFault fault);
  void close_field(std::size_t end);
  void end_record(std::size_t end);
  const CsvRecord* deliver();
  void fill_fields();
  std::string_view unescape(std::string_view field);
  void begin_record(std::size_t at);
  bool discard_line();
  bool skip_byte_order_mark();
  [[nodiscard]] std::string_view pending() const noexcept { return std::string_view(buffer_).substr(record_begin_); }

  CsvFormat format_;
  std::array<bool, 256> ends_run_{};  // delimiter, CR, LF: what ends an unquoted run

  std::string buffer_;
  std::size_t record_begin_ = 0;  // in buffer_
  std::uint64_t line_ = 1;        // of record_begin_
  bool started_ = false, finished_ = false;
  bool discarding_ = false;      // within a line that was reported as too long, up to its end
  bool skip_line_feed_ = false;  // the last record ended with CR: an LF that follows belongs to it

  // The record being read; positions are relative to record_begin_.
  State state_ = State::field_start;
  CsvFault fault_ = CsvFault::none;
  std::size_t position_ = 0;
  std::size_t field_begin_ = 0;
  bool field_escaped_ = false, record_quoted_ = false;
  std::size_t record_end_ = 0;  // without its line break
  std::size_t next_begin_ = 0;  // where the next record begins
  std::vector<FieldRange> ranges_;

  Bytes unescaped_;
  std::vector<std::string_view> fields_;
  CsvRecord record_;
};

/// The delimiter among , ; tab | that cuts the first records of `sample` (the beginning of a file) into the same number
/// of fields, at least two; comma if none does. Throws like CsvParser::next().
[[nodiscard]] char detect_csv_delimiter(std::string_view sample);

/// Appends `field`, quoted if it needs to be.
void append_csv_field(std::string& out, std::string_view field, char delimiter = ',');

/// Line breaks in `text`: LF, CRLF or a lone CR each count once.
[[nodiscard]] std::uint64_t count_line_breaks(std::string_view text) noexcept;

}  // namespace freshet
