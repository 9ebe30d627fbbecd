// freshet cache stats, ls, get, invalidate: what a running server keeps, and what of it is to be made anew.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include "cli/admin_client.hpp"
#include "cli/cache_commands.hpp"
#include "cli/report.hpp"
#include "core/json_writer.hpp"
#include "core/text.hpp"

namespace freshet::cli {
namespace {

using simdjson::dom::element;

struct CacheArguments {
  ServerArguments server;
  bool json = false;
  std::string prefix, tag, key;
  std::size_t limit = 100;
  bool everything = false;
};

std::int64_t number(const element& from, std::string_view name) {
  std::int64_t value = 0;
  return from[name].get(value) == simdjson::SUCCESS ? value : 0;
}
std::string_view text(const element& from, std::string_view name) {
  std::string_view value;
  return from[name].get(value) == simdjson::SUCCESS ? value : std::string_view();
}
bool flag(const element& from, std::string_view name) {
  bool value = false;
  return from[name].get(value) == simdjson::SUCCESS && value;
}
std::vector<element> list(const element& from, std::string_view name) {
  simdjson::dom::array array;
  std::vector<element> out;
  if (from[name].get(array) == simdjson::SUCCESS) out.assign(array.begin(), array.end());
  return out;
}

std::string count_text(std::int64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::int64_t kib = 1024, mib = kib * kib;
  if (bytes < kib) return fmt::format("{} B", bytes);
  if (bytes < mib) return fmt::format("{:.1f} KB", static_cast<double>(bytes) / kib);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / mib);
}

std::string time_text(std::int64_t milliseconds) {
  const std::int64_t seconds = milliseconds / 1000;
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (seconds < 7200) return fmt::format("{}m", seconds / 60);
  return fmt::format("{}h", seconds / 3600);
}

std::string share_text(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f}%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

/// Rows in columns: numbers to the right, texts to the left.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  /// The first `left` columns are texts.
  void print(std::size_t left) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], utf8_length(row[i]));
    }
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string pad(widths[i] - utf8_length(row[i]), ' ');
        line += (i == 0 ? "" : "  ") + (i < left ? row[i] + pad : pad + row[i]);
      }
      const std::size_t end = line.find_last_not_of(' ');
      line.resize(end == std::string::npos ? 0 : end + 1);
      fmt::print("{}\n", &row == &rows_.front() ? styled(STDOUT_FILENO, "1", line) : line);
    }
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

void print_total(const element& cache) {
  const std::int64_t hits = number(cache, "hits"), misses = number(cache, "misses"), stale = number(cache, "stale");
  const element refused = cache["refused"].value();
  const element feed = cache["feed"].value();
  const auto line = [](std::string_view word, const std::string& value) { fmt::print("{:<12}{}\n", word, value); };
  line("kept", fmt::format("{} answers, {} of {}", count_text(number(cache, "entries")),
                           bytes_text(number(cache, "bytes")), bytes_text(number(cache, "bytes_max"))));
  line("hits", fmt::format("{} of {} ({})", count_text(hits), count_text(hits + misses + stale),
                           share_text(hits, hits + misses + stale)));
  line("misses", fmt::format("{}, {} of them answered by another's work", count_text(misses),
                             count_text(number(cache, "waited"))));
  line("stale", count_text(stale));
  line("bypassed", count_text(number(cache, "bypasses")));
  line("not kept",
       fmt::format("{} too large, {} changed meanwhile, {} of an unknown state",
                   count_text(number(refused, "too_large")), count_text(number(refused, "changed_meanwhile")),
                   count_text(number(refused, "state_unknown"))));
  line("dropped", fmt::format("{} for room, {} because something changed", count_text(number(cache, "evictions")),
                              count_text(number(cache, "dead"))));
  const element warmer = cache["warmer"].value();
  const element predictions = warmer["predictions"].value();
  line("made ahead", fmt::format("{} again, {} guessed, {} named by the app", count_text(number(warmer, "revived")),
                                 count_text(number(warmer, "predicted")), count_text(number(warmer, "listed"))));
  const std::int64_t used = number(predictions, "used");
  line("guesses",
       fmt::format("{} came true of {}", count_text(used), count_text(used + number(predictions, "wasted"))));
  const std::string_view reason = text(feed, "reason");
  line("changes", fmt::format("seen by {}{}; {} read, {} gaps, {} failures", text(feed, "mode"),
                              reason.empty() ? "" : fmt::format(" ({})", reason), count_text(number(feed, "changes")),
                              count_text(number(feed, "gaps")), count_text(number(feed, "failures"))));
}

void print_stats(const element& cache) {
  print_total(cache);
  Table routes({"ROUTE", "ENTRIES", "BYTES", "HITS", "MISSES", "HIT RATIO", "DEAD", "EVICTED"});
  for (const element& route : list(cache, "routes")) {
    const std::int64_t hits = number(route, "hits"), misses = number(route, "misses");
    routes.add({std::string(text(route, "route")), count_text(number(route, "entries")),
                bytes_text(number(route, "bytes")), count_text(hits), count_text(misses),
                share_text(hits, hits + misses), count_text(number(route, "dead")),
                count_text(number(route, "evictions"))});
  }
  fmt::print("\n");
  routes.print(1);
  const std::vector<element> tags = list(cache, "tags");
  if (tags.empty()) return;
  Table changed({"CHANGED MOST", "CHANGES", "HELD BY"});
  for (const element& tag : tags) {
    changed.add(
        {std::string(text(tag, "tag")), count_text(number(tag, "changes")), count_text(number(tag, "holders"))});
  }
  fmt::print("\n");
  changed.print(1);
}

void print_entries(const element& found) {
  const std::vector<element> entries = list(found, "entries");
  Table table({"KEY", "STATUS", "BYTES", "AGE", "TAGS", ""});
  for (const element& entry : entries) {
    const bool alive = flag(entry, "alive");
    table.add({std::string(text(entry, "key")), count_text(number(entry, "status")), bytes_text(number(entry, "bytes")),
               time_text(number(entry, "age_ms")), count_text(number(entry, "tags")), alive ? "" : "ended"});
  }
  if (!entries.empty()) table.print(1);
  const std::int64_t count = number(found, "count");
  const auto shown = static_cast<std::int64_t>(entries.size());
  if (count > shown) fmt::print("{} of {}; --limit shows more\n", count_text(shown), count_text(count));
  if (count == 0) fmt::print("nothing is kept\n");
}

void print_entry(const element& entry) {
  const bool alive = flag(entry, "alive");
  const auto line = [](std::string_view word, const std::string& value) { fmt::print("{:<12}{}\n", word, value); };
  line("key", std::string(text(entry, "key")));
  line("route", std::string(text(entry, "route")));
  line("status", std::to_string(number(entry, "status")));
  line("age", time_text(number(entry, "age_ms")) + (alive ? "" : ", ended"));
  std::int64_t ends = 0;
  if (entry["ends_in_ms"].get(ends) == simdjson::SUCCESS) line("ends in", time_text(ends));
  line("bytes", bytes_text(number(entry, "bytes")));
  simdjson::dom::object bodies;
  std::string codings;
  if (entry["bodies"].get(bodies) == simdjson::SUCCESS) {
    for (const auto& [name, size] : bodies) {
      codings += fmt::format("{}{} {}", codings.empty() ? "" : ", ", name, bytes_text(std::int64_t(size)));
    }
  }
  line("bodies", codings);
  std::string_view word = "tags";
  for (const element& tag : list(entry, "tags")) {
    line(std::exchange(word, ""), std::string(std::string_view(tag)));
  }
  fmt::print("\n{}\n", simdjson::minify(entry["answer"].value()));
}

void print_invalidated(const element& result) {
  const std::int64_t entries = number(result, "entries");
  fmt::print("{} answer{} will be made anew\n", count_text(entries), entries == 1 ? "" : "s");
  for (const element& tag : list(result, "tags")) fmt::print("  {}\n", std::string_view(tag));
}

/// Asks, and prints what comes: as it is with --json.
void show(const CacheArguments& arguments, const std::string& target, const std::string& body,
          void (*print)(const element&)) {
  const std::string reply = ask_admin(admin_address(arguments.server), target, body);
  if (arguments.json) {
    fmt::print("{}\n", reply);
    return;
  }
  simdjson::dom::parser parser;
  element parsed;
  if (parser.parse(reply).get(parsed) != simdjson::SUCCESS) {
    throw Error(ErrorKind::unavailable, "what answers there is no Freshet of this version");
  }
  print(parsed);
}

std::string json_text(std::string_view name, std::string_view value) {
  Bytes out;
  JsonWriter json(out);
  json.begin_object();
  json.member(name, value);
  json.end_object();
  return std::string(out.view());
}

void invalidate(const CacheArguments& arguments) {
  const int given = int(!arguments.tag.empty()) + int(!arguments.key.empty()) + int(arguments.everything);
  if (given != 1) {
    throw Error(ErrorKind::usage, "one of TAG, --key and --all says what is to be made anew")
        .hinting("freshet cache invalidate APP 'transactions[month=2025-01]'");
  }
  const std::string body = arguments.everything    ? R"({"everything":true})"
                           : arguments.key.empty() ? json_text("tag", arguments.tag)
                                                   : json_text("key", arguments.key);
  show(arguments, "/cache/invalidate", body, print_invalidated);
}

CLI::App* add_command(CLI::App& cache, const char* name, const char* what, std::shared_ptr<CacheArguments>& arguments) {
  CLI::App* command = cache.add_subcommand(name, what);
  arguments = std::make_shared<CacheArguments>();
  add_server_arguments(*command, arguments->server);
  command->add_flag("--json", arguments->json, "As JSON, for scripts");
  return command;
}

}  // namespace

void add_cache_stats(CLI::App& cache) {
  std::shared_ptr<CacheArguments> arguments;
  CLI::App* command = add_command(cache, "stats", "Figures of a running server's cache", arguments);
  command->callback([arguments] { show(*arguments, "/cache", "", print_stats); });
}

void add_cache_ls(CLI::App& cache) {
  std::shared_ptr<CacheArguments> arguments;
  CLI::App* command = add_command(cache, "ls", "List what a running server keeps", arguments);
  command->add_option("PREFIX", arguments->prefix, "Only keys that begin with it");
  command->add_option("--tag", arguments->tag, "Only what depends on it: transactions[month=2025-01]");
  command->add_option("--limit", arguments->limit, "At most so many")->check(CLI::Range(1, 10'000).description(""));
  command->callback([arguments] {
    std::string target = fmt::format("/cache/entries?limit={}", arguments->limit);
    if (!arguments->prefix.empty()) target += "&prefix=" + percent_encode(arguments->prefix);
    if (!arguments->tag.empty()) target += "&tag=" + percent_encode(arguments->tag);
    show(*arguments, target, "", print_entries);
  });
}

void add_cache_get(CLI::App& cache) {
  std::shared_ptr<CacheArguments> arguments;
  CLI::App* command = add_command(cache, "get", "Show one kept answer, and what it depends on", arguments);
  command->add_option("KEY", arguments->key, "As `freshet cache ls` shows it")->required();
  command->callback(
      [arguments] { show(*arguments, "/cache/entry?key=" + percent_encode(arguments->key), "", print_entry); });
}

void add_cache_invalidate(CLI::App& cache) {
  std::shared_ptr<CacheArguments> arguments;
  CLI::App* command =
      add_command(cache, "invalidate", "Have answers made anew, although nothing was written", arguments);
  command->add_option("TAG", arguments->tag, "transactions, transactions[month=2025-01], or a name of @tags");
  command->add_option("--key", arguments->key, "Only the answer of that key");
  command->add_flag("--all", arguments->everything, "Everything");
  command->callback([arguments] { invalidate(*arguments); });
}

}  // namespace freshet::cli
