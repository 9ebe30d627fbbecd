#pragma once
// The side file of a load: one record for each line that was refused, with where, why, and the line itself.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace freshet::db {

/// A CSV with the header line,column,reason,original. Made at once, so that a place that cannot be written to is found
/// before the work, and removed again if nothing was bad. Not thread-safe.
class BadLines {
 public:
  /// Throws usage if the file cannot be written.
  explicit BadLines(std::filesystem::path path);
  ~BadLines();
  BadLines(const BadLines&) = delete;
  BadLines& operator=(const BadLines&) = delete;

  void add(std::uint64_t line, std::string_view column, std::string_view reason, std::string_view original);
  /// All of it is on its way to the disk. Throws internal if something could not be written.
  void close();

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  std::ofstream file_;
  std::string record_;
  std::uint64_t count_ = 0;
};

}  // namespace freshet::db
