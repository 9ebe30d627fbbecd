#include "sql/parameter_directive.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "core/decimal.hpp"
#include "core/text.hpp"
#include "sql/pattern.hpp"

namespace freshet::sql {
namespace {

using enum ParameterType;

constexpr std::array type_words{std::string_view("text"),  std::string_view("int"),  std::string_view("decimal"),
                                std::string_view("bool"),  std::string_view("date"), std::string_view("timestamp"),
                                std::string_view("month"), std::string_view("uuid"), std::string_view("enum"),
                                std::string_view("json")};
constexpr std::array types{text, integer, decimal, boolean, date, timestamp, month, uuid, enumeration, json};
static_assert(type_words.size() == types.size());

constexpr std::array option_words{std::string_view("required"),   std::string_view("min"),
                                  std::string_view("max"),        std::string_view("pattern"),
                                  std::string_view("min_length"), std::string_view("max_length"),
                                  std::string_view("max_items"),  std::string_view("in")};

bool has_order(ParameterType type) noexcept {
  return type == integer || type == decimal || type == date || type == timestamp || type == month;
}

class ParameterReader {
 public:
  ParameterReader(Word arguments, Reporter& report) : cursor_(arguments), report_(report) {}

  std::optional<ParameterSpec> run() {
    if (!read_name()) return std::nullopt;
    if (!read_type()) return std::move(spec_);
    read_type_arguments();
    if (cursor_.take("[")) {
      spec_.list = true;
      if (!cursor_.take("]")) report_.error(cursor_.offset(), "a list is written `[]`, right after its type");
    }
    while (!cursor_.done() && read_option()) {
    }
    check();
    return std::move(spec_);
  }

 private:
  bool read_name() {
    const Word name = cursor_.name();
    if (name.empty()) {
      report_.error(cursor_.offset(), "a parameter needs a name and a type", "write `-- @param month month required`");
      return false;
    }
    spec_.name = name.text;
    spec_.offset = name.offset;
    return true;
  }

  bool read_type() {
    const Word word = cursor_.name();
    if (word.empty()) {
      report_.error(cursor_.offset(), fmt::format("the type of `{}` is missing", spec_.name), type_hint(""));
      return false;
    }
    const auto found = std::find(type_words.begin(), type_words.end(), word.text);
    if (found == type_words.end()) {
      report_.error(word, fmt::format("unknown type `{}`", word.text), type_hint(word.text));
      return false;
    }
    spec_.type = types[static_cast<std::size_t>(found - type_words.begin())];
    return true;
  }

  void read_type_arguments() {
    const std::size_t open = cursor_.offset();
    if (!cursor_.take("(")) {
      if (spec_.type == enumeration) report_.error(open, "an enum needs its choices", "write `enum(total,name)`");
      return;
    }
    const Word inside = cursor_.until(")");
    if (!cursor_.take(")")) report_.error(open, "this `(` is never closed");
    if (spec_.type == enumeration) {
      read_choices(inside);
    } else if (spec_.type == decimal) {
      read_scale(inside);
    } else {
      report_.error(open, fmt::format("`{}` takes nothing in parentheses", to_string(spec_.type)),
                    spec_.type == text ? "write max_length=… for the length" : "");
    }
  }

  void read_choices(Word inside) {
    Cursor choices(inside);
    do {
      const Word choice = choices.until(",");
      if (choice.empty()) {
        report_.error(choice, "a choice of the enum is empty");
      } else if (std::find(spec_.choices.begin(), spec_.choices.end(), choice.text) != spec_.choices.end()) {
        report_.error(choice, fmt::format("`{}` is among the choices twice", choice.text));
      } else {
        spec_.choices.emplace_back(choice.text);
      }
    } while (choices.take(","));
  }

  void read_scale(Word inside) {
    const std::optional<std::size_t> scale = count_from(inside.text);
    if (!scale || *scale > static_cast<std::size_t>(Decimal::digits_max)) {
      report_.error(inside, fmt::format("the scale of a decimal is a number from 0 to {}", Decimal::digits_max),
                    "decimal(2) allows 12.34, but not 12.345");
      return;
    }
    spec_.scale = static_cast<int>(*scale);
  }

  // False once the rest of the line is used up or makes no sense.
  bool read_option() {
    if (cursor_.at("--")) {
      cursor_.take("--");
      spec_.description = cursor_.rest().text;
      return false;
    }
    if (cursor_.take("=")) {
      default_ = cursor_.until_description();
      return true;
    }
    const Word key = cursor_.name();
    if (key.empty()) {
      const Word word = cursor_.word();
      report_.error(word, fmt::format("unexpected `{}`", word.text),
                    "options come before the default: `min=1 max=9 = 5 -- words`");
      return false;
    }
    if (key.text == "required") {
      required_ = key;
      spec_.required = true;
      return true;
    }
    return read_valued_option(key);
  }

  bool read_valued_option(const Word& key) {
    if (std::find(option_words.begin(), option_words.end(), key.text) == option_words.end()) {
      std::string hint = did_you_mean(key.text, option_words);
      if (hint.empty()) hint = "a description starts with `--`, a default with `=`";
      report_.error(key, fmt::format("unknown option `{}`", key.text), std::move(hint));
      return false;
    }
    if (!cursor_.take("=")) {
      report_.error(key, fmt::format("`{}` needs a value: `{}=…`", key.text, key.text));
      return false;
    }
    if (key.text == "pattern") return read_pattern(key);
    const Word value = cursor_.word();
    if (value.empty()) {
      report_.error(key, fmt::format("`{}` needs a value: `{}=…`", key.text, key.text));
      return false;
    }
    if (key.text == "min") {
      min_ = value;
    } else if (key.text == "max") {
      max_ = value;
    } else if (key.text == "in") {
      read_in(value);
    } else {
      read_count(key, value);
    }
    return true;
  }

  void read_in(const Word& value) {
    constexpr std::array places{std::string_view("query"), std::string_view("body"), std::string_view("header")};
    if (value.text == "query") {
      spec_.in = ParameterIn::query;
    } else if (value.text == "body") {
      spec_.in = ParameterIn::body;
    } else if (value.text == "header") {
      spec_.in = ParameterIn::header;
    } else {
      std::string hint = value.text == "path" ? "a path parameter is one that the file's path names: `[id].sql`"
                                              : did_you_mean(value.text, places);
      report_.error(value, fmt::format("unknown place `{}`: in= takes query, body or header", value.text),
                    std::move(hint));
    }
  }

  void read_count(const Word& key, const Word& value) {
    const std::optional<std::size_t> count = count_from(value.text);
    if (!count) {
      report_.error(value, fmt::format("`{}` takes a number, not `{}`", key.text, value.text));
      return;
    }
    if (key.text == "max_items") {
      items_max_ = key;
      spec_.items_max = *count;
    } else {
      lengths_ = key;
      (key.text == "min_length" ? spec_.min_length : spec_.max_length) = *count;
    }
  }

  bool read_pattern(const Word& key) {
    const std::size_t open = cursor_.offset();
    if (!cursor_.take("/")) {
      report_.error(open, "a pattern stands between slashes", "write `pattern=/[A-Z]{2}/`");
      return false;
    }
    pattern_ = key;
    std::string expression;
    while (true) {
      const Word piece = cursor_.raw_until('/');
      expression += piece.text;
      if (!cursor_.take_raw('/')) {
        report_.error(open, "this pattern never ends", "a `/` within the pattern is written `\\/`");
        return false;
      }
      if (!piece.text.ends_with('\\')) break;
      expression.back() = '/';
    }
    compile_pattern(open, std::move(expression));
    return true;
  }

  void compile_pattern(std::size_t open, std::string expression) {
    auto matcher = Pattern::compile(expression);
    if (!matcher) {
      const bool look_around = expression.find("(?=") != std::string::npos ||
                               expression.find("(?!") != std::string::npos ||
                               expression.find("(?<") != std::string::npos;
      report_.error(
          open, fmt::format("this pattern is not a regular expression: {}", matcher.error().message()),
          look_around ? "look-arounds and back-references are left out, so that matching takes linear time" : "");
      return;
    }
    spec_.pattern = std::move(expression);
    spec_.matcher = matcher.value();
  }

  void check() {
    check_text_options();
    if (items_max_ && !spec_.list) {
      report_.error(*items_max_, fmt::format("max_items is for lists, and `{}` is none", spec_.name),
                    fmt::format("write `{}[]` for a list", to_string(spec_.type)));
    }
    spec_.min = read_bound("min", min_);
    spec_.max = read_bound("max", max_);
    if (spec_.min && spec_.max && compare_canonical(spec_.type, *spec_.min, *spec_.max) > 0) {
      report_.error(*max_, fmt::format("max {} is less than min {}", *spec_.max, *spec_.min));
    }
    if (default_) read_default(*default_);
  }

  void check_text_options() {
    if (spec_.type != text) {
      for (const std::optional<Word>& option : {pattern_, lengths_}) {
        if (!option) continue;
        report_.error(*option,
                      fmt::format("`{}` is for text, and `{}` is {}", option->text, spec_.name, to_string(spec_.type)),
                      has_order(spec_.type) ? "min= and max= bound its value" : "");
      }
    } else if (spec_.min_length && spec_.max_length && *spec_.min_length > *spec_.max_length) {
      report_.error(*lengths_,
                    fmt::format("max_length {} is less than min_length {}", *spec_.max_length, *spec_.min_length));
    }
  }

  // The bound in canonical form, if it is one.
  std::optional<std::string> read_bound(std::string_view which, const std::optional<Word>& word) {
    if (!word) return std::nullopt;
    if (!has_order(spec_.type)) {
      report_.error(*word, fmt::format("`{}` does not apply to {}", which, to_string(spec_.type)),
                    spec_.type == text ? fmt::format("{}_length counts characters", which) : "");
      return std::nullopt;
    }
    ParameterSpec bare;
    bare.type = spec_.type;
    Value value;
    if (const auto wrong = parse_scalar(bare, word->text, value)) {
      report_.error(*word, fmt::format("{} `{}` of `{}` {}", which, word->text, spec_.name, wrong->message));
      return std::nullopt;
    }
    return canonical_text(value);
  }

  void read_default(const Word& word) {
    if (required_) {
      report_.error(*required_, fmt::format("`{}` is required, so that its default is never used", spec_.name),
                    "leave out one of the two");
    }
    if (word.empty()) {
      report_.error(word, "the default after `=` is missing",
                    "without `=`, an absent parameter is NULL; an empty text is ''");
      return;
    }
    if (equal_ignoring_case(word.text, "null")) {
      report_.error(word, "a default of NULL goes without saying", "leave it out: an absent parameter is NULL");
      return;
    }
    const bool has_time = spec_.type == month || spec_.type == date || spec_.type == timestamp;
    if (has_time && !spec_.list && word.text == "now") {
      spec_.default_now = true;
      return;
    }
    const std::string unquoted = unquote(word.text);
    std::optional<FieldProblem> wrong;
    if (spec_.list) {
      wrong = parse_list(spec_, {unquoted}, spec_.default_value);
    } else {
      wrong = parse_scalar(spec_, unquoted, spec_.default_value.scalar);
    }
    spec_.default_value.given = false;
    spec_.has_default = !wrong;
    if (wrong) {
      report_.error(word, fmt::format("the default `{}` of `{}` {}", unquoted, spec_.name, wrong->message),
                    hint_for_default(unquoted));
    }
  }

  [[nodiscard]] std::string hint_for_default(std::string_view text) const {
    for (const std::string_view option : option_words) {
      if (text.find(fmt::format(" {}=", option)) != std::string_view::npos || text.ends_with(" required")) {
        return "options come before the default: `min=1 max=9 = 5`";
      }
    }
    return spec_.type == enumeration ? did_you_mean(text, spec_.choices) : "";
  }

  static std::string unquote(std::string_view word) {
    if (word.size() < 2 || !word.starts_with('\'') || !word.ends_with('\'')) return std::string(word);
    std::string result(word.substr(1, word.size() - 2));
    for (std::size_t at = result.find("''"); at != std::string::npos; at = result.find("''", at + 1))
      result.erase(at, 1);
    return result;
  }

  Cursor cursor_;
  Reporter& report_;
  ParameterSpec spec_;
  std::optional<Word> required_, min_, max_, pattern_, lengths_, items_max_, default_;
};

}  // namespace

std::string type_hint(std::string_view word) {
  struct Synonym {
    std::string_view word, type;
  };
  constexpr std::array synonyms{Synonym{"string", "text"},     Synonym{"str", "text"},
                                Synonym{"varchar", "text"},    Synonym{"char", "text"},
                                Synonym{"integer", "int"},     Synonym{"bigint", "int"},
                                Synonym{"number", "decimal"},  Synonym{"float", "decimal"},
                                Synonym{"double", "decimal"},  Synonym{"real", "decimal"},
                                Synonym{"numeric", "decimal"}, Synonym{"money", "decimal"},
                                Synonym{"boolean", "bool"},    Synonym{"datetime", "timestamp"},
                                Synonym{"time", "timestamp"},  Synonym{"timestamptz", "timestamp"},
                                Synonym{"guid", "uuid"},       Synonym{"jsonb", "json"},
                                Synonym{"object", "json"},     Synonym{"year_month", "month"}};
  for (const Synonym& synonym : synonyms) {
    if (equal_ignoring_case(word, synonym.word)) return fmt::format("did you mean `{}`?", synonym.type);
  }
  std::string hint = did_you_mean(word, type_words);
  return hint.empty() ? "types are text, int, decimal, bool, date, timestamp, month, uuid, enum(…) and json" : hint;
}

std::optional<ParameterSpec> parse_parameter_directive(Word arguments, Reporter& report) {
  return ParameterReader(arguments, report).run();
}

}  // namespace freshet::sql
