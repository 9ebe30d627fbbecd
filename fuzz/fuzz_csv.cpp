// The CSV reader. Checked: a file pushed in pieces of any size gives the records that it gives at once; lines rise;
// fields written by append_csv_field read back as they were.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/csv.hpp"
#include "core/error.hpp"

#include "fuzz/property.hpp"

namespace freshet::fuzz {
namespace {

struct Read {
  std::uint64_t line = 0;
  std::vector<std::string> fields;
  std::string raw;
  CsvFault fault = CsvFault::none;
};

void drain(CsvParser& parser, std::vector<Read>& records) {
  while (const CsvRecord* record = parser.next()) {
    records.push_back({.line = record->line,
                       .fields = {record->fields.begin(), record->fields.end()},
                       .raw = std::string(record->raw),
                       .fault = record->fault});
  }
}

std::vector<Read> read_at_once(std::string_view text, const CsvFormat& format) {
  CsvParser parser(format);
  std::vector<Read> records;
  parser.push(text);
  drain(parser, records);
  parser.finish();
  drain(parser, records);
  return records;
}

std::vector<Read> read_in_pieces(std::string_view text, const CsvFormat& format, unsigned seed) {
  CsvParser parser(format);
  PieceSizes sizes(seed);
  std::vector<Read> records;
  while (!text.empty()) {
    const std::string piece(text.substr(0, sizes.next()));
    parser.push(piece);
    drain(parser, records);
    text.remove_prefix(piece.size());
  }
  parser.finish();
  drain(parser, records);
  return records;
}

void check_same(const std::vector<Read>& whole, const std::vector<Read>& pieces, const CsvFormat& format) {
  must(whole.size() == pieces.size(), "pieces give as many records as the whole");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    must(whole[i].fault == pieces[i].fault, "pieces give the same faults");
    must(whole[i].line == pieces[i].line, "pieces give the same lines");
    must(whole[i].fields == pieces[i].fields, "pieces give the same fields");
    must(whole[i].raw == pieces[i].raw, "pieces give the same text");
    must(whole[i].raw.size() <= format.record_bytes_max + 1, "what is shown of a record is bounded");
  }
}

void check_records(const std::vector<Read>& records, const CsvFormat& format) {
  std::uint64_t line = 0;
  for (const Read& record : records) {
    must(record.line > line, "lines rise");
    line = record.line;
    if (record.fault != CsvFault::none) {
      must(record.fields.empty(), "a fault has no fields");
      continue;
    }
    must(!record.fields.empty() && record.fields.size() <= format.fields_max, "a record has fields, not too many");
    std::string written;
    for (const std::string& field : record.fields) {
      if (!written.empty()) written.push_back(format.delimiter);
      append_csv_field(written, field, format.delimiter);
    }
    // One empty field in front cannot be told from none, and an empty line is no record.
    if (written.empty() || record.fields.front().empty() || format.quote != '"') continue;
    written.insert(0, 1, '\n');  // a byte order mark at the front would be skipped
    CsvFormat roomy = format;
    roomy.record_bytes_max = written.size() + 1;
    const std::vector<Read> again = read_at_once(written, roomy);
    must(again.size() == 1 && again.front().fields == record.fields, "what is written reads back");
  }
}

}  // namespace
}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  if (size < 2) return 0;
  constexpr std::array delimiters{',', ';', '\t', '|'};
  CsvFormat format;
  format.delimiter = delimiters[data[0] % delimiters.size()];
  if ((data[0] & 4) != 0) format.record_bytes_max = 24;
  if ((data[0] & 8) != 0) format.fields_max = 3;
  if ((data[0] & 16) != 0) format.quote = '\'';
  const std::string_view text = fuzz::text_of(data, size).substr(2);
  std::vector<fuzz::Read> whole;
  try {
    (void)detect_csv_delimiter(text);
    whole = fuzz::read_at_once(text, format);
  } catch (const Error&) {
    fuzz::must(text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"), "only UTF-16 is refused");
    return 0;
  }
  fuzz::check_records(whole, format);
  fuzz::check_same(whole, fuzz::read_in_pieces(text, format, data[1]), format);
  return 0;
}
