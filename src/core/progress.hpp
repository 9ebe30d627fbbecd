#pragma once
// How far a long command is, on stderr: a bar on a terminal, a line every few seconds otherwise, nothing if quiet.
//
//   Progress progress({.label = "Loading invoices", .unit = "rows", .style = progress_style(quiet)});
//   for (…) progress.update(rows, bytes_consumed, bytes_total);   // cheap: looks at the clock some 50 times a second
//   progress.finish("541,909 rows in 2.9 s (186,900 rows/s)");
//
// The arithmetic is in free functions of numbers. Not thread-safe.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace freshet {

/// 1234567 → "1,234,567".
[[nodiscard]] std::string format_count(std::uint64_t count);
/// 0.25 → "0.25 s", 3.24 → "3.2 s", 65 → "1 min 05 s", 7384 → "2 h 03 min", 200000 → "2 d 07 h".
[[nodiscard]] std::string format_duration(double seconds);
/// 186932.4 → "186,932", 0.42 → "0.42": a rate, whole where that is exact enough.
[[nodiscard]] std::string format_rate(double per_second);

/// Exponential smoothing over about `window_s` seconds: the new value after `elapsed_s` at `current`.
[[nodiscard]] double smooth_rate(double smoothed, double current, double elapsed_s, double window_s) noexcept;

/// Seconds that are left when `done` of `total` took `elapsed_s`; negative: not known yet.
[[nodiscard]] double remaining_seconds(std::uint64_t done, std::uint64_t total, double elapsed_s) noexcept;

/// What there is to show at one moment.
struct ProgressView {
  std::string_view label, unit;
  std::uint64_t count = 0;            // rows
  std::uint64_t done = 0, total = 0;  // of the work (bytes or rows); total 0: not known
  double rate = 0;                    // count per second
  double elapsed_s = 0;
};
/// "Loading invoices  [#########---------]  47 %  254,697 rows  186,932/s  0:02 left", cut and shortened so that it has
/// at most `width` columns. `unicode` chooses block characters for the bar.
[[nodiscard]] std::string render_bar(const ProgressView& view, std::size_t width, bool unicode);
/// The same for a log: "Loading invoices: 254,697 rows, 47 %, 186,932 rows/s, 1.3 s left".
[[nodiscard]] std::string render_line(const ProgressView& view);

enum class ProgressStyle : std::uint8_t { silent, lines, bar };
/// bar if stderr is a terminal, lines otherwise, silent if `quiet`.
[[nodiscard]] ProgressStyle progress_style(bool quiet) noexcept;

struct ProgressOptions {
  std::string label{};
  std::string unit = "rows";
  ProgressStyle style = ProgressStyle::silent;
  bool unicode = false;
  // Replaced by tests: where text goes (default stderr), the time (steady_clock), the terminal's width.
  std::function<void(std::string_view)> write{};
  std::function<std::chrono::steady_clock::time_point()> now{};
  std::function<std::size_t()> width{};
};

class Progress {
 public:
  explicit Progress(ProgressOptions options);
  /// Clears a bar that finish() did not end, so that an error message starts on a line of its own.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `count` rows so far; `done` of `total` of the work. Values may jump; redraws at most ten times a second.
  void update(std::uint64_t count, std::uint64_t done, std::uint64_t total) {
    if (count >= next_look_) look(count, done, total);
  }
  void set_label(std::string label);
  /// Ends the display with a summary line (none if empty).
  void finish(std::string_view summary);

  [[nodiscard]] double elapsed_seconds() const;
  /// "541,909 rows in 2.9 s (186,932 rows/s)".
  [[nodiscard]] std::string totals(std::uint64_t count) const;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  void look(std::uint64_t count, std::uint64_t done, std::uint64_t total);
  void draw(std::uint64_t count, std::uint64_t done, std::uint64_t total);
  void clear();

  ProgressOptions options_;
  TimePoint start_, last_look_, last_draw_;
  std::uint64_t last_count_ = 0, next_look_ = 0;
  double rate_ = 0;
  bool drawn_ = false;
};

}  // namespace freshet
