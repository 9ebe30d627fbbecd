#include "sql/directives.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/config.hpp"
#include "core/text.hpp"
#include "sql/directive_cursor.hpp"
#include "sql/endpoint_checks.hpp"
#include "sql/parameter_directive.hpp"
#include "sql/sections.hpp"

namespace freshet::sql {
namespace {

constexpr std::array shapes{Shape::list, Shape::object, Shape::value, Shape::page, Shape::rows};

// The time of `10m`; nullopt: it is none, or more than a year.
std::optional<std::chrono::milliseconds> duration_from(std::string_view text) {
  constexpr std::chrono::hours year{366 * 24};
  const std::optional<std::chrono::milliseconds> time = parse_duration(text);
  return time && time->count() >= 1 && *time <= year ? time : std::nullopt;
}

// Gathers the prose of the file's first comment: a paragraph of summary, then the description.
class Prose {
 public:
  void line(std::string_view text) {
    if (text.find_first_not_of("-=*#~_ ") == std::string_view::npos) return end_paragraph();
    if (paragraphs_.empty() || ended_) {
      paragraphs_.emplace_back(text);
      ended_ = false;
    } else {
      paragraphs_.back().append("\n").append(text);
    }
  }
  void end_paragraph() { ended_ = true; }

  void put_into(EndpointSource& endpoint) {
    if (paragraphs_.empty()) return;
    endpoint.summary = paragraphs_.front();
    std::replace(endpoint.summary.begin(), endpoint.summary.end(), '\n', ' ');
    for (std::size_t i = 1; i < paragraphs_.size(); ++i) {
      if (i != 1) endpoint.description += "\n\n";
      endpoint.description += paragraphs_[i];
    }
  }

 private:
  std::vector<std::string> paragraphs_;
  bool ended_ = false;
};

class EndpointParser {
 public:
  EndpointParser(EndpointSource& endpoint, Reporter& report) : endpoint_(endpoint), report_(report) {}

  void run() {
    const std::vector<Section> sections = split_sections(endpoint_.text, is_directive, report_);
    for (const Section& section : sections) {
      read_section(section);
      at_top_ = false;
    }
    prose_.put_into(endpoint_);
    if (!deprecation_.empty()) {
      endpoint_.description += endpoint_.description.empty() ? deprecation_ : "\n\n" + deprecation_;
    }
    if (endpoint_.statements.empty()) {
      report_.error(std::size_t{0}, "there is no statement in this file",
                    "an endpoint is one SQL statement or several");
      return;
    }
    check_endpoint(endpoint_, words_, shape_, report_);
  }

 private:
  enum class Scope : std::uint8_t { file, statement, both };
  struct Directive {
    std::string_view word;
    Scope scope;
    void (EndpointParser::*read)(const Word& directive, Cursor& arguments);
  };
  static const std::array<Directive, 13> directives;

  static const Directive* find_directive(std::string_view word) {
    const auto found =
        std::find_if(directives.begin(), directives.end(), [&](const Directive& d) { return d.word == word; });
    return found == directives.end() ? nullptr : &*found;
  }
  static bool is_directive(std::string_view word) { return find_directive(word) != nullptr; }

  void read_section(const Section& section) {
    statement_ = {};
    statement_words_ = {};
    for (const Comment& comment : section.comments) {
      const Word directive = comment.directive();
      if (!directive.empty()) {
        prose_.end_paragraph();
        read_directive(directive, comment.arguments(), section.statement.length != 0);
      } else if (at_top_) {
        if (comment.after_blank_line) prose_.end_paragraph();
        prose_.line(comment.words.text);
      }
    }
    if (section.statement.length != 0) return finish_statement(section.statement);
    if (statement_words_.name) {
      report_.error(*statement_words_.name, fmt::format("there is no statement below `@name {}`", statement_.name));
    }
  }

  void finish_statement(const StatementSpan& span) {
    statement_.text = endpoint_.text.substr(span.offset, span.length);
    statement_.offset = span.offset;
    endpoint_.statements.push_back(std::move(statement_));
    words_.push_back(std::move(statement_words_));
  }

  void read_directive(const Word& word, const Word& arguments, bool statement_follows) {
    const Directive* directive = find_directive(word.text);
    if (directive == nullptr) return report_unknown(word);
    if (directive->scope == Scope::file && !at_top_) {
      report_.error(word.offset - 1, fmt::format("`@{}` is about the whole file", word.text),
                    "write it in the comment at the top");
    } else if (directive->scope != Scope::file && !at_top_ && !statement_follows && word.text != "name") {
      report_.error(word.offset - 1, fmt::format("there is no statement below this `@{}`", word.text));
    }
    Cursor cursor(arguments);
    const std::size_t problems = report_.count();
    (this->*directive->read)(word, cursor);
    if (!cursor.done() && report_.count() == problems) {
      const Word extra = cursor.word();
      report_.error(extra, fmt::format("unexpected `{}` after `@{}`", extra.text, word.text));
    }
  }

  void report_unknown(const Word& word) {
    std::array<std::string_view, std::tuple_size_v<decltype(directives)>> words;
    std::transform(directives.begin(), directives.end(), words.begin(), [](const Directive& d) { return d.word; });
    const std::string_view near = nearest(word.text, words);
    report_.error(word.offset - 1, fmt::format("unknown directive `@{}`", word.text),
                  near.empty() ? fmt::format("directives are @{}", fmt::join(words, ", @"))
                               : fmt::format("did you mean `@{}`?", near));
  }

  // Says so if a directive that may stand once in a file (or for a statement) was there before.
  bool first_time(std::optional<Word>& seen, const Word& word) {
    if (seen) {
      report_.error(word.offset - 1, fmt::format("`@{}` is given twice", word.text),
                    fmt::format("it was first given in line {}", report_.line_of(seen->offset)));
      return false;
    }
    seen = word;
    return true;
  }

  void read_parameter(const Word&, Cursor& cursor) {
    if (auto spec = parse_parameter_directive(cursor.rest(), report_)) endpoint_.parameters.push_back(std::move(*spec));
  }

  void read_name(const Word& word, Cursor& cursor) {
    const Word name = cursor.name();
    if (name.empty()) {
      report_.error(cursor.offset(), "`@name` needs a name of letters, digits and _",
                    "it becomes the key in the answer");
      return;
    }
    statement_.name = name.text;
    statement_words_.name = name;
    static_cast<void>(word);
  }

  void read_shape(const Word& word, Cursor& cursor) {
    const bool for_statement = statement_words_.name.has_value() || !at_top_;
    if (!first_time(for_statement ? statement_words_.shape : shape_, word)) return;
    const Word name = cursor.name();
    const auto shape = std::find_if(shapes.begin(), shapes.end(), [&](Shape s) { return to_string(s) == name.text; });
    if (shape == shapes.end()) {
      constexpr std::array names{std::string_view("list"), std::string_view("object"), std::string_view("value"),
                                 std::string_view("page"), std::string_view("rows")};
      std::string hint = did_you_mean(name.text, names);
      report_.error(name, name.empty() ? "`@shape` needs a shape" : fmt::format("unknown shape `{}`", name.text),
                    hint.empty() ? "shapes are list, object, value, page and rows" : std::move(hint));
      return;
    }
    if (for_statement) {
      statement_.shape = *shape;
    } else {
      endpoint_.shape = *shape;
    }
    if (*shape == Shape::page) read_page_options(cursor);
  }

  void read_page_options(Cursor& cursor) {
    std::optional<Word> size_word;
    while (!cursor.done()) {
      const Word key = cursor.name();
      if ((key.text != "size" && key.text != "max") || !cursor.take("=")) {
        report_.error(key.empty() ? Word{cursor.word()} : key, "a page takes `size=` and `max=`",
                      "`@shape page size=50 max=500`");
        return;
      }
      const Word value = cursor.word();
      const std::optional<std::size_t> count = count_from(value.text);
      constexpr std::size_t page_max = 1'000'000;
      if (!count || *count < 1 || *count > page_max) {
        report_.error(value, fmt::format("`{}` takes a number from 1 to {}", key.text, page_max));
        return;
      }
      if (key.text == "size") size_word = value;
      (key.text == "size" ? endpoint_.page_size_default : endpoint_.page_size_max) = *count;
    }
    if (endpoint_.page_size_default <= endpoint_.page_size_max) return;
    if (size_word) {
      report_.error(*size_word,
                    fmt::format("the page size {} is above its maximum of {}", endpoint_.page_size_default,
                                endpoint_.page_size_max),
                    fmt::format("add `max={}`", endpoint_.page_size_default));
    } else {
      endpoint_.page_size_default = endpoint_.page_size_max;  // only the maximum was given
    }
  }

  // off | TIME | TIME..TIME, and for the last two: stale TIME
  void read_cache(const Word& word, Cursor& cursor) {
    if (!first_time(cache_, word)) return;
    CacheSpec cache;
    cache.offset = word.offset - 1;
    const Word value = cursor.word();
    cache.off = value.text == "off";
    if (!cache.off && !read_cache_times(value, cache)) return;
    if (!cache.off && cursor.at("stale")) {
      static_cast<void>(cursor.word());
      cache.stale = cache_time(cursor.word());
      if (!cache.stale) return;
    }
    endpoint_.cache = cache;
  }

  bool read_cache_times(const Word& word, CacheSpec& cache) {
    const std::size_t dots = word.text.find("..");
    if (dots == std::string_view::npos) {
      cache.ttl = cache_time(word);
      return cache.ttl.has_value();
    }
    cache.ttl_min = cache_time({.text = word.text.substr(0, dots), .offset = word.offset});
    if (!cache.ttl_min) return false;
    cache.ttl = cache_time({.text = word.text.substr(dots + 2), .offset = word.offset + dots + 2});
    if (!cache.ttl) return false;
    if (*cache.ttl_min < *cache.ttl) return true;
    report_.error(word, "the first time of `@cache` is to be the shorter one", "`@cache 5s..1h`");
    return false;
  }

  std::optional<std::chrono::milliseconds> cache_time(const Word& word) {
    const auto time = duration_from(word.text);
    if (time && *time >= std::chrono::seconds(1)) return time;
    report_.error(word, "`@cache` takes a time of at least a second, or off",
                  "`@cache 10m`, `@cache 10m stale 30s`, `@cache 5s..1h`, `@cache off`");
    return std::nullopt;
  }

  // NAME[, NAME]…
  void read_tags(const Word& word, Cursor& cursor) {
    if (!first_time(tags_, word)) return;
    constexpr std::size_t tags_max = 32, length_max = 64;
    constexpr std::string_view characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:";
    do {
      const Word name = cursor.until(", ");
      if (name.empty() || name.text.size() > length_max ||
          name.text.find_first_not_of(characters) != std::string_view::npos) {
        report_.error(name, "`@tags` takes names of letters, digits and _ - . :", "`@tags budget, reports:monthly`");
        return;
      }
      if (std::ranges::find(endpoint_.tags, name.text) != endpoint_.tags.end()) {
        report_.error(name, fmt::format("the tag `{}` is given twice", name.text));
      }
      endpoint_.tags.emplace_back(name.text);
    } while (cursor.take(","));
    if (endpoint_.tags.size() > tags_max) report_.error(word, fmt::format("`@tags` takes up to {} names", tags_max));
  }

  void read_alias(const Word&, Cursor& cursor) {
    const Word route = cursor.word();
    const bool good = route.text.starts_with('/') && route.text.size() > 1 && !route.text.ends_with('/') &&
                      route.text.find("//") == std::string_view::npos &&
                      route.text.find_first_of("?#%\\\"'[]") == std::string_view::npos;
    if (!good) {
      report_.error(route, "`@alias` takes a route like `/summary`",
                    route.text.find('[') != std::string_view::npos ? "a parameter in it is written `{id}`" : "");
      return;
    }
    if (std::ranges::find(endpoint_.aliases, route.text, &AliasSource::route) != endpoint_.aliases.end()) {
      report_.error(route, fmt::format("the alias `{}` is given twice", route.text));
      return;
    }
    endpoint_.aliases.push_back({.route = std::string(route.text), .offset = route.offset});
  }

  void read_status(const Word& word, Cursor& cursor) {
    if (!first_time(status_, word)) return;
    const Word value = cursor.word();
    const std::optional<std::size_t> status = count_from(value.text);
    if (!status || *status < 200 || *status > 299) {
      report_.error(value, "`@status` takes a number from 200 to 299", "failures have statuses of their own");
      return;
    }
    endpoint_.status = static_cast<unsigned>(*status);
  }

  void read_bulk(const Word& word, Cursor& cursor) {
    if (!first_time(bulk_, word)) return;
    endpoint_.bulk = true;
    if (cursor.done()) return;
    const std::size_t offset = cursor.offset();
    const bool max = cursor.name().text == "max" && cursor.take("=");
    const std::optional<std::size_t> count = max ? count_from(cursor.word().text) : std::nullopt;
    constexpr std::size_t bulk_max = 1'000'000;
    if (!count || *count < 1 || *count > bulk_max) {
      report_.error(offset, fmt::format("`@bulk` takes `max=` and a number from 1 to {}", bulk_max), "`@bulk max=500`");
      return;
    }
    endpoint_.bulk_max = *count;
  }

  void read_timeout(const Word& word, Cursor& cursor) {
    if (!first_time(timeout_, word)) return;
    const Word value = cursor.word();
    const auto timeout = duration_from(value.text);
    if (!timeout) {
      report_.error(value, "`@timeout` takes a time", "`@timeout 5s`, `@timeout 500ms`");
      return;
    }
    endpoint_.timeout = *timeout;
  }

  void read_deprecated(const Word& word, Cursor& cursor) {
    if (!first_time(deprecated_, word)) return;
    endpoint_.deprecated = true;
    const Word words = cursor.rest();
    if (!words.empty()) deprecation_ = fmt::format("Deprecated: {}", words.text);
  }

  void read_column(const Word&, Cursor& cursor) {
    const Word name = cursor.name();
    const Word type = cursor.name();
    if (name.empty() || type.empty()) {
      report_.error(cursor.offset(), "`@column` needs a name and a type", "`@column total decimal`");
      return;
    }
    const std::optional<ColumnType> column_type = column_type_from(type.text);
    if (!column_type) {
      constexpr std::array further{std::string_view("number"), std::string_view("any"), std::string_view("blob")};
      const std::string near = did_you_mean(type.text, further);
      report_.error(type, fmt::format("unknown type `{}`", type.text), near.empty() ? type_hint(type.text) : near);
      return;
    }
    for (const ColumnSpec& other : statement_.columns) {
      if (other.name == name.text) report_.error(name, fmt::format("the column `{}` is described twice", name.text));
    }
    const bool nullable = cursor.at("nullable");
    if (nullable) static_cast<void>(cursor.name());
    statement_.columns.push_back({.name = std::string(name.text), .type = *column_type, .nullable = nullable});
  }

  void read_when(const Word& word, Cursor& cursor) {
    if (!first_time(statement_words_.when_parameter, word)) return;
    const Word parameter = cursor.name();
    if (parameter.empty() || !cursor.take("=") || cursor.done()) {
      report_.error(parameter.empty() ? cursor.offset() : parameter.offset, "`@when` needs a parameter and values",
                    "`@when level = transactions, subcategories`");
      statement_words_.when_parameter.reset();
      return;
    }
    statement_words_.when_parameter = parameter;
    WhenSpec when{.parameter = std::string(parameter.text), .values = {}};
    do {
      const Word value = cursor.until(",");
      if (value.empty()) {
        report_.error(value, "a value is missing here");
        continue;
      }
      when.values.emplace_back(value.text);
      statement_words_.when_values.push_back(value);
    } while (cursor.take(","));
    statement_.when = std::move(when);
  }

  // [one] KEY in PARENT on CHILD_COLUMN = PARENT_COLUMN
  void read_embed(const Word& word, Cursor& cursor) {
    if (!first_time(statement_words_.embed_key, word)) return;
    EmbedSpec embed;
    Word key = cursor.name();
    Word in = cursor.name();
    if (key.text == "one" && in.text != "in") {
      embed.single = true;
      key = std::exchange(in, cursor.name());
    }
    const Word parent = cursor.name();
    const Word on = cursor.name();
    const Word child_column = cursor.name();
    const bool equals = cursor.take("=");
    const Word parent_column = cursor.name();
    if (in.text != "in" || on.text != "on" || !equals || parent_column.empty()) {
      report_.error(
          word.offset - 1, "`@embed` needs a key, a parent and what joins them",
          "`@embed lines in invoices on invoice_id = id`, or `@embed one artist in albums on id = artist_id`");
      return;
    }
    embed.key = key.text;
    embed.parent = parent.text;
    embed.child_column = child_column.text;
    embed.parent_column = parent_column.text;
    statement_words_.embed_key = key;
    statement_words_.embed_parent = parent;
    statement_.embed = std::move(embed);
  }

  EndpointSource& endpoint_;
  Reporter& report_;
  Prose prose_;
  std::string deprecation_;
  StatementSource statement_;
  StatementWords statement_words_;
  std::vector<StatementWords> words_;
  std::optional<Word> shape_, cache_, tags_, status_, bulk_, timeout_, deprecated_;
  bool at_top_ = true;
};

constexpr std::array<EndpointParser::Directive, 13> EndpointParser::directives{{
    {"param", Scope::file, &EndpointParser::read_parameter},
    {"shape", Scope::both, &EndpointParser::read_shape},
    {"name", Scope::statement, &EndpointParser::read_name},
    {"embed", Scope::statement, &EndpointParser::read_embed},
    {"when", Scope::statement, &EndpointParser::read_when},
    {"column", Scope::both, &EndpointParser::read_column},
    {"cache", Scope::file, &EndpointParser::read_cache},
    {"tags", Scope::file, &EndpointParser::read_tags},
    {"alias", Scope::file, &EndpointParser::read_alias},
    {"status", Scope::file, &EndpointParser::read_status},
    {"bulk", Scope::file, &EndpointParser::read_bulk},
    {"timeout", Scope::file, &EndpointParser::read_timeout},
    {"deprecated", Scope::file, &EndpointParser::read_deprecated},
}};

}  // namespace

std::string_view to_string(Shape shape) noexcept {
  switch (shape) {
    case Shape::list:
      return "list";
    case Shape::object:
      return "object";
    case Shape::value:
      return "value";
    case Shape::page:
      return "page";
    case Shape::rows:
      return "rows";
  }
  return "list";
}

EndpointSource parse_endpoint(std::string file, std::string text, Diagnostics& problems) {
  EndpointSource endpoint;
  endpoint.file = std::move(file);
  endpoint.text = std::move(text);
  if (constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF"; endpoint.text.starts_with(byte_order_mark)) {
    endpoint.text.erase(0, byte_order_mark.size());
  }
  Reporter report(endpoint.file, endpoint.text, problems);
  if (!valid_utf8(endpoint.text) || endpoint.text.find('\0') != std::string::npos) {
    report.error(std::size_t{0}, "this file is not UTF-8 text");
    return endpoint;
  }
  const auto own = static_cast<std::ptrdiff_t>(problems.size());
  EndpointParser(endpoint, report).run();
  const auto where = [](const Error& error) {
    return error.place() ? std::pair(error.place()->line, error.place()->column) : std::pair(0U, 0U);
  };
  std::stable_sort(problems.begin() + own, problems.end(),
                   [&](const Error& a, const Error& b) { return where(a) < where(b); });
  return endpoint;
}

}  // namespace freshet::sql
