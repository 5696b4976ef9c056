// SPDX-License-Identifier: Apache-2.0
// The terms that encrypt sealed columns: the newest seals, all of them open.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <vector>

namespace signet::core {

inline constexpr std::size_t barrier_key_size = 32;

/// When the keyring rotates by itself (core.md section 3.3).
struct RotationConfig {
  static constexpr std::int64_t least_operations = 1'000'000;
  static constexpr std::int64_t most_operations = 3'865'470'566;
  static constexpr Seconds least_interval{24 * 3600};

  bool is_enabled = true;
  std::int64_t max_operations = most_operations;
  Seconds interval{0};  ///< 0: never by age
};

/// One key of the keyring. `encryptions` is what the database knows; nodes add to it from time to
/// time, always a little too much.
struct KeyTerm {
  std::uint32_t number = 0;
  SecretBytes key;
  UnixTime installed_at;
  std::int64_t encryptions = 0;
};

class Keyring {
 public:
  /// A keyring with the first term.
  static Keyring first(Random& random, UnixTime now);
  /// Reads what serialise() wrote. Error: it is not that.
  static Result<Keyring> parse(BytesView text);
  [[nodiscard]] SecretBytes serialise() const;

  Keyring(Keyring&&) = default;
  Keyring& operator=(Keyring&&) = default;
  [[nodiscard]] Keyring copy() const;

  /// The newest term.
  [[nodiscard]] const KeyTerm& active() const { return terms_.back(); }
  /// nullptr: no such term
  [[nodiscard]] const KeyTerm* find(std::uint32_t number) const;
  [[nodiscard]] const std::vector<KeyTerm>& terms() const { return terms_; }
  void add_term(Random& random, UnixTime now);
  void count(std::uint32_t number, std::int64_t encryptions);

  RotationConfig rotation;

 private:
  Keyring() = default;
  std::vector<KeyTerm> terms_;  // by number, ascending; never empty once made
};

}  // namespace signet::core
