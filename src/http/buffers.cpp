#include "http/buffers.hpp"

namespace freshet::http {
namespace {

// Below this a copy costs less than another piece in the gathering write.
constexpr std::size_t copy_max = 4096;
// Text memory kept between answers.
constexpr std::size_t keep_max = 64 * 1024;

}  // namespace

void Output::add(Body body) {
  const std::string_view bytes = view(body);
  if (bytes.size() <= copy_max) {
    text_.append(bytes);
    return;
  }
  held_bytes_ += bytes.size();
  held_.push_back({.at = text_.size(), .body = std::move(body)});
}

Output::Pieces Output::gather() {
  pieces_.clear();
  std::size_t text_at = text_sent_;
  std::size_t skip = held_sent_;
  for (std::size_t i = held_index_; pieces_.size() + 2 <= pieces_max; ++i) {
    const std::size_t text_end = i < held_.size() ? held_[i].at : text_.size();
    if (text_at < text_end) pieces_.emplace_back(text_.data() + text_at, text_end - text_at);
    text_at = text_end;
    if (i >= held_.size()) break;
    const std::string_view body = view(held_[i].body).substr(skip);
    skip = 0;
    pieces_.emplace_back(body.data(), body.size());
  }
  return pieces_;
}

void Output::sent(std::size_t count) {
  sent_ += count;
  if (empty()) {
    clear();
    return;
  }
  while (count != 0) {
    const bool in_held = held_index_ < held_.size() && text_sent_ == held_[held_index_].at;
    if (!in_held) {
      const std::size_t text_end = held_index_ < held_.size() ? held_[held_index_].at : text_.size();
      const std::size_t step = std::min(count, text_end - text_sent_);
      text_sent_ += step;
      count -= step;
      continue;
    }
    const std::size_t left = view(held_[held_index_].body).size() - held_sent_;
    const std::size_t step = std::min(count, left);
    count -= step;
    held_sent_ += step;
    if (step == left) {
      held_[held_index_].body = std::string_view();
      ++held_index_;
      held_sent_ = 0;
    }
  }
}

void Output::clear() noexcept {
  if (text_.capacity() > keep_max) text_ = Bytes();
  text_.clear();
  held_.clear();
  held_bytes_ = sent_ = text_sent_ = held_index_ = held_sent_ = 0;
}

}  // namespace freshet::http
