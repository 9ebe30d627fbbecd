#pragma once
// The bytes of an answer, exactly as many as there are: tiny ones on the heap, others in the store's arena.

#include <cstddef>
#include <memory>
#include <string_view>

#include "cache/body_arena.hpp"

namespace freshet::cache {

class Body {
 public:
  /// Copies `bytes`. The arena (or null: always on the heap) must outlive it.
  Body(std::string_view bytes, BodyArena* arena);
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  // NOLINTNEXTLINE(google-explicit-constructor): it is a text, and is read as one
  operator std::string_view() const noexcept { return view(); }
  friend bool operator==(const Body& body, std::string_view text) noexcept { return body.view() == text; }

  /// What it takes, with the allocator's share, and itself.
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

  /// From here on in the arena.
  static constexpr std::size_t large = 512;

 private:
  char* data_ = nullptr;
  const std::size_t size_;
  BodyArena* arena_;  // null: data_ is on the heap
};

}  // namespace freshet::cache
