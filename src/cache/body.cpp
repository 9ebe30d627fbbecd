#include "cache/body.hpp"

#include <algorithm>

#include "cache/heap.hpp"

namespace freshet::cache {

Body::Body(std::string_view bytes, BodyArena* arena) : size_(bytes.size()), arena_(size_ >= large ? arena : nullptr) {
  if (arena_ != nullptr) data_ = arena_->allocate(size_);
  if (data_ == nullptr) {
    arena_ = nullptr;
    data_ = std::make_unique_for_overwrite<char[]>(size_).release();
  }
  std::copy(bytes.begin(), bytes.end(), data_);
}

Body::~Body() {
  if (arena_ != nullptr) {
    arena_->release(data_, size_);
  } else {
    const std::unique_ptr<char[]> owned(data_);
  }
}

std::size_t Body::heap_bytes() const noexcept {
  const std::size_t held = arena_ != nullptr ? BodyArena::taken(size_) : cache::heap_bytes(static_cast<void*>(data_));
  return held + cache::heap_bytes(static_cast<const void*>(this));
}

}  // namespace freshet::cache
