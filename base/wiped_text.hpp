// SPDX-License-Identifier: Apache-2.0
// Buffers that are overwritten when they are released or grow: requests and answers hold secrets.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

namespace signet {

template <class T>
struct WipingAllocator {
  using value_type = T;
  using is_always_equal = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    wipe(memory, count * sizeof(T));
    std::allocator<T>().deallocate(memory, count);
  }
  template <class U>
  bool operator==(const WipingAllocator<U>&) const noexcept {
    return true;
  }
};

/// Text whose heap memory is wiped. Reserve at least 16 characters before writing a secret, so that
/// it never stands in the object itself.
using WipedText = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

}  // namespace signet
