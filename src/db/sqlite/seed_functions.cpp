#include "db/sqlite/seed_functions.hpp"

#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sqlite3.h>

#include "db/seed_random.hpp"
#include "db/sqlite/seed_series.hpp"

namespace freshet::db::sqlite {

namespace {

std::string_view text_of(sqlite3_value* value) {
  const unsigned char* const text = sqlite3_value_text(value);
  return text == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(text),
                                            static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

/// One call: its arguments, and where its answer or its complaint goes.
struct Call {
  sqlite3_context* context;
  int count;
  sqlite3_value** values;
  const char* name;

  void refuse(std::string_view why) const {
    const std::string message = fmt::format("{}: {}", name, why);
    sqlite3_result_error(context, message.data(), static_cast<int>(message.size()));
  }

  /// The bits for the purpose and key at argument `at`; none, and an error, if they are not what they must be.
  [[nodiscard]] std::optional<std::uint64_t> bits(int at) const {
    const auto seed = *static_cast<const std::int64_t*>(sqlite3_user_data(context));
    sqlite3_value* const key = values[at + 1];
    if (sqlite3_value_type(values[at]) != SQLITE_TEXT) {
      refuse("the purpose must be a text, such as 'amount'");
      return std::nullopt;
    }
    const std::string_view purpose = text_of(values[at]);
    switch (sqlite3_value_type(key)) {
      case SQLITE_INTEGER:
        return seed_bits(seed, purpose, static_cast<std::int64_t>(sqlite3_value_int64(key)));
      case SQLITE_TEXT:
        return seed_bits(seed, purpose, text_of(key));
      default:
        break;
    }
    refuse("the key must be an integer or a text, and not NULL");
    return std::nullopt;
  }

  [[nodiscard]] std::optional<double> number(int at, std::string_view what) const {
    const int type = sqlite3_value_type(values[at]);
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) return sqlite3_value_double(values[at]);
    refuse(fmt::format("{} must be a number", what));
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::int64_t> integer(int at, std::string_view what) const {
    const int type = sqlite3_value_type(values[at]);
    const double real = type == SQLITE_FLOAT ? sqlite3_value_double(values[at]) : 0.5;
    if (type == SQLITE_INTEGER || (std::floor(real) == real && std::fabs(real) < 0x1p53)) {
      return sqlite3_value_int64(values[at]);
    }
    refuse(fmt::format("{} must be an integer", what));
    return std::nullopt;
  }
};

void rnd(const Call& call) {
  if (const auto bits = call.bits(0)) sqlite3_result_double(call.context, uniform(*bits));
}

void rnd_int(const Call& call) {
  const auto low = call.integer(0, "the first bound");
  if (!low) return;
  const auto high = call.integer(1, "the last bound");
  if (!high) return;
  if (*low > *high) return call.refuse(fmt::format("there is no integer from {} to {}", *low, *high));
  if (const auto bits = call.bits(2)) sqlite3_result_int64(call.context, uniform_between(*bits, *low, *high));
}

void rnd_normal(const Call& call) {
  const auto mean = call.number(0, "the mean");
  if (!mean) return;
  const auto deviation = call.number(1, "the standard deviation");
  if (!deviation) return;
  if (const auto bits = call.bits(2)) {
    sqlite3_result_double(call.context, *mean + *deviation * standard_normal(*bits));
  }
}

void rnd_lognormal(const Call& call) {
  constexpr double sigma_max = 80;  // e^(80 × 8.3) is still a number
  const auto median = call.number(0, "the median");
  if (!median) return;
  const auto sigma = call.number(1, "sigma");
  if (!sigma) return;
  if (!(std::fabs(*sigma) <= sigma_max)) return call.refuse("sigma must be between -80 and 80");
  if (const auto bits = call.bits(2)) {
    sqlite3_result_double(call.context, *median * exact_exp(*sigma * standard_normal(*bits)));
  }
}

void rnd_pick(const Call& call) {
  if (call.count < 3) return call.refuse("needs a purpose, a key and at least one value");
  const auto bits = call.bits(0);
  if (!bits) return;
  const auto choices = static_cast<std::uint64_t>(call.count - 2);
  sqlite3_result_value(call.context, call.values[2 + static_cast<int>(uniform_below(*bits, choices))]);
}

void rnd_weighted(const Call& call) {
  if (call.count < 4 || call.count % 2 != 0)
    return call.refuse("needs a purpose, a key, and pairs of value and weight");
  const auto bits = call.bits(0);
  if (!bits) return;
  double total = 0;
  for (int i = 3; i < call.count; i += 2) {
    const auto weight = call.number(i, "a weight");
    if (!weight) return;
    if (!(*weight >= 0) || !std::isfinite(*weight)) return call.refuse("a weight must not be negative");
    total += *weight;
  }
  if (!(total > 0)) return call.refuse("one weight at least must be above 0");
  double left = uniform(*bits) * total;
  int chosen = 0;
  for (int i = 3; i < call.count; i += 2) {
    const double weight = sqlite3_value_double(call.values[i]);
    if (weight > 0) chosen = i - 1;
    if (left < weight) break;
    left -= weight;
  }
  sqlite3_result_value(call.context, call.values[chosen]);
}

struct Function {
  const char* name;
  int arguments;  // -1: any number
  void (*body)(const Call&);
};

constexpr std::array functions = {
    Function{"rnd", 2, rnd},
    Function{"rnd_int", 4, rnd_int},
    Function{"rnd_normal", 4, rnd_normal},
    Function{"rnd_lognormal", 4, rnd_lognormal},
    Function{"rnd_pick", -1, rnd_pick},
    Function{"rnd_weighted", -1, rnd_weighted},
};

/// One C function for each entry of the table: SQLite does not pass the name along.
template <std::size_t Index>
void enter(sqlite3_context* context, int count, sqlite3_value** values) {
  try {
    functions[Index].body({.context = context, .count = count, .values = values, .name = functions[Index].name});
  } catch (const std::exception& failure) {  // must not cross SQLite's frames
    sqlite3_result_error(context, failure.what(), -1);
  }
}

template <std::size_t... Index>
void register_all(sqlite3* handle, std::int64_t seed, std::index_sequence<Index...>) {
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  const auto release = [](void* kept) { std::unique_ptr<std::int64_t>(static_cast<std::int64_t*>(kept)).reset(); };
  (sqlite3_create_function_v2(handle, functions[Index].name, functions[Index].arguments, flags,
                              std::make_unique<std::int64_t>(seed).release(), enter<Index>, nullptr, nullptr, release),
   ...);
}

}  // namespace

void register_seed_functions(sqlite3* handle, std::int64_t seed) {
  register_all(handle, seed, std::make_index_sequence<functions.size()>());
  register_seed_series(handle);
}

}  // namespace freshet::db::sqlite
