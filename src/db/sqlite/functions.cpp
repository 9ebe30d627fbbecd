#include "db/sqlite/functions.hpp"

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/decimal.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

#include <re2/re2.h>
#include <sys/random.h>

namespace freshet::db::sqlite {
namespace {

std::string_view text_of(sqlite3_value* value) {
  const unsigned char* text = sqlite3_value_text(value);
  return text == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(text),
                                            static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

void result_text(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// An error that is about the argument, not about the server: it reaches the client as 422.
void refuse(sqlite3_context* context, const std::string& message) {
  sqlite3_result_error(context, message.data(), static_cast<int>(message.size()));
  sqlite3_result_error_code(context, SQLITE_CONSTRAINT_FUNCTION);
}

/// What must not cross SQLite's frames: exceptions.
template <class Body>
void guarded(sqlite3_context* context, const Body& body) noexcept {
  try {
    body();
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  } catch (const std::exception& failure) {
    sqlite3_result_error(context, failure.what(), -1);
  }
}

bool any_null(int count, sqlite3_value** values) {
  for (int i = 0; i < count; ++i) {
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) return true;
  }
  return false;
}

std::optional<int> scale_of(sqlite3_value* value) {
  const sqlite3_int64 scale = sqlite3_value_int64(value);
  if (sqlite3_value_type(value) != SQLITE_INTEGER || scale < 0 || scale > 18) return std::nullopt;
  return static_cast<int>(scale);
}

std::optional<Decimal> decimal_of(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return Decimal::from_minor(sqlite3_value_int64(value), 0);
    case SQLITE_FLOAT:
      return Decimal::from_double(sqlite3_value_double(value));
    case SQLITE_TEXT:
      return Decimal::parse(text_of(value));
    default:
      return std::nullopt;
  }
}

void to_minor(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return;
  guarded(context, [&] {
    const std::optional<int> scale = scale_of(values[1]);
    if (!scale) return refuse(context, "to_minor: the scale must be an integer from 0 to 18");
    const std::optional<Decimal> amount = decimal_of(values[0]);
    if (!amount) return refuse(context, fmt::format("`{}` is not a decimal number", text_of(values[0]).substr(0, 64)));
    const Expected<std::int64_t> minor = amount->to_minor(*scale);
    if (minor.has_error()) return refuse(context, minor.error().message());
    sqlite3_result_int64(context, *minor);
  });
}

void from_minor(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return;
  guarded(context, [&] {
    const std::optional<int> scale = scale_of(values[1]);
    if (!scale) return refuse(context, "from_minor: the scale must be an integer from 0 to 18");
    // A sum() over REAL columns and text that looks like a number are refused: they are not exact.
    if (sqlite3_value_type(values[0]) != SQLITE_INTEGER) {
      return refuse(context, "from_minor: the amount must be an integer number of minor units");
    }
    result_text(context, Decimal::from_minor(sqlite3_value_int64(values[0]), *scale).to_text());
  });
}

void month_of_date(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return;
  guarded(context, [&] {
    const std::optional<std::string> month = month_of(text_of(values[0]));
    if (month) result_text(context, *month);
  });
}

void month_add(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return;
  guarded(context, [&] {
    const std::optional<std::chrono::year_month> month = parse_month(text_of(values[0]));
    if (!month || sqlite3_value_type(values[1]) != SQLITE_INTEGER) return;
    const auto later = add_months(*month, sqlite3_value_int64(values[1]));
    if (later) result_text(context, to_text(*later));
  });
}

void uuid(sqlite3_context* context, int, sqlite3_value**) {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    sqlite3_result_error(context, "no randomness", -1);
    return;
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
  std::array<char, 36> text{};
  constexpr std::string_view digits = "0123456789abcdef";
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    text[at++] = digits[bytes[i] >> 4U];
    text[at++] = digits[bytes[i] & 0x0fU];
  }
  result_text(context, {text.data(), text.size()});
}

void current_time(sqlite3_context* context, int, sqlite3_value**) {
  guarded(context, [&] { result_text(context, to_text(now())); });
}

/// For links that an answer carries.
void url_encode(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return;
  guarded(context, [&] { result_text(context, percent_encode(text_of(values[0]))); });
}

/// `text REGEXP pattern` calls regexp(pattern, text). A constant pattern is compiled once a statement.
void regexp(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return;
  guarded(context, [&] {
    auto* compiled = static_cast<re2::RE2*>(sqlite3_get_auxdata(context, 0));
    std::unique_ptr<re2::RE2> fresh;
    if (compiled == nullptr) {
      re2::RE2::Options options;
      options.set_log_errors(false);
      const std::string_view pattern = text_of(values[0]);
      fresh = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
      if (!fresh->ok()) return refuse(context, fmt::format("REGEXP: the pattern is not valid: {}", fresh->error()));
      compiled = fresh.get();
    }
    const std::string_view text = text_of(values[1]);
    sqlite3_result_int(context, re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled) ? 1 : 0);
    if (fresh) {
      sqlite3_set_auxdata(context, 0, fresh.release(),
                          [](void* pattern) { std::unique_ptr<re2::RE2>(static_cast<re2::RE2*>(pattern)).reset(); });
    }
  });
}

struct Function {
  const char* name;
  int arguments;
  bool deterministic;
  void (*body)(sqlite3_context*, int, sqlite3_value**);
};

constexpr std::array functions = {
    Function{"to_minor", 2, true, to_minor},
    Function{"from_minor", 2, true, from_minor},
    Function{"month_of", 1, true, month_of_date},
    Function{"month_add", 2, true, month_add},
    Function{"uuid", 0, false, uuid},
    Function{"now", 0, false, current_time},
    Function{"regexp", 2, true, regexp},
    Function{"url_encode", 1, true, url_encode},
};

}  // namespace

void register_functions(sqlite3* handle) {
  for (const Function& function : functions) {
    const int flags = SQLITE_UTF8 | SQLITE_INNOCUOUS | (function.deterministic ? SQLITE_DETERMINISTIC : 0);
    sqlite3_create_function_v2(handle, function.name, function.arguments, flags, nullptr, function.body, nullptr,
                               nullptr, nullptr);
  }
}

}  // namespace freshet::db::sqlite
