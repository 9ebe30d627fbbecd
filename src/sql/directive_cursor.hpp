#pragma once
// Reading one directive, word by word, with the place of each word at hand for the message that may be needed.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace freshet::sql {

/// A piece of a file: `offset` is where it stands there.
struct Word {
  std::string_view text;
  std::size_t offset = 0;
  [[nodiscard]] bool empty() const noexcept { return text.empty(); }
};

/// Collects what is wrong with one file. Views must outlive it.
class Reporter {
 public:
  Reporter(std::string_view file, std::string_view text, Diagnostics& problems)
      : file_(file), text_(text), problems_(problems) {}

  void error(std::size_t offset, std::string message, std::string hint = {});
  void error(const Word& word, std::string message, std::string hint = {}) {
    error(word.offset, std::move(message), std::move(hint));
  }
  /// For "first given in line 3".
  [[nodiscard]] std::uint32_t line_of(std::size_t offset) const noexcept { return place_in_text(text_, offset).line; }
  [[nodiscard]] std::size_t count() const noexcept { return problems_.size(); }
  /// True if something was reported in the line of `offset`.
  [[nodiscard]] bool has_problem_in_line_of(std::size_t offset) const noexcept;

 private:
  std::string_view file_;
  std::string_view text_;
  Diagnostics& problems_;
};

/// The number that the text is; nullopt: it is none, or has something else around it.
[[nodiscard]] std::optional<std::size_t> count_from(std::string_view text) noexcept;

/// Walks over the words of a directive. All reading skips blanks first.
class Cursor {
 public:
  explicit Cursor(Word words) noexcept : text_(words.text), base_(words.offset) {}

  [[nodiscard]] bool done() noexcept;
  /// Where the next word starts (the end of the text if there is none).
  [[nodiscard]] std::size_t offset() noexcept;
  [[nodiscard]] bool at(std::string_view text) noexcept;
  bool take(std::string_view text) noexcept;

  /// Letters, digits and '_', not starting with a digit; empty if something else stands there.
  [[nodiscard]] Word name() noexcept;
  /// Up to the next blank.
  [[nodiscard]] Word word() noexcept;
  /// Up to (not including) the first of `stops`, blanks at its end left out; up to the end if none is there.
  [[nodiscard]] Word until(std::string_view stops) noexcept;
  /// Up to a `--` between blanks (outside '…' if that is how it starts), or to the end.
  [[nodiscard]] Word until_description() noexcept;
  [[nodiscard]] Word rest() noexcept;

  /// Without skipping blanks: up to (not including) `stop`, or to the end; and `stop` itself.
  [[nodiscard]] Word raw_until(char stop) noexcept;
  bool take_raw(char stop) noexcept;

 private:
  void skip_blanks() noexcept;
  Word take_bytes(std::size_t count) noexcept;

  std::string_view text_;
  std::size_t base_;
  std::size_t position_ = 0;
};

}  // namespace freshet::sql
