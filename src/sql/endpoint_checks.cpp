#include "sql/endpoint_checks.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/text.hpp"
#include "sql/lexer.hpp"
#include "sql/placeholders.hpp"
#include "sql/statement.hpp"

namespace freshet::sql {
namespace {

class Checker {
 public:
  Checker(EndpointSource& endpoint, const std::vector<StatementWords>& words, const std::optional<Word>& shape,
          Reporter& report)
      : endpoint_(endpoint), words_(words), shape_(shape), report_(report) {}

  void run() {
    check_parameter_names();
    check_statement_names();
    for (std::size_t i = 0; i < statements().size(); ++i) {
      check_embed(i);
      check_when(i);
      check_shape(i);
      check_foreign_placeholders(i);
      statements()[i].placeholders = find_placeholders(statements()[i].text);
      for (const Placeholder& placeholder : statements()[i].placeholders) check_placeholder(i, placeholder);
    }
    check_all_used();
  }

 private:
  [[nodiscard]] std::vector<StatementSource>& statements() const { return endpoint_.statements; }

  [[nodiscard]] const ParameterSpec* parameter(std::string_view name) const {
    const auto found = std::find_if(endpoint_.parameters.begin(), endpoint_.parameters.end(),
                                    [&](const ParameterSpec& spec) { return spec.name == name; });
    return found == endpoint_.parameters.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::optional<std::size_t> statement(std::string_view name) const {
    for (std::size_t i = 0; i < statements().size(); ++i) {
      if (!statements()[i].name.empty() && statements()[i].name == name) return i;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<std::string> parameter_names() const {
    std::vector<std::string> names;
    for (const ParameterSpec& spec : endpoint_.parameters) names.push_back(spec.name);
    return names;
  }

  [[nodiscard]] std::vector<std::string> statement_names(std::size_t before) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < before; ++i) {
      if (!statements()[i].name.empty()) names.push_back(statements()[i].name);
    }
    return names;
  }

  [[nodiscard]] bool paged() const {
    return endpoint_.shape == Shape::page ||
           std::any_of(statements().begin(), statements().end(), [](const auto& s) { return s.shape == Shape::page; });
  }

  [[nodiscard]] bool built_in(std::string_view name) const {
    return paged() && (name == "page" || name == "page_size");
  }

  void check_parameter_names() {
    for (auto spec = endpoint_.parameters.begin(); spec != endpoint_.parameters.end(); ++spec) {
      const auto first =
          std::find_if(endpoint_.parameters.begin(), spec, [&](const auto& other) { return other.name == spec->name; });
      if (first != spec) {
        report_.error(spec->offset, fmt::format("the parameter `{}` is declared twice", spec->name),
                      fmt::format("it was first declared in line {}", report_.line_of(first->offset)));
      } else if (built_in(spec->name) && (spec->type != ParameterType::integer || spec->list)) {
        report_.error(spec->offset, fmt::format("`{}` of a page is an int", spec->name),
                      "`@shape page` declares it already");
      }
    }
  }

  void check_statement_names() {
    bool writes = false;
    for (std::size_t i = 0; i < statements().size(); ++i) {
      writes = writes || !is_query(statements()[i].text);
      if (!words_[i].name) continue;
      if (const auto first = statement(statements()[i].name); first && *first != i) {
        report_.error(*words_[i].name, fmt::format("the name `{}` is given twice", statements()[i].name),
                      fmt::format("it was first given in line {}", report_.line_of(words_[*first].name->offset)));
      }
    }
    if (writes || statements().size() < 2) return;
    for (const StatementSource& source : statements()) {
      if (source.name.empty()) {
        report_.error(source.offset, "one of several statements has no name",
                      "write `-- @name key` above it: the answer is an object with a key for each statement");
      }
    }
  }

  void check_embed(std::size_t i) {
    const std::optional<EmbedSpec>& embed = statements()[i].embed;
    if (!embed || !words_[i].embed_parent) return;
    const std::optional<std::size_t> parent = statement(embed->parent);
    if (!parent || *parent >= i) {
      report_.error(*words_[i].embed_parent,
                    !parent        ? fmt::format("there is no statement `{}` to embed in", embed->parent)
                    : *parent == i ? std::string("a statement can not be embedded in itself")
                                   : fmt::format("the parent `{}` comes after its child", embed->parent),
                    parent ? "parents stand above their children" : did_you_mean(embed->parent, statement_names(i)));
      return;
    }
    const std::optional<Shape> shape = statements()[*parent].shape;
    if (shape == Shape::value || shape == Shape::rows) {
      report_.error(*words_[i].embed_parent, fmt::format("`{}` has the shape {}, whose rows hold nothing embedded",
                                                         embed->parent, to_string(*shape)));
    }
    for (std::size_t other = 0; other < i; ++other) {
      const std::optional<EmbedSpec>& sibling = statements()[other].embed;
      if (sibling && sibling->parent == embed->parent && sibling->key == embed->key) {
        report_.error(*words_[i].embed_key, fmt::format("`{}` already has a `{}` embedded", embed->parent, embed->key),
                      fmt::format("see line {}", report_.line_of(words_[other].embed_key->offset)));
      }
    }
  }

  void check_when(std::size_t i) {
    std::optional<WhenSpec>& when = statements()[i].when;
    if (!when || !words_[i].when_parameter) return;
    const ParameterSpec* spec = parameter(when->parameter);
    if (spec == nullptr) {
      report_.error(*words_[i].when_parameter, fmt::format("there is no parameter `{}`", when->parameter),
                    did_you_mean(when->parameter, parameter_names()));
      return;
    }
    used_.insert(when->parameter);
    if (spec->list) {
      report_.error(*words_[i].when_parameter,
                    fmt::format("`{}` is a list; @when compares one value", when->parameter));
      return;
    }
    for (std::size_t v = 0; v < when->values.size(); ++v) {
      Value value;
      if (const auto wrong = parse_scalar(*spec, when->values[v], value)) {
        report_.error(words_[i].when_values[v],
                      fmt::format("`{}` can never be `{}`: it {}", spec->name, when->values[v], wrong->message),
                      did_you_mean(when->values[v], spec->choices));
      } else {
        when->values[v] = canonical_text(value);
      }
    }
  }

  void check_shape(std::size_t i) {
    const StatementSource& source = statements()[i];
    const bool several = statements().size() > 1;
    if (several && shape_ && i == 0 && endpoint_.shape != Shape::object && has_named_statement()) {
      report_.error(*shape_,
                    fmt::format("several named statements answer one object, not a {}", to_string(endpoint_.shape)),
                    "write `@shape` below the `@name` of the statement that it is for");
    }
    const Word* at = words_[i].shape ? &*words_[i].shape : shape_ && !several ? &*shape_ : nullptr;
    const Shape shape = source.shape.value_or(several ? Shape::list : endpoint_.shape);
    if (at == nullptr) return;
    if (several && shape == Shape::rows) {
      report_.error(at->offset - 1, "rows are streamed, which only works for a statement on its own",
                    "use `@shape list`");
    }
    if (shape != Shape::page) return;
    if (!is_query(source.text)) {
      report_.error(at->offset - 1, "only a query can be paged");
    } else if (has_limit(source.text)) {
      report_.error(at->offset - 1, "a page adds LIMIT and OFFSET itself, and this statement has a LIMIT already",
                    "leave it out, or use `@shape list`");
    }
    if (source.embed) report_.error(at->offset - 1, "embedded rows can not be paged");
  }

  [[nodiscard]] bool has_named_statement() const {
    return std::any_of(statements().begin(), statements().end(), [](const auto& s) { return !s.name.empty(); });
  }

  // `@name` is a parameter to SQLite, which nobody would bind. `<@` is an operator of PostgreSQL.
  static bool is_at_sign_before(std::string_view text, const Token& token, const Token& next) {
    if (token.kind != TokenKind::operation || next.kind != TokenKind::word || next.offset != token.end()) return false;
    const std::string_view sign = text_of(text, token);
    return sign.ends_with('@') && !sign.ends_with("<@");
  }

  void check_foreign_placeholders(std::size_t i) {
    const std::string_view text = statements()[i].text;
    const std::vector<Token> tokens = tokenize(text);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      std::size_t begin = tokens[t].offset;
      std::size_t end = tokens[t].end();
      if (t + 1 < tokens.size() && is_at_sign_before(text, tokens[t], tokens[t + 1])) {
        begin = end - 1;
        end = tokens[t + 1].end();
      } else if (tokens[t].kind != TokenKind::positional) {
        continue;
      }
      report_.error(statements()[i].offset + begin,
                    fmt::format("`{}` is not how parameters are written here", text.substr(begin, end - begin)),
                    "write `:name`, and declare it: `-- @param name text`");
    }
  }

  void check_placeholder(std::size_t i, const Placeholder& placeholder) {
    const std::size_t offset = statements()[i].offset + placeholder.offset;
    const ParameterSpec* spec = parameter(placeholder.name);
    if (spec != nullptr) used_.insert(placeholder.name);
    if (placeholder.column.empty()) {
      if (spec != nullptr) {
        if (spec->list && !takes_list(statements()[i].text, placeholder)) report_list_outside_in(offset, *spec);
      } else if (!built_in(placeholder.name)) {
        report_undeclared(i, offset, placeholder);
      }
      return;
    }
    if (spec != nullptr && placeholder.column == "given") return;
    const std::optional<std::size_t> source = statement(placeholder.name);
    if (source && *source < i) return;
    report_no_source(i, offset, placeholder, spec, source);
  }

  void report_list_outside_in(std::size_t offset, const ParameterSpec& spec) {
    report_.error(offset, fmt::format("`:{}` is a list, which stands alone within IN ( … )", spec.name),
                  fmt::format("write `IN (:{0})`, or `:{0}.given` to ask whether it was sent", spec.name));
  }

  void report_undeclared(std::size_t i, std::size_t offset, const Placeholder& placeholder) {
    std::string hint = did_you_mean(placeholder.name, parameter_names());
    if (hint.empty() && statement(placeholder.name) && *statement(placeholder.name) < i) {
      hint = fmt::format("`{0}` is a statement: write `:{0}.column`", placeholder.name);
    }
    if (hint.empty()) hint = fmt::format("declare it in the comment at the top: `-- @param {} text`", placeholder.name);
    report_.error(offset, fmt::format("`:{}` is not declared", placeholder.name), std::move(hint));
  }

  void report_no_source(std::size_t i, std::size_t offset, const Placeholder& placeholder, const ParameterSpec* spec,
                        std::optional<std::size_t> source) {
    const std::string text = fmt::format(":{}.{}", placeholder.name, placeholder.column);
    if (spec != nullptr) {
      report_.error(offset, fmt::format("`{}`: a parameter has no `{}`", text, placeholder.column),
                    fmt::format("`:{}.given` tells whether it was sent", placeholder.name));
    } else if (source) {
      report_.error(offset, fmt::format("`{}` reads a statement that has not run yet", text),
                    "a statement may read those above it");
    } else if (placeholder.column == "given") {
      report_.error(offset, fmt::format("`{}`: there is no parameter `{}`", text, placeholder.name),
                    did_you_mean(placeholder.name, parameter_names()));
    } else {
      report_.error(offset, fmt::format("`{}`: there is no statement `{}` above", text, placeholder.name),
                    did_you_mean(placeholder.name, statement_names(i)));
    }
  }

  void check_all_used() {
    for (const ParameterSpec& spec : endpoint_.parameters) {
      if (used_.contains(spec.name) || built_in(spec.name) || report_.has_problem_in_line_of(spec.offset)) continue;
      report_.error(spec.offset, fmt::format("no statement uses the parameter `{}`", spec.name),
                    fmt::format("write `:{}` where it belongs, or remove this line", spec.name));
    }
  }

  EndpointSource& endpoint_;
  const std::vector<StatementWords>& words_;
  const std::optional<Word>& shape_;
  Reporter& report_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace

void check_endpoint(EndpointSource& endpoint, const std::vector<StatementWords>& words,
                    const std::optional<Word>& shape, Reporter& report) {
  Checker(endpoint, words, shape, report).run();
}

}  // namespace freshet::sql
