#pragma once
// Reads TOML with the checks that a configuration needs: every value has a place, every mistake is collected with line,
// column and a hint, and keys that nobody asked for are mistakes too ("did you mean `port`?").
// Strings may hold ${VAR} and ${VAR:-fallback}, replaced from the environment.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace freshet {

/// Where ${VAR} is looked up; the process's environment by default, a map in tests.
class Environment {
 public:
  virtual ~Environment() = default;
  [[nodiscard]] virtual std::optional<std::string> get(const std::string& name) const;
};

/// A parsed file. Tables taken from it must not outlive it.
class ConfigFile {
 public:
  /// Problems (syntax too) are appended to `problems`, which must outlive the file and its tables.
  ConfigFile(std::string file, std::string text, const Environment& environment, Diagnostics& problems);
  ~ConfigFile();
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

  class Table {
   public:
    // Each getter returns `fallback` where the key is absent, and also, having noted the problem, where it is wrong.
    [[nodiscard]] std::string string(std::string_view key, std::string fallback);
    [[nodiscard]] bool boolean(std::string_view key, bool fallback);
    [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max);
    /// "250ms", "10s", "5m", "1h", "7d", or a number of seconds; at least `min`, at most a year.
    [[nodiscard]] std::chrono::milliseconds duration(std::string_view key, std::chrono::milliseconds fallback,
                                                     std::chrono::milliseconds min = {});
    /// "64KB", "1MB", "2GB" (powers of 1024), or a number of bytes.
    [[nodiscard]] std::int64_t bytes(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max);
    [[nodiscard]] std::vector<std::string> strings(std::string_view key, std::vector<std::string> fallback = {});
    /// One of `choices`; its index.
    [[nodiscard]] std::size_t choice(std::string_view key, std::size_t fallback,
                                     const std::vector<std::string_view>& choices);
    /// An empty table where the key is absent.
    [[nodiscard]] Table table(std::string_view key);
    /// Those of `[[key]]`, in their order.
    [[nodiscard]] std::vector<Table> tables(std::string_view key);
    [[nodiscard]] bool has(std::string_view key) const;
    /// The keys that the file has, for a table whose keys are the user's.
    [[nodiscard]] std::vector<std::string> keys() const;
    /// Known, but of no interest now: neither read nor reported by finish().
    void skip(std::string_view key);
    /// Notes every key that no getter asked for. Call once, when done.
    void finish();
    /// Notes a problem at a key of this table.
    void problem(std::string_view key, std::string message, std::string hint = {});

   private:
    friend class ConfigFile;
    struct State;
    explicit Table(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
  };
  [[nodiscard]] Table root();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "250ms", "10s", "5m", "1h", "7d"; nullopt if it is none of these or does not fit.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "64KB", "1MB", "2GB", "512"; nullopt likewise.
[[nodiscard]] std::optional<std::int64_t> parse_bytes(std::string_view text);
/// Replaces ${VAR} and ${VAR:-fallback}. An unset variable without fallback is an error that names it.
[[nodiscard]] Expected<std::string> expand_environment(std::string_view text, const Environment& environment);

}  // namespace freshet
