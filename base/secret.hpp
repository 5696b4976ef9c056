// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <string_view>
#include <utility>

namespace signet {

/// Overwrites memory in a way the compiler keeps.
void wipe(void* data, std::size_t size) noexcept;
inline void wipe(std::string& text) noexcept {
  wipe(text.data(), text.size());
  text.clear();
}
inline void wipe(Bytes& bytes) noexcept {
  wipe(bytes.data(), bytes.size());
  bytes.clear();
}

/// Bytes that must not leak: move-only, wiped on destruction; no formatter, no <<, no
/// begin()/end(), so that logging it or putting it into JSON does not compile. The one way in is
/// reveal().
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  explicit SecretBytes(std::string_view text) : bytes_(to_bytes(text)) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~SecretBytes() { wipe(bytes_.data(), bytes_.size()); }

  [[nodiscard]] SecretBytes copy() const { return SecretBytes(Bytes(bytes_)); }
  [[nodiscard]] BytesView reveal() const { return bytes_; }
  [[nodiscard]] std::string_view reveal_text() const { return as_text(bytes_); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

}  // namespace signet
