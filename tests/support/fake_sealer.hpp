// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/sealed.hpp"

#include <functional>
#include <string>

namespace signet::test {

/// Hides nothing but, like the barrier, opens a value only where it was sealed.
class FakeSealer final : public Sealer {
 public:
  SealedBytes seal(const SealedAt& at, BytesView plain) override {
    Bytes out = mark(at);
    append(out, plain);
    return {std::move(out)};
  }
  SecretBytes open(const SealedAt& at, BytesView sealed) override {
    const Bytes expected = mark(at);
    if (sealed.size() < expected.size() || to_bytes(sealed.first(expected.size())) != expected)
      throw Fault("a sealed value does not belong here");
    return SecretBytes(to_bytes(sealed.subspan(expected.size())));
  }
  Bytes lookup_hash(std::string_view purpose, BytesView value) override {
    return digest(std::string(purpose) + ":" + std::string(as_text(value)));
  }

 private:
  static Bytes digest(const std::string& text) {
    Bytes out;
    for (const char salt : {'a', 'b'}) {
      const std::size_t part = std::hash<std::string>{}(text + salt);
      for (unsigned shift = 0; shift < 64; shift += 8)
        out.push_back(static_cast<std::uint8_t>(part >> shift));
    }
    return out;
  }
  static Bytes mark(const SealedAt& at) {
    std::string all;
    for (const std::string_view part :
         {at.table, at.column, as_text(at.owner), as_text(at.key), as_text(at.bound)})
      all += std::to_string(part.size()) + ":" + std::string(part);
    return digest(all);
  }
};

}  // namespace signet::test
