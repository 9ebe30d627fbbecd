#include "sql/parameter.hpp"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ParameterSpec spec_of(ParameterType type) {
  ParameterSpec spec;
  spec.name = "p";
  spec.type = type;
  return spec;
}

ParameterSpec list_of(ParameterType type) {
  ParameterSpec spec = spec_of(type);
  spec.list = true;
  return spec;
}

// The canonical text of what was read, or "code: message".
std::string read(const ParameterSpec& spec, std::string_view text) {
  Value value;
  if (const auto wrong = parse_scalar(spec, text, value)) return wrong->code + ": " + wrong->message;
  return canonical_text(value);
}
std::string read(ParameterType type, std::string_view text) { return read(spec_of(type), text); }

std::string read_json(const ParameterSpec& spec, std::string_view raw) {
  Argument argument;
  if (const auto wrong = parse_json(spec, raw, argument)) return wrong->field + " " + wrong->code;
  if (!argument.is_list) return canonical_text(argument.scalar);
  std::string text;
  for (const Value& item : argument.items) text += "<" + canonical_text(item) + ">";
  return text;
}
std::string read_json(ParameterType type, std::string_view raw) { return read_json(spec_of(type), raw); }

std::vector<std::string> read_list(const ParameterSpec& spec, const std::vector<std::string>& texts) {
  Argument argument;
  if (const auto wrong = parse_list(spec, texts, argument)) return {wrong->field, wrong->code};
  EXPECT_TRUE(argument.is_list);
  EXPECT_TRUE(argument.given);
  std::vector<std::string> items;
  for (const Value& item : argument.items) items.push_back(canonical_text(item));
  return items;
}

TEST(IntegerTest, fits_64_bits_or_is_refused) {
  const auto type = ParameterType::integer;
  EXPECT_EQ(read(type, "0"), "0");
  EXPECT_EQ(read(type, "-007"), "-7");
  EXPECT_EQ(read(type, "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(read(type, "-9223372036854775808"), "-9223372036854775808");
  for (const auto* text : {"9223372036854775808", "-9223372036854775809", "99999999999999999999999999", "", "+1", "1.0",
                           "1e3", "0x1", " 1", "1 ", "1,000", "--1", "１", "1; DROP TABLE t"}) {
    EXPECT_EQ(read(type, text), "type: must be a whole number of at most 64 bits") << text;
  }
}

TEST(IntegerTest, keeps_within_its_bounds) {
  ParameterSpec spec = spec_of(ParameterType::integer);
  spec.min = "-5";
  spec.max = "10";
  EXPECT_EQ(read(spec, "-5"), "-5");
  EXPECT_EQ(read(spec, "10"), "10");
  EXPECT_EQ(read(spec, "-6"), "min: must be at least -5");
  EXPECT_EQ(read(spec, "11"), "max: must be at most 10");
}

TEST(DecimalParameterTest, has_one_text_for_each_value) {
  const auto type = ParameterType::decimal;
  EXPECT_EQ(read(type, "12.50"), "12.5");
  EXPECT_EQ(read(type, "1.25e1"), "12.5");
  EXPECT_EQ(read(type, "-0.0"), "0");
  EXPECT_EQ(read(type, "007"), "7");
  for (const auto* text : {"", ".5", "5.", "1e999999999", "NaN", "Infinity", "1,5", "0x1p3"}) {
    EXPECT_EQ(read(type, text), "type: must be a decimal number like 12.50, of at most 38 digits") << text;
  }
}

TEST(DecimalParameterTest, scale_counts_the_decimals_that_matter) {
  ParameterSpec spec = spec_of(ParameterType::decimal);
  spec.scale = 2;
  EXPECT_EQ(read(spec, "1.2300"), "1.23");
  EXPECT_EQ(read(spec, "1.234"), "scale: must have at most 2 decimals");
  spec.scale = 0;
  EXPECT_EQ(read(spec, "10.0"), "10");
  EXPECT_EQ(read(spec, "10.5"), "scale: must have at most 0 decimals");
}

TEST(DecimalParameterTest, bounds_compare_exactly) {
  ParameterSpec spec = spec_of(ParameterType::decimal);
  spec.min = "0.1";
  spec.max = "12345678901234567890.5";
  EXPECT_EQ(read(spec, "0.10"), "0.1");
  EXPECT_EQ(read(spec, "0.09999999999999999999"), "min: must be at least 0.1");
  EXPECT_EQ(read(spec, "12345678901234567890.51"), "max: must be at most 12345678901234567890.5");
}

TEST(BooleanTest, is_true_or_false_or_a_bit) {
  const auto type = ParameterType::boolean;
  EXPECT_EQ(read(type, "true"), "true");
  EXPECT_EQ(read(type, "1"), "true");
  EXPECT_EQ(read(type, "false"), "false");
  EXPECT_EQ(read(type, "0"), "false");
  for (const auto* text : {"", "TRUE", "yes", "2", "t"})
    EXPECT_EQ(read(type, text), "type: must be true or false") << text;
}

TEST(TimesTest, become_canonical) {
  EXPECT_EQ(read(ParameterType::date, "2024-02-29"), "2024-02-29");
  EXPECT_EQ(read(ParameterType::date, "2025-02-29"), "type: must be a date like 2025-01-31");
  EXPECT_EQ(read(ParameterType::month, "2025-01"), "2025-01");
  EXPECT_EQ(read(ParameterType::month, "2025-1"), "type: must be a month like 2025-01");
  EXPECT_EQ(read(ParameterType::timestamp, "2025-01-31T08:30:00+01:00"), "2025-01-31T07:30:00.000Z");
  EXPECT_EQ(read(ParameterType::timestamp, "yesterday"), "type: must be a timestamp like 2025-01-31T08:30:00Z");
}

TEST(TimesTest, now_has_the_form_of_its_type) {
  EXPECT_EQ(text_of_now(ParameterType::month).size(), std::string_view("2025-01").size());
  EXPECT_EQ(text_of_now(ParameterType::date).size(), std::string_view("2025-01-31").size());
  EXPECT_TRUE(text_of_now(ParameterType::timestamp).starts_with(text_of_now(ParameterType::month)));
}

TEST(TimesTest, bounds_compare_moments_not_texts) {
  ParameterSpec spec = spec_of(ParameterType::timestamp);
  spec.min = "2025-01-01T00:00:00.500Z";
  EXPECT_EQ(read(spec, "2025-01-01T00:00:00.500001Z"), "2025-01-01T00:00:00.500001Z");
  EXPECT_EQ(read(spec, "2025-01-01T01:00:00.4+01:00"), "min: must be at least 2025-01-01T00:00:00.500Z");
  ParameterSpec month = spec_of(ParameterType::month);
  month.max = "2025-06";
  EXPECT_EQ(read(month, "2025-07"), "max: must be at most 2025-06");
}

TEST(UuidTest, is_lower_case_hexadecimal_in_five_groups) {
  const auto type = ParameterType::uuid;
  EXPECT_EQ(read(type, "123E4567-e89b-12d3-A456-426614174000"), "123e4567-e89b-12d3-a456-426614174000");
  for (const auto* text : {"", "123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}",
                           "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-42661417400g",
                           "123e4567-e89b-12d3-a456-4266141740000", "123e4567-e89b-12d3-a4567-26614174000"}) {
    EXPECT_EQ(read(type, text), "type: must be a UUID like 123e4567-e89b-12d3-a456-426614174000") << text;
  }
}

TEST(EnumTest, is_one_of_its_choices_to_the_letter) {
  ParameterSpec spec = spec_of(ParameterType::enumeration);
  spec.choices = {"total", "50/50"};
  EXPECT_EQ(read(spec, "50/50"), "50/50");
  EXPECT_EQ(read(spec, "Total"), "enum: must be one of total, 50/50");
  EXPECT_EQ(read(spec, ""), "enum: must be one of total, 50/50");
}

TEST(TextTest, is_taken_as_it_is) {
  const auto type = ParameterType::text;
  EXPECT_EQ(read(type, ""), "");
  EXPECT_EQ(read(type, " '; DROP TABLE t; -- é "), " '; DROP TABLE t; -- é ");
  EXPECT_EQ(read(type, std::string_view("a\0b", 3)), "type: must not contain the character NUL");
}

TEST(TextTest, has_a_greatest_length_even_if_none_is_declared) {
  const auto type = ParameterType::text;
  EXPECT_EQ(read(type, std::string(text_length_max_default, 'x')).size(), text_length_max_default);
  EXPECT_EQ(read(type, std::string(text_length_max_default + 1, 'x')),
            "max_length: must have at most 10000 characters");
}

TEST(TextTest, lengths_count_characters) {
  ParameterSpec spec = spec_of(ParameterType::text);
  spec.min_length = 2;
  spec.max_length = 3;
  EXPECT_EQ(read(spec, "€"), "min_length: must have at least 2 characters");
  EXPECT_EQ(read(spec, "€€€"), "€€€");
  EXPECT_EQ(read(spec, "€€€€"), "max_length: must have at most 3 characters");
  spec.max_length = 1;
  spec.min_length.reset();
  EXPECT_EQ(read(spec, "ab"), "max_length: must have at most 1 character");
}

TEST(TextTest, a_pattern_must_match_the_whole_text) {
  ParameterSpec spec = spec_of(ParameterType::text);
  spec.pattern = "[A-Z]+";
  EXPECT_EQ(read(spec, "ABC"), "ABC");
  EXPECT_EQ(read(spec, "ABC1"), "pattern: must match /[A-Z]+/");
  EXPECT_EQ(read(spec, ""), "pattern: must match /[A-Z]+/");
}

TEST(JsonParameterTest, is_kept_without_blanks_and_with_all_digits) {
  const auto type = ParameterType::json;
  EXPECT_EQ(read(type, "{\"a\": [1, 2.50]}"), "{\"a\":[1,2.50]}");
  EXPECT_EQ(read(type, "12345678901234567890123"), "12345678901234567890123");
  EXPECT_EQ(read(type, "{a:1}"), "type: must be JSON");
  EXPECT_EQ(read(type, std::string(json_depth_max, '[') + std::string(json_depth_max, ']')).size(), 2 * json_depth_max);
  EXPECT_EQ(read(type, std::string(json_depth_max + 1, '[') + std::string(json_depth_max + 1, ']')),
            "type: must be JSON");
}

TEST(ListTest, one_text_is_split_at_commas_and_repeated_texts_add_up) {
  const ParameterSpec ints = list_of(ParameterType::integer);
  EXPECT_THAT(read_list(ints, {"1,2, 3"}), ElementsAre("1", "2", "3"));
  EXPECT_THAT(read_list(ints, {"1", "2,3"}), ElementsAre("1", "2", "3"));
  EXPECT_THAT(read_list(ints, {""}), IsEmpty());
  EXPECT_THAT(read_list(ints, {}), IsEmpty());
}

TEST(ListTest, commas_in_texts_are_quoted_or_the_parameter_repeated) {
  const ParameterSpec texts = list_of(ParameterType::text);
  EXPECT_THAT(read_list(texts, {"Rent,Food"}), ElementsAre("Rent", "Food"));
  EXPECT_THAT(read_list(texts, {R"("Food, drinks",Rent,"say ""hi""")"}),
              ElementsAre("Food, drinks", "Rent", "say \"hi\""));
  EXPECT_THAT(read_list(texts, {"Food, drinks", "Rent"}), ElementsAre("Food, drinks", "Rent"));
  EXPECT_THAT(read_list(texts, {"a,,b,"}), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(read_list(texts, {R"(5" pipe,"open)"}), ElementsAre("5\" pipe", "open"));
}

TEST(ListTest, names_the_item_that_is_wrong) {
  EXPECT_THAT(read_list(list_of(ParameterType::integer), {"1,x,3"}), ElementsAre("p[1]", "type"));
  EXPECT_THAT(read_list(list_of(ParameterType::integer), {"1,"}), ElementsAre("p[1]", "type"));
}

TEST(ListTest, has_a_greatest_length) {
  ParameterSpec spec = list_of(ParameterType::integer);
  spec.items_max = 2;
  EXPECT_THAT(read_list(spec, {"1,2"}), ElementsAre("1", "2"));
  EXPECT_THAT(read_list(spec, {"1,2,3"}), ElementsAre("p", "max_items"));
  EXPECT_EQ(read_json(spec, "[1,2,3]"), "p max_items");
  EXPECT_EQ(read_json(spec, "[1,2,3,\"x\"]"), "p max_items");
}

TEST(ListTest, json_texts_are_never_split) {
  EXPECT_THAT(read_list(list_of(ParameterType::json), {"[1,2]"}), ElementsAre("[1,2]"));
}

TEST(JsonBodyTest, integers_may_be_written_like_any_number_of_that_value) {
  const auto type = ParameterType::integer;
  EXPECT_EQ(read_json(type, "12"), "12");
  EXPECT_EQ(read_json(type, " -12.0 "), "-12");
  EXPECT_EQ(read_json(type, "1.2e1"), "12");
  EXPECT_EQ(read_json(type, "9223372036854775807"), "9223372036854775807");
  for (const auto* raw : {"12.5", "9223372036854775808", "1e400", "\"12\"", "true", "[1]", "{}", "012", ""}) {
    EXPECT_EQ(read_json(type, raw), "p type") << raw;
  }
}

TEST(JsonBodyTest, decimals_keep_every_digit_as_number_or_string) {
  const auto type = ParameterType::decimal;
  EXPECT_EQ(read_json(type, "0.1234567890123456789012345"), "0.1234567890123456789012345");
  EXPECT_EQ(read_json(type, "\"12.50\""), "12.5");
  for (const auto* raw : {"\"\"", "\"x\"", "1e400", "true", "[1]"}) EXPECT_EQ(read_json(type, raw), "p type") << raw;
}

TEST(JsonBodyTest, booleans_and_texts_are_of_their_own_json_type) {
  EXPECT_EQ(read_json(ParameterType::boolean, "true"), "true");
  EXPECT_EQ(read_json(ParameterType::boolean, "1"), "p type");
  EXPECT_EQ(read_json(ParameterType::boolean, "\"true\""), "p type");
  EXPECT_EQ(read_json(ParameterType::text, "\"\\u00e9\\n\""), "é\n");
  EXPECT_EQ(read_json(ParameterType::text, "12"), "p type");
  EXPECT_EQ(read_json(ParameterType::text, "\"a\\u0000b\""), "p type");
  EXPECT_EQ(read_json(ParameterType::month, "\"2025-01\""), "2025-01");
  EXPECT_EQ(read_json(ParameterType::month, "202501"), "p type");
}

TEST(JsonBodyTest, null_is_null_unless_the_parameter_is_required) {
  for (const auto type : {ParameterType::text, ParameterType::integer, ParameterType::json}) {
    EXPECT_EQ(read_json(type, "null"), "null");
    ParameterSpec required = spec_of(type);
    required.required = true;
    EXPECT_EQ(read_json(required, " null "), "p required");
  }
  Argument argument;
  EXPECT_FALSE(parse_json(list_of(ParameterType::integer), "null", argument));
  EXPECT_FALSE(argument.is_list);
  EXPECT_TRUE(argument.given);
  EXPECT_EQ(argument.scalar, Value(Null{}));
}

TEST(JsonBodyTest, lists_are_arrays_of_items_that_pass_on_their_own) {
  const ParameterSpec ints = list_of(ParameterType::integer);
  EXPECT_EQ(read_json(ints, "[1, 2.0]"), "<1><2>");
  EXPECT_EQ(read_json(ints, "[]"), "");
  EXPECT_EQ(read_json(ints, "[1,\"x\"]"), "p[1] type");
  EXPECT_EQ(read_json(ints, "[1,null]"), "p[1] type");
  EXPECT_EQ(read_json(ints, "1"), "p type");
  EXPECT_EQ(read_json(ints, "[1"), "p type");
  EXPECT_EQ(read_json(list_of(ParameterType::text), R"(["a,b","c"])"), "<a,b><c>");
  EXPECT_EQ(read_json(list_of(ParameterType::json), R"([{"a": 1}, [2]])"), "<{\"a\":1}><[2]>");
}

TEST(JsonBodyTest, json_keeps_its_form) {
  EXPECT_EQ(read_json(ParameterType::json, R"({"a" : "b c"})"), R"({"a":"b c"})");
  EXPECT_EQ(read_json(ParameterType::json, "\"text\""), "\"text\"");
  EXPECT_EQ(read_json(ParameterType::json, "{"), "p type");
}

TEST(CanonicalTextTest, shows_every_kind_of_value) {
  EXPECT_EQ(canonical_text(Null{}), "null");
  EXPECT_EQ(canonical_text(true), "true");
  EXPECT_EQ(canonical_text(std::int64_t{-5}), "-5");
  EXPECT_EQ(canonical_text(0.1), "0.1");
  EXPECT_EQ(canonical_text(std::string("x")), "x");
  EXPECT_EQ(canonical_text(Blob{std::string("\x00\xff", 2)}), "00ff");
}

TEST(TypeNamesTest, columns_read_their_own_names_and_the_schema_s) {
  for (const auto type : {ColumnType::any, ColumnType::text, ColumnType::integer, ColumnType::decimal,
                          ColumnType::number, ColumnType::boolean, ColumnType::date, ColumnType::timestamp,
                          ColumnType::month, ColumnType::uuid, ColumnType::json, ColumnType::blob}) {
    EXPECT_EQ(column_type_from(to_string(type)), type);
  }
  EXPECT_EQ(column_type_from("integer"), ColumnType::integer);
  EXPECT_EQ(column_type_from("boolean"), ColumnType::boolean);
  EXPECT_FALSE(column_type_from("INT"));
  EXPECT_FALSE(column_type_from(""));
}

}  // namespace
}  // namespace freshet::sql
