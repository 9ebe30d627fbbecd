#pragma once
// What things cost on the heap, as the allocator sees it: a bound on bytes that forgot the allocator's share would be
// broken by a third for small answers.

#include <malloc.h>

#include <cstddef>
#include <string>

namespace freshet::cache {

/// Bytes of the allocation at `memory` (its start), with the allocator's header. Null: 0.
[[nodiscard]] inline std::size_t heap_bytes(const void* memory) noexcept {
  // malloc_usable_size takes a pointer to what may change, but changes nothing.
  return memory == nullptr ? 0 : ::malloc_usable_size(const_cast<void*>(memory)) + sizeof(std::size_t);
}

/// What a string holds outside of itself.
[[nodiscard]] inline std::size_t heap_bytes(const std::string& text) noexcept {
  return text.capacity() <= std::string().capacity() ? 0 : heap_bytes(static_cast<const void*>(text.data()));
}

}  // namespace freshet::cache
