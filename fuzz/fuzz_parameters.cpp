// Parameters from a request target. Checked: what percent_decode and parse_query give is UTF-8 without NUL; a value's
// canonical text is read as the same value again, from text and from JSON; limits hold; a text is taken or refused
// alike whether it comes as text or as a JSON string.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/json_writer.hpp"
#include "core/text.hpp"
#include "http/message.hpp"
#include "sql/json_text.hpp"
#include "sql/parameter.hpp"
#include "sql/pattern.hpp"

#include "fuzz/property.hpp"

namespace freshet::fuzz {
namespace {

using sql::ParameterSpec;
using sql::ParameterType;

ParameterSpec spec_of(ParameterType type) {
  ParameterSpec spec;
  spec.name = "value";
  spec.type = type;
  return spec;
}

/// One of every type, and some with rules.
std::vector<ParameterSpec> make_specs() {
  std::vector<ParameterSpec> specs;
  for (const ParameterType type : {ParameterType::text, ParameterType::integer, ParameterType::decimal,
                                   ParameterType::boolean, ParameterType::date, ParameterType::timestamp,
                                   ParameterType::month, ParameterType::uuid, ParameterType::json}) {
    specs.push_back(spec_of(type));
  }
  specs.push_back(spec_of(ParameterType::enumeration));
  specs.back().choices = {"total", "name", "a,b", "\xC3\xA4"};
  specs.push_back(spec_of(ParameterType::text));
  specs.back().min_length = 2;
  specs.back().max_length = 5;
  specs.back().pattern = "[a-z\xC3\xA4 ]+";
  specs.back().matcher = sql::Pattern::compile(*specs.back().pattern).value();
  specs.push_back(spec_of(ParameterType::decimal));
  specs.back().scale = 2;
  specs.back().min = "-10.5";
  specs.back().max = "99.99";
  specs.push_back(spec_of(ParameterType::month));
  specs.back().min = "2020-01";
  specs.back().items_max = 3;
  return specs;
}

bool is_plain(std::string_view text) { return valid_utf8(text) && text.find('\0') == std::string_view::npos; }

void check_problem(const ParameterSpec& spec, const FieldProblem& problem) {
  constexpr std::array<std::string_view, 9> codes{"type",       "min",     "max",  "scale",    "min_length",
                                                  "max_length", "pattern", "enum", "max_items"};
  must(std::find(codes.begin(), codes.end(), problem.code) != codes.end(), "a problem's code is a known one");
  must(problem.field.starts_with(spec.name) && valid_utf8(problem.message), "a problem names its parameter");
}

std::string json_of(const ParameterSpec& spec, const Value& value) {
  const std::string text = sql::canonical_text(value);
  if (spec.type == ParameterType::json || spec.type == ParameterType::integer || spec.type == ParameterType::boolean) {
    return text;
  }
  Bytes out;
  append_json_string(out, text);
  return std::string(out.view());
}

void check_canonical(ParameterSpec spec, const Value& value) {
  spec.list = false;
  const std::string text = sql::canonical_text(value);
  Value again;
  must(!sql::parse_scalar(spec, text, again), "canonical text is accepted");
  must(again == value && sql::canonical_text(again) == text, "canonical text means the same value");
  must(sql::compare_canonical(spec.type, text, text) == 0, "a value equals itself");
  if (spec.min) must(sql::compare_canonical(spec.type, text, *spec.min) >= 0, "a value is not below its minimum");
  if (spec.max) must(sql::compare_canonical(spec.type, text, *spec.max) <= 0, "a value is not above its maximum");
  if (spec.max_length) must(utf8_length(text) <= *spec.max_length, "a text is not too long");
  if (spec.type == ParameterType::json && text == "null") return;  // the word means no value in a body
  Argument argument;
  must(!sql::parse_json(spec, json_of(spec, value), argument), "a value is accepted as JSON");
  must(argument.scalar == value, "a value is the same as JSON");
}

void check_list(ParameterSpec spec, const std::vector<std::string>& texts) {
  spec.list = true;
  Argument list;
  if (const auto problem = sql::parse_list(spec, texts, list)) return check_problem(spec, *problem);
  must(list.is_list && list.given && list.items.size() <= spec.items_max, "a list keeps to its limit");
  std::string json = "[";
  for (const Value& item : list.items) {
    check_canonical(spec, item);
    json.append(json.size() == 1 ? "" : " , ").append(json_of(spec, item));
  }
  Argument again;
  must(!sql::parse_json(spec, json + "]", again), "a list is accepted as JSON");
  must(again.items == list.items, "a list is the same as JSON");
}

void check_json(ParameterSpec spec, std::string_view raw) {
  Argument argument;
  if (const auto problem = sql::parse_json(spec, raw, argument)) return check_problem(spec, *problem);
  must(sql::compact_json(raw, sql::json_depth_max).has_value() || trim(raw) != raw, "what is taken as JSON is JSON");
  if (!std::holds_alternative<Null>(argument.scalar)) check_canonical(spec, argument.scalar);
  spec.list = true;
  if (!sql::parse_json(spec, raw, argument)) {
    for (const Value& item : argument.items) check_canonical(spec, item);
  }
}

void check_text(const ParameterSpec& spec, const std::string& text) {
  Value value;
  const auto problem = sql::parse_scalar(spec, text, value);
  if (problem) {
    check_problem(spec, *problem);
  } else {
    check_canonical(spec, value);
  }
  const bool string_in_json =
      spec.type != ParameterType::json && spec.type != ParameterType::integer && spec.type != ParameterType::boolean;
  if (string_in_json) {
    Bytes quoted;
    append_json_string(quoted, text);
    Argument argument;
    const auto problem_as_json = sql::parse_json(spec, quoted.view(), argument);
    must(problem.has_value() == problem_as_json.has_value(), "text and JSON string are judged alike");
    must(problem.has_value() || argument.scalar == value, "text and JSON string are the same value");
  }
  check_json(spec, text);
}

}  // namespace
}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  static const std::vector<sql::ParameterSpec> specs = fuzz::make_specs();
  const std::string_view target = fuzz::text_of(data, size);
  const std::size_t question = std::min(target.find('?'), target.size());
  if (const auto path = http::percent_decode(target.substr(0, question), false)) {
    fuzz::must(fuzz::is_plain(*path), "a decoded path is UTF-8 without NUL");
    for (const sql::ParameterSpec& spec : specs) fuzz::check_text(spec, *path);
  }
  std::vector<http::QueryPair> pairs;
  try {
    pairs = http::parse_query(target.substr(std::min(question + 1, size)), 16);
  } catch (const Error& error) {
    fuzz::must(error.kind() == ErrorKind::bad_request, "a bad query string is the caller's fault");
    return 0;
  }
  fuzz::must(pairs.size() <= 16, "there are no more pairs than allowed");
  std::vector<std::string> values;
  for (const http::QueryPair& pair : pairs) {
    fuzz::must(fuzz::is_plain(pair.name) && fuzz::is_plain(pair.value), "a decoded pair is UTF-8 without NUL");
    values.push_back(pair.value);
    for (const sql::ParameterSpec& spec : specs) fuzz::check_text(spec, pair.value);
  }
  if (values.empty()) return 0;
  for (const sql::ParameterSpec& spec : specs) {
    fuzz::check_list(spec, values);
    fuzz::check_list(spec, {values.front()});
  }
  return 0;
}
