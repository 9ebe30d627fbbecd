#pragma once
// What a connection has received and not yet used, and what it has yet to send. Used by one thread.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>

#include "core/bytes.hpp"
#include "http/message.hpp"

namespace freshet::http {

/// Bytes that came in. Views of unread() hold until the next prepare() or clear().
class InputBuffer {
 public:
  [[nodiscard]] std::string_view unread() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Room for at least `least` more bytes: all there is. Moves what is unread to the front.
  [[nodiscard]] std::span<char> prepare(std::size_t least) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ - end_ < least) make_room(least);
    return {data_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t count) noexcept { end_ += count; }
  void consume(std::size_t count) noexcept { begin_ += count; }
  /// Forgets what is unread beyond the first `count` bytes.
  void truncate(std::size_t count) noexcept { end_ = begin_ + count; }
  void append(std::string_view text) {
    if (text.empty()) return;
    const std::span<char> room = prepare(text.size());
    std::memcpy(room.data(), text.data(), text.size());
    commit(text.size());
  }
  /// Gives the memory back; only when empty.
  void release() noexcept {
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  void make_room(std::size_t least) {
    const std::size_t size = end_ - begin_;
    if (capacity_ - size >= least) {
      std::memmove(data_.get(), data_.get() + begin_, size);
    } else {
      const std::size_t capacity = std::max<std::size_t>({4096, capacity_ * 2, size + least});
      auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
      if (size != 0) std::memcpy(bigger.get(), data_.get() + begin_, size);
      data_ = std::move(bigger);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = size;
  }

  std::unique_ptr<char[]> data_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

/// Answers on their way out: heads and small bodies as text, larger bodies as they are, all for one gathering write.
class Output {
 public:
  static constexpr std::size_t pieces_max = 32;
  using Pieces = std::span<const boost::asio::const_buffer>;

  /// Where heads are written; what is appended goes after everything that was added before.
  [[nodiscard]] Bytes& text() noexcept { return text_; }
  void add(Body body);

  [[nodiscard]] std::size_t size() const noexcept { return text_.size() + held_bytes_ - sent_; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// The first pieces of what is left, without copying.
  [[nodiscard]] Pieces gather();
  /// The first `count` bytes have left. When all have, memory is kept for the next answer, within reason.
  void sent(std::size_t count);
  /// Forgets everything.
  void clear() noexcept;

 private:
  struct Held {
    std::size_t at;  // bytes of text before it
    Body body;
  };
  Bytes text_;
  std::vector<Held> held_;
  std::vector<boost::asio::const_buffer> pieces_;
  std::size_t held_bytes_ = 0;
  std::size_t sent_ = 0;                        // of all
  std::size_t text_sent_ = 0;                   // where the rest begins in text_, ...
  std::size_t held_index_ = 0, held_sent_ = 0;  // ... and in held_
};

}  // namespace freshet::http
