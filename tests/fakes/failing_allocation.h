// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

// Lets memory run out at a chosen allocation of this thread. Replaces the operators new and delete of the
// program: include it in one .cc of a test program only.
namespace o2o {

inline thread_local long allocations_left = -1;  // before one fails; negative: none does
inline thread_local bool allocation_failed = false;

inline void* AllocateOrFail(std::size_t bytes) {
  if (allocations_left == 0) {
    allocations_left = -1;
    allocation_failed = true;
    throw std::bad_alloc();
  }
  if (allocations_left > 0) --allocations_left;
  if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}

// Runs `body` with its first allocation failing, then with its second, and so on, until it comes through
// without a failure; after each failure `check(n)` looks at what is left. `body` makes what it works on anew.
// Returns how many runs met a failure.
template <typename Body, typename Check>
long ForEveryFailingAllocation(const Body& body, const Check& check) {
  constexpr long kEnough = 100'000;
  for (long nth = 0; nth < kEnough; ++nth) {
    allocation_failed = false;
    allocations_left = nth;
    try {
      body();
    } catch (const std::bad_alloc&) {
    }
    allocations_left = -1;
    if (!allocation_failed) return nth;
    check(nth);
  }
  return kEnough;
}

}  // namespace o2o

// Not inlined, or compilers take malloc and delete for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) { return o2o::AllocateOrFail(bytes); }
[[gnu::noinline]] void* operator new[](std::size_t bytes) { return o2o::AllocateOrFail(bytes); }
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return o2o::AllocateOrFail(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
[[gnu::noinline]] void* operator new[](std::size_t bytes, const std::nothrow_t& tag) noexcept {
  return operator new(bytes, tag);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
