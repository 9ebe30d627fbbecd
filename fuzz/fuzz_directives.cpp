// Endpoint files. Checked: every problem has a place within the file, with the line of text that stands there; where
// there is none, statements and placeholders are slices of the file, defaults keep to their own parameter's rules, and
// rendering gives each placeholder a slot.

#include <algorithm>
#include <string>

#include "sql/directives.hpp"
#include "sql/statement.hpp"

#include "fuzz/property.hpp"

namespace freshet::fuzz {
namespace {

void check_place(const Error& problem, std::string_view text) {
  must(problem.kind() == ErrorKind::config, "problems of a file are of kind config");
  must(!problem.message().empty(), "a problem has words");
  must(problem.place().has_value(), "a problem has a place");
  const SourcePlace& place = *problem.place();
  must(place.file == "fuzz.sql", "the place names the file");
  must(place.line >= 1 && place.column >= 1, "lines and columns count from 1");
  for (std::uint32_t line = 1; line < place.line; ++line) {
    const std::size_t feed = text.find('\n');
    must(feed != std::string_view::npos, "the line is one of the file");
    text.remove_prefix(feed + 1);
  }
  std::string_view line_text = text.substr(0, text.find('\n'));
  must(place.column <= line_text.size() + 1, "the column is one of the line");
  if (line_text.ends_with('\r')) line_text.remove_suffix(1);
  must(problem.source_line() == line_text, "the line shown is the one that is meant");
}

void check_parameter(const sql::ParameterSpec& spec, std::string_view text) {
  must(text.substr(spec.offset).starts_with(spec.name), "a parameter's name stands where it says");
  if (!spec.has_default) return;
  const auto check = [&](const Value& value) {
    if (std::holds_alternative<Null>(value)) return;
    Value again;
    must(!sql::parse_scalar(spec, sql::canonical_text(value), again), "a default keeps to its parameter's rules");
    must(again == value, "a default is canonical");
  };
  check(spec.default_value.scalar);
  std::for_each(spec.default_value.items.begin(), spec.default_value.items.end(), check);
}

void check_statement(const sql::StatementSource& statement, const sql::EndpointSource& endpoint) {
  must(endpoint.text.substr(statement.offset, statement.text.size()) == statement.text,
       "a statement is a slice of the file");
  std::size_t end = 0;
  for (const sql::Placeholder& placeholder : statement.placeholders) {
    must(placeholder.offset >= end && placeholder.length > 1, "placeholders stand in order");
    end = placeholder.offset + placeholder.length;
    const std::string column = placeholder.column.empty() ? std::string() : "." + placeholder.column;
    must(statement.text.substr(placeholder.offset, placeholder.length) == ":" + placeholder.name + column,
         "a placeholder is a slice of its statement");
    if (!placeholder.in_list) continue;
    must(statement.text.at(placeholder.paren_open) == '(' && statement.text.at(placeholder.paren_close) == ')' &&
             placeholder.paren_open < placeholder.offset && placeholder.paren_close >= end,
         "a list stands in parentheses");
  }
  for (const auto style : {sql::PlaceholderStyle::sqlite, sql::PlaceholderStyle::postgres}) {
    const sql::Rendered rendered = sql::render(statement, style, endpoint.parameters);
    must(rendered.slots.empty() == statement.placeholders.empty(), "there are slots where there are placeholders");
    must(rendered.slots.size() <= statement.placeholders.size(), "there are no more slots than placeholders");
  }
}

}  // namespace
}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  std::string text(fuzz::text_of(data, size));
  Diagnostics problems;
  const sql::EndpointSource endpoint = sql::parse_endpoint("fuzz.sql", text, problems);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // places do not count a byte order mark
  for (const Error& problem : problems) fuzz::check_place(problem, text);
  if (!problems.empty()) return 0;
  fuzz::must(endpoint.text == text, "the file is kept as it is");
  fuzz::must(!endpoint.statements.empty(), "an endpoint without problems has a statement");
  for (const sql::ParameterSpec& spec : endpoint.parameters) fuzz::check_parameter(spec, text);
  for (const sql::StatementSource& statement : endpoint.statements) fuzz::check_statement(statement, endpoint);
  return 0;
}
