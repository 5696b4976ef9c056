// SPDX-License-Identifier: Apache-2.0
// What the paths of OCSP GETs ask for: clients of one certificate all send the same text (RFC 5019,
// 5), so a hot one need not be decoded and parsed each time.
#pragma once

#include "crl/ocsp.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace signet::crl {

/// Remembers the CertID that a text means; nothing about its status. Bounded: a part that is full
/// is emptied. Safe from many threads.
class OcspTexts {
 public:
  /// Null when it is not remembered.
  [[nodiscard]] std::shared_ptr<const CertId> find(std::string_view text) const;
  /// `text` is a request about this certificate only, without a nonce. Long texts are not kept.
  void remember(std::string_view text, const CertId& id);

 private:
  static constexpr std::size_t part_count = 16, most_a_part = 1024, longest_text = 512;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Part {
    mutable std::mutex mutex;
    // Shared with requests under way.
    std::unordered_map<std::string, std::shared_ptr<const CertId>, Hash, std::equal_to<>> known;
  };
  [[nodiscard]] std::size_t part_of(std::string_view text) const {
    return text.empty() ? 0 : static_cast<unsigned char>(text[text.size() / 2]) % part_count;
  }

  std::array<Part, part_count> parts_;
};

}  // namespace signet::crl
