// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <new>

namespace o2o {

// An allocator for RapidJSON that uses operator new, and so throws std::bad_alloc. RapidJSON's own returns
// null, and RapidJSON writes through that.
class ThrowingAllocator {
 public:
  static constexpr bool kNeedFree = true;

  void* Malloc(std::size_t size) { return size == 0 ? nullptr : ::operator new(size); }
  void* Realloc(void* old, std::size_t old_size, std::size_t new_size) {
    void* const moved = Malloc(new_size);
    if (old != nullptr && moved != nullptr)
      std::memcpy(moved, old, old_size < new_size ? old_size : new_size);
    Free(old);
    return moved;
  }
  static void Free(void* memory) { ::operator delete(memory); }
};

}  // namespace o2o
