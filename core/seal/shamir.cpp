// SPDX-License-Identifier: Apache-2.0
#include "core/seal/shamir.hpp"

#include "base/result.hpp"

#include <array>
#include <cstdint>

namespace signet::core::shamir {
namespace {

/// Product in GF(2^8) modulo x^8+x^4+x^3+x+1: no table and no branch that depends on the operands,
/// so that neither cache nor time tells them.
std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
  unsigned left = a;
  unsigned product = 0;
  for (unsigned bit = 0; bit < 8; ++bit) {
    const unsigned mask = 0U - ((static_cast<unsigned>(b) >> bit) & 1U);
    product ^= left & mask;
    const unsigned carry = 0U - ((left >> 7U) & 1U);
    left = ((left << 1U) ^ (0x11bU & carry)) & 0xffU;
  }
  return static_cast<std::uint8_t>(product & 0xffU);
}

/// a^254, which is a^-1 for every a but 0.
std::uint8_t inverse(std::uint8_t a) {
  std::uint8_t power = a;
  std::uint8_t result = 1;
  for (int bit = 1; bit < 8; ++bit) {  // 254 = 2 + 4 + ... + 128
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}

/// The polynomial's value at x, coefficients from the constant up (Horner).
std::uint8_t evaluate(BytesView coefficients, std::uint8_t x) {
  std::uint8_t value = 0;
  for (std::size_t i = coefficients.size(); i-- > 0;)
    value = static_cast<std::uint8_t>(multiply(value, x) ^ coefficients[i]);
  return value;
}

/// Distinct x coordinates, none 0, in random order: which share came first tells nothing.
std::vector<std::uint8_t> coordinates(std::size_t count, Random& random) {
  std::array<std::uint8_t, max_shares> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i + 1);
  for (std::size_t i = all.size() - 1; i > 0; --i) {
    std::array<std::uint8_t, 4> draw{};
    random.fill(draw);
    std::uint32_t number = 0;
    for (const std::uint8_t byte : draw) number = number << 8U | byte;
    std::swap(all[i], all[number % (i + 1)]);
  }
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

std::vector<SecretBytes> split(BytesView secret, int shares, int threshold, Random& random) {
  CHECK(!secret.empty() && shares >= 1 && shares <= max_shares && threshold <= shares);
  CHECK(shares == 1 ? threshold == 1 : threshold >= 2);
  std::vector<SecretBytes> result;
  if (shares == 1) {
    result.emplace_back(to_bytes(secret));
    return result;
  }
  const std::vector<std::uint8_t> xs = coordinates(static_cast<std::size_t>(shares), random);
  std::vector<Bytes> parts(xs.size(), Bytes(secret.size() + share_overhead));
  Bytes coefficients(static_cast<std::size_t>(threshold));
  for (std::size_t i = 0; i < secret.size(); ++i) {
    random.fill(coefficients);
    coefficients[0] = secret[i];
    for (std::size_t s = 0; s < xs.size(); ++s) parts[s][i] = evaluate(coefficients, xs[s]);
  }
  wipe(coefficients);
  for (std::size_t s = 0; s < xs.size(); ++s) {
    parts[s].back() = xs[s];
    result.emplace_back(std::move(parts[s]));
  }
  return result;
}

std::optional<SecretBytes> combine(const std::vector<SecretBytes>& shares) {
  if (shares.empty()) return std::nullopt;
  if (shares.size() == 1) return shares.front().copy();
  const std::size_t size = shares.front().size();
  if (size <= share_overhead) return std::nullopt;
  std::vector<std::uint8_t> xs;
  for (const SecretBytes& share : shares) {
    if (share.size() != size) return std::nullopt;
    xs.push_back(share.reveal().back());
  }
  // Lagrange's basis at 0: the product over j of x_j / (x_j - x_i). The coordinates are no secret.
  Bytes basis(xs.size(), 1);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (xs[i] == 0) return std::nullopt;
    for (std::size_t j = 0; j < xs.size(); ++j) {
      if (i == j) continue;
      if (xs[i] == xs[j]) return std::nullopt;
      const auto difference = static_cast<std::uint8_t>(xs[j] ^ xs[i]);
      basis[i] = multiply(basis[i], multiply(xs[j], inverse(difference)));
    }
  }
  Bytes secret(size - share_overhead, 0);
  for (std::size_t i = 0; i < secret.size(); ++i)
    for (std::size_t s = 0; s < shares.size(); ++s)
      secret[i] = static_cast<std::uint8_t>(secret[i] ^ multiply(basis[s], shares[s].reveal()[i]));
  return SecretBytes(std::move(secret));
}

}  // namespace signet::core::shamir
