#include "core/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <sys/ioctl.h>

namespace freshet {

namespace {

constexpr double rate_window_s = 3;
constexpr double looks_per_second = 50;
constexpr auto bar_interval = std::chrono::milliseconds(100);
constexpr auto line_interval = std::chrono::seconds(3);
constexpr std::size_t bar_cells_max = 40, bar_cells_min = 5;

double seconds(std::chrono::steady_clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool terminal_shows_unicode() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text = value;
    return text.find("UTF-8") != std::string_view::npos || text.find("utf8") != std::string_view::npos;
  }
  return false;
}

int percent(const ProgressView& view) {
  const double share = static_cast<double>(view.done) / static_cast<double>(view.total);
  return static_cast<int>(std::clamp(share, 0.0, 1.0) * 100);
}

/// The bar's characters: filled in proportion, `cells` columns wide.
std::string bar(const ProgressView& view, std::size_t cells, bool unicode) {
  const double share = std::clamp(static_cast<double>(view.done) / static_cast<double>(view.total), 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(cells));
  std::string text = unicode ? "" : "[";
  for (std::size_t i = 0; i < cells; ++i) {
    text += unicode ? (i < filled ? "█" : "░") : (i < filled ? "#" : "-");
  }
  return unicode ? text : text + "]";
}

/// Columns of UTF-8 text without wide characters.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string cut_to(std::string text, std::size_t width) {
  std::size_t at = 0;
  for (std::size_t column = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && ++column > width) break;
  }
  text.resize(at);
  return text;
}

std::string left(const ProgressView& view) {
  const double remaining = remaining_seconds(view.done, view.total, view.elapsed_s);
  return remaining < 0 ? std::string() : format_duration(std::ceil(remaining)) + " left";
}

}  // namespace

std::string format_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string format_duration(double seconds) {
  constexpr double minute = 60, hour = 3600, day = 86'400;
  if (!(seconds > 0)) return "0 s";
  if (seconds < 0.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 9.95)
    return std::floor(seconds) == seconds ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.1f} s", seconds);
  const double whole = std::round(std::min(seconds, 1e9));
  if (whole < minute) return fmt::format("{:.0f} s", whole);
  if (whole < hour) return fmt::format("{:.0f} min {:02.0f} s", std::floor(whole / minute), std::fmod(whole, minute));
  if (whole < day) {
    return fmt::format("{:.0f} h {:02.0f} min", std::floor(whole / hour), std::floor(std::fmod(whole, hour) / minute));
  }
  return fmt::format("{:.0f} d {:02.0f} h", std::floor(whole / day), std::floor(std::fmod(whole, day) / hour));
}

std::string format_rate(double per_second) {
  if (!(per_second > 0)) return "0";
  if (per_second < 10) return fmt::format("{:.2f}", per_second);
  return format_count(static_cast<std::uint64_t>(std::min(per_second, 1e18)));
}

double smooth_rate(double smoothed, double current, double elapsed_s, double window_s) noexcept {
  if (elapsed_s <= 0) return smoothed;
  const double weight = 1 - std::exp(-elapsed_s / window_s);
  return smoothed + weight * (current - smoothed);
}

double remaining_seconds(std::uint64_t done, std::uint64_t total, double elapsed_s) noexcept {
  if (done == 0 || total == 0 || elapsed_s <= 0) return -1;
  if (done >= total) return 0;
  return elapsed_s * (static_cast<double>(total - done) / static_cast<double>(done));
}

std::string render_bar(const ProgressView& view, std::size_t width, bool unicode) {
  const std::string counted = fmt::format("{} {}  {}/s", format_count(view.count), view.unit, format_rate(view.rate));
  if (view.total == 0) {
    return cut_to(fmt::format("{}  {}  {}", view.label, counted, format_duration(view.elapsed_s)), width);
  }
  const std::string remaining = left(view);
  const std::string percentage = fmt::format("{:3} %", percent(view));
  const std::string tail = fmt::format("{}  {}{}{}", percentage, counted, remaining.empty() ? "" : "  ", remaining);
  // The bar gives way first, then the label, then whatever does not fit.
  const std::size_t taken = columns(view.label) + columns(tail) + 4 + (unicode ? 0 : 2);
  if (taken + bar_cells_min <= width) {
    const std::size_t cells = std::min(bar_cells_max, width - taken);
    return fmt::format("{}  {}  {}", view.label, bar(view, cells, unicode), tail);
  }
  if (columns(view.label) + 2 + columns(tail) <= width) return fmt::format("{}  {}", view.label, tail);
  return cut_to(tail, width);
}

std::string render_line(const ProgressView& view) {
  std::string text = fmt::format("{}: {} {}", view.label, format_count(view.count), view.unit);
  if (view.total != 0) text += fmt::format(", {} %", percent(view));
  text += fmt::format(", {} {}/s", format_rate(view.rate), view.unit);
  if (const std::string remaining = left(view); view.total != 0 && !remaining.empty()) text += ", " + remaining;
  return text;
}

ProgressStyle progress_style(bool quiet) noexcept {
  if (quiet) return ProgressStyle::silent;
  return ::isatty(STDERR_FILENO) == 1 ? ProgressStyle::bar : ProgressStyle::lines;
}

Progress::Progress(ProgressOptions options) : options_(std::move(options)) {
  if (!options_.write) {
    options_.write = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
    options_.unicode = terminal_shows_unicode();
  }
  if (!options_.now) options_.now = [] { return std::chrono::steady_clock::now(); };
  if (!options_.width) options_.width = terminal_width;
  start_ = last_look_ = last_draw_ = options_.now();
  if (options_.style == ProgressStyle::silent) next_look_ = std::numeric_limits<std::uint64_t>::max();
}

Progress::~Progress() { clear(); }

void Progress::set_label(std::string label) { options_.label = std::move(label); }

/// Looks at the clock, and says at which count it is worth looking again.
void Progress::look(std::uint64_t count, std::uint64_t done, std::uint64_t total) {
  const TimePoint now = options_.now();
  const double passed = seconds(now - last_look_);
  if (passed > 0 && count > last_count_) {
    const double current = static_cast<double>(count - last_count_) / passed;
    rate_ = last_count_ == 0 ? current : smooth_rate(rate_, current, passed, rate_window_s);
    last_count_ = count;
    last_look_ = now;
  }
  next_look_ = count + static_cast<std::uint64_t>(std::clamp(rate_ / looks_per_second, 1.0, 100'000.0));
  const auto interval = options_.style == ProgressStyle::bar ? std::chrono::nanoseconds(bar_interval)
                                                             : std::chrono::nanoseconds(line_interval);
  if (now - last_draw_ < interval) return;
  last_draw_ = now;
  draw(count, done, total);
}

void Progress::draw(std::uint64_t count, std::uint64_t done, std::uint64_t total) {
  const ProgressView view{.label = options_.label,
                          .unit = options_.unit,
                          .count = count,
                          .done = done,
                          .total = total,
                          .rate = rate_,
                          .elapsed_s = elapsed_seconds()};
  if (options_.style == ProgressStyle::lines) {
    options_.write(render_line(view) + "\n");
    return;
  }
  const std::size_t width = options_.width();
  options_.write("\r" + render_bar(view, width > 1 ? width - 1 : width, options_.unicode) + "\x1b[K");
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) options_.write("\r\x1b[K");
  drawn_ = false;
}

void Progress::finish(std::string_view summary) {
  clear();
  if (options_.style != ProgressStyle::silent && !summary.empty()) options_.write(std::string(summary) + "\n");
  options_.style = ProgressStyle::silent;
  next_look_ = std::numeric_limits<std::uint64_t>::max();
}

double Progress::elapsed_seconds() const { return seconds(options_.now() - start_); }

std::string Progress::totals(std::uint64_t count) const {
  const double elapsed = elapsed_seconds();
  std::string_view unit = options_.unit;  // in the plural
  if (count == 1 && unit.ends_with('s')) unit.remove_suffix(1);
  return fmt::format("{} {} in {} ({} {}/s)", format_count(count), unit, format_duration(elapsed),
                     format_rate(elapsed > 0 ? static_cast<double>(count) / elapsed : 0), options_.unit);
}

}  // namespace freshet
