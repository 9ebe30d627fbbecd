#include "core/csv.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"

namespace freshet {

namespace {

constexpr std::string_view line_break_bytes = "\r\n";

unsigned char byte(char c) noexcept { return static_cast<unsigned char>(c); }

}  // namespace

std::string_view to_string(CsvFault fault) noexcept {
  switch (fault) {
    case CsvFault::none:
      return "";
    case CsvFault::quote_not_closed:
      return "a quote is not closed";
    case CsvFault::text_after_quote:
      return "text follows a closing quote (a quote within quotes is written twice)";
    case CsvFault::record_too_long:
      return "the line is too long";
    case CsvFault::too_many_fields:
      return "the line has too many fields";
  }
  return "";
}

CsvParser::CsvParser(CsvFormat format) : format_(format) {
  for (const char c : {format_.delimiter, '\r', '\n'}) ends_run_[byte(c)] = true;
}

void CsvParser::push(std::string_view bytes) {
  if (record_begin_ != 0) {
    buffer_.erase(0, record_begin_);
    record_begin_ = 0;
  }
  buffer_.append(bytes);
}

void CsvParser::finish() { finished_ = true; }

const CsvRecord* CsvParser::next() {
  if (!started_ && !skip_byte_order_mark()) return nullptr;
  begin_record(record_begin_ + next_begin_);
  while (true) {
    if (discarding_ && !discard_line()) return nullptr;
    if (skip_line_feed_ && !pending().empty()) {
      skip_line_feed_ = false;
      if (pending().front() == '\n') ++record_begin_;
    }
    if (!scan()) return nullptr;
    const bool empty_line = record_end_ == 0 && !record_quoted_ && fault_ == CsvFault::none;
    if (!empty_line) return deliver();
    ++line_;
    begin_record(record_begin_ + next_begin_);
  }
}

bool CsvParser::skip_byte_order_mark() {
  if (buffer_.size() < 3 && !finished_) return false;
  started_ = true;
  if (buffer_.starts_with("\xEF\xBB\xBF")) record_begin_ = 3;
  if (buffer_.starts_with("\xFF\xFE") || buffer_.starts_with("\xFE\xFF")) {
    throw Error(ErrorKind::unsupported_media, "the file is UTF-16, not UTF-8")
        .hinting("save it as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 FILE");
  }
  return true;
}

void CsvParser::begin_record(std::size_t at) {
  if (next_begin_ == 0) return;  // still within the record that ran out of bytes
  record_begin_ = at;
  next_begin_ = 0;
  position_ = 0;
  state_ = State::field_start;
  fault_ = CsvFault::none;
  record_quoted_ = field_escaped_ = false;
  ranges_.clear();
}

bool CsvParser::discard_line() {
  const std::size_t end = pending().find_first_of(line_break_bytes);
  if (end == std::string_view::npos) {
    record_begin_ = buffer_.size();
    return false;
  }
  skip_line_feed_ = pending()[end] == '\r';
  record_begin_ += end + 1;
  discarding_ = false;
  ++line_;
  return true;
}

/// Goes on with the current record; true when its end, or a fault, is known.
bool CsvParser::scan() {
  // One byte beyond the bound tells all; to see more would let the size of the pushes decide.
  const std::string_view text = pending().substr(0, format_.record_bytes_max + 1);
  while (position_ < text.size() || state_ == State::spoiled) {
    switch (state_) {
      case State::field_start:
        field_escaped_ = false;
        field_begin_ = position_;
        state_ = State::unquoted;
        if (text[position_] == format_.quote) {
          record_quoted_ = true;
          field_begin_ = ++position_;
          state_ = State::quoted;
        }
        break;
      case State::unquoted:
        if (scan_unquoted(text)) return true;
        break;
      case State::quoted:
      case State::quote_in_quoted:
        if (scan_quoted(text)) return true;
        break;
      case State::spoiled:
        return scan_spoiled(text);
    }
  }
  return scan_end(text);
}

bool CsvParser::scan_unquoted(std::string_view text) {
  const char* at = text.data() + position_;
  const char* const end = text.data() + text.size();
  while (at != end && !ends_run_[byte(*at)]) ++at;
  position_ = static_cast<std::size_t>(at - text.data());
  if (at == end) return false;
  close_field(position_);
  if (*at != format_.delimiter) {
    end_record(position_);
    return true;
  }
  ++position_;
  state_ = State::field_start;
  return false;
}

bool CsvParser::scan_quoted(std::string_view text) {
  if (state_ == State::quoted) {
    const std::size_t quote = text.find(format_.quote, position_);
    if (quote == std::string_view::npos) {
      position_ = text.size();
      return false;
    }
    position_ = quote + 1;
    state_ = State::quote_in_quoted;
    return false;
  }
  const char c = text[position_];
  if (c == format_.quote) {
    field_escaped_ = true;
    ++position_;
    state_ = State::quoted;
  } else if (!ends_run_[byte(c)]) {
    spoil(CsvFault::text_after_quote);
  } else {
    close_field(position_ - 1);
    if (c != format_.delimiter) {
      end_record(position_);
      return true;
    }
    ++position_;
    state_ = State::field_start;
  }
  return false;
}

/// The bytes ran out: at the end of the file that ends the record, at the bound it is a fault.
bool CsvParser::scan_end(std::string_view text) {
  const bool too_long = text.size() > format_.record_bytes_max;
  if (!finished_ && !too_long) return false;
  const bool in_quotes = state_ == State::quoted;
  if (in_quotes || too_long) {
    spoil(in_quotes ? CsvFault::quote_not_closed : CsvFault::record_too_long);
    return scan_spoiled(text);
  }
  if (text.empty()) return false;
  if (state_ == State::field_start) field_begin_ = position_;
  close_field(state_ == State::quote_in_quoted ? position_ - 1 : position_);
  end_record(position_);
  next_begin_ = text.size();
  return true;
}

void CsvParser::spoil(CsvFault fault) {
  fault_ = fault;
  state_ = State::spoiled;
  position_ = 0;
}

/// A spoiled record is its first line: what follows may well be whole again.
bool CsvParser::scan_spoiled(std::string_view text) {
  const std::size_t end = text.find_first_of(line_break_bytes, position_);
  if (end != std::string_view::npos) {
    end_record(end);
    return true;
  }
  position_ = text.size();
  if (!finished_ && text.size() <= format_.record_bytes_max) return false;
  record_end_ = next_begin_ = text.size();
  discarding_ = text.size() > format_.record_bytes_max;
  return true;
}

void CsvParser::close_field(std::size_t end) {
  ranges_.push_back({.begin = field_begin_, .end = end, .escaped = field_escaped_});
  field_escaped_ = false;
}

void CsvParser::end_record(std::size_t end) {
  record_end_ = end;
  next_begin_ = end + 1;
  skip_line_feed_ = end < pending().size() && pending()[end] == '\r';
}

const CsvRecord* CsvParser::deliver() {
  if (fault_ == CsvFault::none && ranges_.size() > format_.fields_max) fault_ = CsvFault::too_many_fields;
  record_.line = line_;
  record_.raw = pending().substr(0, record_end_);
  record_.fault = fault_;
  fields_.clear();
  if (fault_ == CsvFault::none) fill_fields();
  record_.fields = fields_;
  if (!discarding_) line_ += 1 + (record_quoted_ ? count_line_breaks(record_.raw) : 0);
  return &record_;
}

void CsvParser::fill_fields() {
  unescaped_.clear();
  if (record_quoted_) unescaped_.reserve(record_end_);  // views into it stay where they are
  for (const FieldRange& range : ranges_) {
    const std::string_view field = record_.raw.substr(range.begin, range.end - range.begin);
    fields_.push_back(range.escaped ? unescape(field) : field);
  }
}

std::string_view CsvParser::unescape(std::string_view field) {
  const std::size_t begin = unescaped_.size();
  while (!field.empty()) {
    const std::size_t quote = std::min(field.find(format_.quote), field.size() - 1);
    unescaped_.append(field.substr(0, quote + 1));
    field.remove_prefix(std::min(quote + 2, field.size()));
  }
  return unescaped_.view().substr(begin);
}

namespace {

/// How many records of `sample` have how many fields with this delimiter: the score of the commonest count above one.
std::size_t delimiter_score(std::string_view sample, char delimiter) {
  constexpr std::size_t records_max = 50;
  CsvParser parser({.delimiter = delimiter});
  parser.push(sample);
  std::vector<std::size_t> counts;
  for (const CsvRecord* record = parser.next(); record != nullptr && counts.size() < records_max;
       record = parser.next()) {
    counts.push_back(record->fields.size());
  }
  if (counts.empty()) {  // a single line without its end
    parser.finish();
    if (const CsvRecord* record = parser.next()) counts.push_back(record->fields.size());
  }
  if (counts.empty() || counts.front() < 2) return 0;
  const auto same = static_cast<std::size_t>(std::count(counts.begin(), counts.end(), counts.front()));
  return same * 10'000 / counts.size() * 1'000 + std::min<std::size_t>(counts.front(), 999);
}

}  // namespace

char detect_csv_delimiter(std::string_view sample) {
  char best = ',';
  std::size_t best_score = 0;
  for (const char candidate : {',', ';', '\t', '|'}) {
    const std::size_t score = delimiter_score(sample, candidate);
    if (score > best_score) {
      best = candidate;
      best_score = score;
    }
  }
  return best;
}

void append_csv_field(std::string& out, std::string_view field, char delimiter) {
  const bool quotes = field.find_first_of("\"\r\n") != std::string_view::npos ||
                      field.find(delimiter) != std::string_view::npos || field.starts_with(' ') || field.ends_with(' ');
  if (!quotes) {
    out.append(field);
    return;
  }
  out.push_back('"');
  for (const char c : field) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

std::uint64_t count_line_breaks(std::string_view text) noexcept {
  auto count = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  for (std::size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] != '\n') ++count;
  }
  return count;
}

}  // namespace freshet
