#include "core/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "core/text.hpp"

namespace freshet {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t factor;
};

// A whole number followed by one of `units`; the product must fit.
std::optional<std::int64_t> parse_with_unit(std::string_view text, std::initializer_list<Unit> units) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (suffix.starts_with(' ')) suffix.remove_prefix(1);
  for (const Unit& unit : units) {
    if (suffix != unit.suffix) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

constexpr std::int64_t kib = 1024;

// As parse_bytes() reads it: 1048576 → "1MB".
std::string size_text(std::int64_t bytes) {
  constexpr std::array<Unit, 3> units{{{"GB", kib * kib * kib}, {"MB", kib * kib}, {"KB", kib}}};
  for (const Unit& unit : units) {
    if (bytes != 0 && bytes % unit.factor == 0) return fmt::format("{}{}", bytes / unit.factor, unit.suffix);
  }
  return fmt::format("{}", bytes);
}

}  // namespace

std::optional<std::string> Environment::get(const std::string& name) const {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto ms = parse_with_unit(text, {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}});
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds(*ms);
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  return parse_with_unit(text, {{"", 1}, {"B", 1}, {"KB", kib}, {"MB", kib * kib}, {"GB", kib * kib * kib}});
}

Expected<std::string> expand_environment(std::string_view text, const Environment& environment) {
  std::string out;
  while (true) {
    const std::size_t start = text.find("${");
    out += text.substr(0, start);
    if (start == std::string_view::npos) return out;
    const std::size_t end = text.find('}', start);
    if (end == std::string_view::npos) return Error(ErrorKind::config, "`${` without its `}`");
    std::string_view name = text.substr(start + 2, end - start - 2);
    std::optional<std::string> fallback;
    if (const std::size_t dash = name.find(":-"); dash != std::string_view::npos) {
      fallback = std::string(name.substr(dash + 2));
      name = name.substr(0, dash);
    }
    std::optional<std::string> value = environment.get(std::string(name));
    // As in the shell, `:-` stands in for a variable that is set but empty too.
    if (fallback && (!value || value->empty())) value = std::move(fallback);
    if (!value) {
      return Error(ErrorKind::config, fmt::format("the environment variable {} is not set", name))
          .hinting(fmt::format("set it, or give a fallback: ${{{}:-…}}", name));
    }
    out += *value;
    text = text.substr(end + 1);
  }
}

struct ConfigFile::Impl {
  Impl(std::string name, std::string content, const Environment& variables, Diagnostics& found)
      : file(std::move(name)), text(std::move(content)), environment(variables), problems(found) {}

  std::string file;
  std::string text;
  const Environment& environment;
  Diagnostics& problems;
  toml::table root;

  void note(const toml::source_region& where, std::string message, std::string hint = {}) {
    Error error(ErrorKind::config, std::move(message));
    const auto line = static_cast<std::uint32_t>(where.begin.line);
    error.at({.file = file, .line = line, .column = static_cast<std::uint32_t>(where.begin.column)});
    problems.push_back(std::move(error).with_source_line(line_text(line)).hinting(std::move(hint)));
  }

  [[nodiscard]] std::string line_text(std::uint32_t line) const {
    std::size_t start = 0;
    for (std::uint32_t i = 1; i < line; ++i) {
      const std::size_t next = text.find('\n', start);
      if (next == std::string::npos) return {};
      start = next + 1;
    }
    return text.substr(start, text.find('\n', start) - start);
  }
};

struct ConfigFile::Table::State {
  Impl* impl = nullptr;
  const toml::table* table = nullptr;  // null: absent
  std::string path;                    // "server.tls", for messages
  std::vector<std::string> asked;
  const toml::node* unexpanded = nullptr;  // its variables are not there, which has been noted

  const toml::node* find(std::string_view key) {
    asked.emplace_back(key);
    return table == nullptr ? nullptr : table->get(key);
  }
  [[nodiscard]] std::string full_name(std::string_view key) const {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  }
  void wrong(std::string_view key, const toml::node& node, std::string_view expected) {
    if (&node == unexpanded) return;
    impl->note(node.source(), fmt::format("`{}` must be {}", full_name(key), expected));
  }
  // The text of a string node with its variables replaced; nullopt: no text, or a problem that has been noted.
  std::optional<std::string> text(const toml::node& node) {
    const auto raw = node.value_exact<std::string>();
    if (!raw) return std::nullopt;
    Expected<std::string> expanded = expand_environment(*raw, impl->environment);
    if (expanded.has_value()) return *expanded;
    impl->note(node.source(), expanded.error().message(), expanded.error().hint());
    unexpanded = &node;
    return std::nullopt;
  }
};

ConfigFile::ConfigFile(std::string file, std::string text, const Environment& environment, Diagnostics& problems)
    : impl_(std::make_unique<Impl>(std::move(file), std::move(text), environment, problems)) {
  try {
    impl_->root = toml::parse(impl_->text, impl_->file);
  } catch (const toml::parse_error& error) {
    impl_->note(error.source(), fmt::format("not valid TOML: {}", error.description()));
  }
}
ConfigFile::~ConfigFile() = default;

ConfigFile::Table ConfigFile::root() {
  auto state = std::make_shared<Table::State>();
  state->impl = impl_.get();
  state->table = &impl_->root;
  return Table(std::move(state));
}

std::string ConfigFile::Table::string(std::string_view key, std::string fallback) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  if (auto text = state_->text(*node)) return *std::move(text);
  state_->wrong(key, *node, "a string");
  return fallback;
}

bool ConfigFile::Table::boolean(std::string_view key, bool fallback) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  if (const auto value = node->value_exact<bool>()) return *value;
  state_->wrong(key, *node, "true or false");
  return fallback;
}

std::int64_t ConfigFile::Table::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                        std::int64_t max) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  std::optional<std::int64_t> value = node->value_exact<std::int64_t>();
  if (!value && node->is_string()) {  // "${PORT}"
    const std::string text = state_->text(*node).value_or("");
    std::int64_t parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error == std::errc{} && end == text.data() + text.size()) value = parsed;
  }
  if (value && *value >= min && *value <= max) return *value;
  state_->wrong(key, *node, fmt::format("a whole number from {} to {}", min, max));
  return fallback;
}

std::chrono::milliseconds ConfigFile::Table::duration(std::string_view key, std::chrono::milliseconds fallback,
                                                      std::chrono::milliseconds min) {
  constexpr std::chrono::hours max{365 * 24};
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  std::optional<std::chrono::milliseconds> value;
  if (const auto seconds = node->value_exact<std::int64_t>();
      seconds && *seconds >= 0 && *seconds <= max / std::chrono::seconds(1)) {
    value = std::chrono::seconds(*seconds);
  } else if (const auto text = state_->text(*node)) {
    value = parse_duration(*text);
  }
  if (value && *value >= min && *value <= max) return *value;
  const std::string_view bounds = min.count() > 0 ? " above 0 and up to a year" : " of up to a year";
  state_->wrong(key, *node, fmt::format("a duration{}, like \"250ms\", \"10s\", \"5m\" or \"1h\"", bounds));
  return fallback;
}

std::int64_t ConfigFile::Table::bytes(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  std::optional<std::int64_t> value = node->value_exact<std::int64_t>();
  if (const auto text = value ? std::nullopt : state_->text(*node)) value = parse_bytes(*text);
  if (value && *value >= min && *value <= max) return *value;
  state_->wrong(key, *node,
                fmt::format("a size from {} to {}, like \"64KB\" or \"1MB\"", size_text(min), size_text(max)));
  return fallback;
}

std::vector<std::string> ConfigFile::Table::strings(std::string_view key, std::vector<std::string> fallback) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    state_->wrong(key, *node, "an array of strings");
    return fallback;
  }
  std::vector<std::string> out;
  for (const toml::node& item : *array) {
    auto text = state_->text(item);
    if (!text) {
      state_->wrong(key, item, "an array of strings");
      return fallback;
    }
    out.push_back(*std::move(text));
  }
  return out;
}

std::size_t ConfigFile::Table::choice(std::string_view key, std::size_t fallback,
                                      const std::vector<std::string_view>& choices) {
  const toml::node* node = state_->find(key);
  if (node == nullptr) return fallback;
  const std::string text = state_->text(*node).value_or("");
  const auto found = std::find(choices.begin(), choices.end(), text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  state_->wrong(key, *node, fmt::format("one of {}", fmt::join(choices, ", ")));
  return fallback;
}

ConfigFile::Table ConfigFile::Table::table(std::string_view key) {
  const toml::node* node = state_->find(key);
  auto state = std::make_shared<State>();
  state->impl = state_->impl;
  state->path = state_->full_name(key);
  if (node != nullptr) {
    state->table = node->as_table();
    if (state->table == nullptr) state_->wrong(key, *node, "a table");
  }
  return Table(std::move(state));
}

std::vector<ConfigFile::Table> ConfigFile::Table::tables(std::string_view key) {
  std::vector<Table> tables;
  const toml::node* node = state_->find(key);
  if (node == nullptr) return tables;
  const toml::array* array = node->as_array();
  if (array == nullptr || !array->is_homogeneous<toml::table>()) {
    state_->wrong(key, *node, fmt::format("tables, as in [[{}]]", state_->full_name(key)));
    return tables;
  }
  for (const toml::node& item : *array) {
    auto state = std::make_shared<State>();
    state->impl = state_->impl;
    state->path = state_->full_name(key);
    state->table = item.as_table();
    tables.push_back(Table(std::move(state)));
  }
  return tables;
}

bool ConfigFile::Table::has(std::string_view key) const {
  return state_->table != nullptr && state_->table->contains(key);
}

std::vector<std::string> ConfigFile::Table::keys() const {
  std::vector<std::string> keys;
  if (state_->table == nullptr) return keys;
  for (const auto& [key, node] : *state_->table) keys.emplace_back(key.str());
  return keys;
}

void ConfigFile::Table::skip(std::string_view key) { state_->asked.emplace_back(key); }

void ConfigFile::Table::finish() {
  if (state_->table == nullptr) return;
  for (const auto& [key, node] : *state_->table) {
    if (std::find(state_->asked.begin(), state_->asked.end(), key.str()) != state_->asked.end()) continue;
    state_->impl->note(key.source(), fmt::format("unknown setting `{}`", state_->full_name(key.str())),
                       did_you_mean(key.str(), state_->asked));
  }
}

void ConfigFile::Table::problem(std::string_view key, std::string message, std::string hint) {
  const toml::node* node = state_->table == nullptr ? nullptr : state_->table->get(key);
  state_->impl->note(node == nullptr ? toml::source_region{} : node->source(), std::move(message), std::move(hint));
}

}  // namespace freshet
