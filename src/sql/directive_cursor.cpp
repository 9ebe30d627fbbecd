#include "sql/directive_cursor.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/text.hpp"

namespace freshet::sql {
namespace {

bool is_name_start(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_character(char c) noexcept { return is_name_start(c) || (c >= '0' && c <= '9'); }
constexpr std::string_view blanks = " \t\r\f\v";

}  // namespace

void Reporter::error(std::size_t offset, std::string message, std::string hint) {
  problems_.push_back(error_at(file_, text_, offset, std::move(message)).hinting(std::move(hint)));
}

bool Reporter::has_problem_in_line_of(std::size_t offset) const noexcept {
  const std::uint32_t line = line_of(offset);
  return std::any_of(problems_.begin(), problems_.end(), [&](const Error& problem) {
    return problem.place() && problem.place()->line == line && problem.place()->file == file_;
  });
}

void Cursor::skip_blanks() noexcept { position_ = std::min(text_.find_first_not_of(blanks, position_), text_.size()); }

Word Cursor::take_bytes(std::size_t count) noexcept {
  const Word word{text_.substr(position_, count), base_ + position_};
  position_ += word.text.size();
  return word;
}

bool Cursor::done() noexcept {
  skip_blanks();
  return position_ == text_.size();
}

std::size_t Cursor::offset() noexcept {
  skip_blanks();
  return base_ + position_;
}

bool Cursor::at(std::string_view text) noexcept {
  skip_blanks();
  return text_.substr(position_).starts_with(text);
}

bool Cursor::take(std::string_view text) noexcept {
  if (!at(text)) return false;
  position_ += text.size();
  return true;
}

Word Cursor::name() noexcept {
  skip_blanks();
  std::size_t end = position_;
  if (end < text_.size() && is_name_start(text_[end])) {
    while (end < text_.size() && is_name_character(text_[end])) ++end;
  }
  return take_bytes(end - position_);
}

Word Cursor::word() noexcept {
  skip_blanks();
  return take_bytes(std::min(text_.find_first_of(blanks, position_), text_.size()) - position_);
}

Word Cursor::until(std::string_view stops) noexcept {
  skip_blanks();
  Word word = take_bytes(std::min(text_.find_first_of(stops, position_), text_.size()) - position_);
  word.text = trim(word.text);
  return word;
}

Word Cursor::until_description() noexcept {
  skip_blanks();
  std::size_t end = position_;
  if (!at("-- ")) {
    if (at("'")) {
      do {
        end = std::min(text_.find('\'', end + 1), text_.size());
        if (end + 1 < text_.size() && text_[end + 1] == '\'')
          ++end;  // a doubled quote
        else
          break;
      } while (end < text_.size());
    }
    end = std::min(text_.find(" -- ", end), text_.size());
  }
  Word word = take_bytes(end - position_);
  word.text = trim(word.text);
  return word;
}

Word Cursor::raw_until(char stop) noexcept {
  return take_bytes(std::min(text_.find(stop, position_), text_.size()) - position_);
}

bool Cursor::take_raw(char stop) noexcept {
  if (position_ == text_.size() || text_[position_] != stop) return false;
  ++position_;
  return true;
}

Word Cursor::rest() noexcept {
  skip_blanks();
  Word word = take_bytes(text_.size() - position_);
  word.text = trim(word.text);
  return word;
}

std::optional<std::size_t> count_from(std::string_view text) noexcept {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

}  // namespace freshet::sql
