// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature_algorithms.hpp"

#include "base/result.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace signet::crypto {
namespace {

/// Constants read as in the standards' own dumps; built once.
Bytes constant(std::string_view digits) {
  auto bytes = from_hex(digits);
  CHECK(bytes.has_value());
  return std::move(*bytes);
}

struct KeyEntry {
  KeySpec spec;
  Bytes der;
};
const std::vector<KeyEntry>& key_entries() {
  static const std::vector<KeyEntry> entries{
      {{KeyType::rsa, 0}, constant("300d06092a864886f70d0101010500")},
      {{KeyType::ec, 224}, constant("301006072a8648ce3d020106052b81040021")},
      {{KeyType::ec, 256}, constant("301306072a8648ce3d020106082a8648ce3d030107")},
      {{KeyType::ec, 384}, constant("301006072a8648ce3d020106052b81040022")},
      {{KeyType::ec, 521}, constant("301006072a8648ce3d020106052b81040023")},
      {{KeyType::ed25519, 0}, constant("300506032b6570")},
  };
  return entries;
}

struct SignatureEntry {
  SignatureAlgorithm algorithm;
  Bytes der;
};
/// RSASSA-PSS-params with MGF1 of the same hash and the hash's length as salt; trailerField is the
/// default and so left out (RFC 4055, 3.1).
Bytes pss(std::string_view hash_octet, std::string_view salt) {
  const std::string sha2 = "300d060960864801650304020" + std::string(hash_octet) + "0500";
  return constant("304106092a864886f70d01010a3034a00f" + sha2 + "a11c301a06092a864886f70d010108" +
                  sha2 + "a2030201" + std::string(salt));
}
const std::vector<SignatureEntry>& signature_entries() {
  static const std::vector<SignatureEntry> entries{
      {{KeyType::rsa, {Hash::sha256, false}}, constant("300d06092a864886f70d01010b0500")},
      {{KeyType::rsa, {Hash::sha384, false}}, constant("300d06092a864886f70d01010c0500")},
      {{KeyType::rsa, {Hash::sha512, false}}, constant("300d06092a864886f70d01010d0500")},
      {{KeyType::rsa, {Hash::sha256, true}}, pss("1", "20")},
      {{KeyType::rsa, {Hash::sha384, true}}, pss("2", "30")},
      {{KeyType::rsa, {Hash::sha512, true}}, pss("3", "40")},
      {{KeyType::ec, {Hash::sha256, false}}, constant("300a06082a8648ce3d040302")},
      {{KeyType::ec, {Hash::sha384, false}}, constant("300a06082a8648ce3d040303")},
      {{KeyType::ec, {Hash::sha512, false}}, constant("300a06082a8648ce3d040304")},
      {{KeyType::ed25519, {}}, constant("300506032b6570")},
  };
  return entries;
}

struct HashEntry {
  Hash hash;
  Bytes der;
};
const std::vector<HashEntry>& hash_entries() {
  static const std::vector<HashEntry> entries{
      {Hash::sha1, constant("300906052b0e03021a0500")},
      {Hash::sha224, constant("300d06096086480165030402040500")},
      {Hash::sha256, constant("300d06096086480165030402010500")},
      {Hash::sha384, constant("300d06096086480165030402020500")},
      {Hash::sha512, constant("300d06096086480165030402030500")},
  };
  return entries;
}

bool equal(BytesView a, BytesView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

BytesView spki_algorithm(const KeySpec& spec) {
  const int bits = spec.type == KeyType::rsa ? 0 : spec.bits;
  for (const KeyEntry& entry : key_entries()) {
    if (entry.spec == KeySpec{spec.type, bits}) return entry.der;
  }
  CHECK(!"a key of this type has an AlgorithmIdentifier");
  return {};
}

BytesView signature_algorithm(KeyType type, const SignatureScheme& scheme) {
  const SignatureScheme sought = type == KeyType::ed25519 ? SignatureScheme{}
                                 : type == KeyType::ec    ? SignatureScheme{scheme.hash, false}
                                                          : scheme;
  for (const SignatureEntry& entry : signature_entries()) {
    if (entry.algorithm == SignatureAlgorithm{type, sought}) return entry.der;
  }
  CHECK(!"a signature of this scheme has an AlgorithmIdentifier");
  return {};
}

BytesView hash_algorithm(Hash hash) {
  for (const HashEntry& entry : hash_entries()) {
    if (entry.hash == hash) return entry.der;
  }
  CHECK(!"a hash has an AlgorithmIdentifier");
  return {};
}

std::optional<SignatureAlgorithm> parse_signature_algorithm(BytesView der) {
  for (const SignatureEntry& entry : signature_entries()) {
    if (equal(entry.der, der)) return entry.algorithm;
  }
  return std::nullopt;
}

std::optional<KeySpec> parse_spki_algorithm(BytesView der) {
  for (const KeyEntry& entry : key_entries()) {
    if (equal(entry.der, der)) return entry.spec;
  }
  return std::nullopt;
}

std::optional<Hash> parse_hash_algorithm(BytesView der) {
  for (const HashEntry& entry : hash_entries()) {
    if (equal(entry.der, der)) return entry.hash;
    // The same without the NULL, whose two octets the outer length counts.
    Bytes bare(entry.der.begin(), entry.der.end() - 2);
    bare[1] = static_cast<std::uint8_t>(bare[1] - 2);
    if (equal(bare, der)) return entry.hash;
  }
  return std::nullopt;
}

SignatureScheme default_scheme(const KeySpec& key, int signature_bits, bool pss) {
  switch (key.type) {
    case KeyType::rsa: {
      const Hash hash = signature_bits == 384   ? Hash::sha384
                        : signature_bits == 512 ? Hash::sha512
                                                : Hash::sha256;
      return {hash, pss};
    }
    case KeyType::ec:
      return {key.bits == 384   ? Hash::sha384
              : key.bits == 521 ? Hash::sha512
                                : Hash::sha256,
              false};
    case KeyType::ed25519:
      break;
  }
  return {};
}

}  // namespace signet::crypto
