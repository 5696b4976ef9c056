// SPDX-License-Identifier: Apache-2.0
#include "core/seal/keyring.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace signet::core {
namespace {

// Layout: format (1 byte), enabled (1), max_operations (8), interval (8), number of terms (4), then
// a term: number (4), installed_at (8), encryptions (8), key (32). Integers are big endian.
constexpr std::uint8_t format = 1;
constexpr std::size_t head_size = 1 + 1 + 8 + 8 + 4;
constexpr std::size_t term_size = 4 + 8 + 8 + barrier_key_size;

void put(Bytes& to, std::uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    to.push_back(static_cast<std::uint8_t>(number >> (8 * i) & 0xffU));
}

class TermReader {
 public:
  explicit TermReader(BytesView text) : text_(text) {}
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(bytes)) value = value << 8U | byte;
    return value;
  }
  std::int64_t integer() { return static_cast<std::int64_t>(number(8)); }
  BytesView take(std::size_t bytes) {
    const BytesView part = text_.first(bytes);
    text_ = text_.subspan(bytes);
    return part;
  }

 private:
  BytesView text_;
};

}  // namespace

Keyring Keyring::first(Random& random, UnixTime now) {
  Keyring keyring;
  keyring.add_term(random, now);
  return keyring;
}

Result<Keyring> Keyring::parse(BytesView text) {
  const Error broken{ErrorCode::internal, "internal error", "keyring is malformed"};
  if (text.size() < head_size || text[0] != format) return broken;
  TermReader reader(text.subspan(1));
  Keyring keyring;
  keyring.rotation.is_enabled = reader.number(1) != 0;
  keyring.rotation.max_operations = reader.integer();
  keyring.rotation.interval = Seconds(reader.integer());
  const std::uint64_t count = reader.number(4);
  if (count == 0 || count != (text.size() - head_size) / term_size ||
      (text.size() - head_size) % term_size != 0)
    return broken;
  for (std::uint64_t i = 0; i < count; ++i) {
    KeyTerm term;
    term.number = static_cast<std::uint32_t>(reader.number(4));
    term.installed_at = {reader.integer()};
    term.encryptions = reader.integer();
    term.key = SecretBytes(to_bytes(reader.take(barrier_key_size)));
    if (term.number == 0 || (i > 0 && term.number <= keyring.active().number)) return broken;
    keyring.terms_.push_back(std::move(term));
  }
  return keyring;
}

SecretBytes Keyring::serialise() const {
  Bytes text;
  text.reserve(head_size + terms_.size() * term_size);  // exact: growth would leave keys behind
  text.push_back(format);
  text.push_back(rotation.is_enabled ? 1 : 0);
  put(text, static_cast<std::uint64_t>(rotation.max_operations), 8);
  put(text, static_cast<std::uint64_t>(rotation.interval.count()), 8);
  put(text, terms_.size(), 4);
  for (const KeyTerm& term : terms_) {
    put(text, term.number, 4);
    put(text, static_cast<std::uint64_t>(term.installed_at.seconds), 8);
    put(text, static_cast<std::uint64_t>(term.encryptions), 8);
    append(text, term.key.reveal());
  }
  return SecretBytes(std::move(text));
}

Keyring Keyring::copy() const {
  Keyring keyring;
  keyring.rotation = rotation;
  for (const KeyTerm& term : terms_)
    keyring.terms_.push_back({term.number, term.key.copy(), term.installed_at, term.encryptions});
  return keyring;
}

const KeyTerm* Keyring::find(std::uint32_t number) const {
  if (active().number == number) return &active();
  const auto found =
      std::lower_bound(terms_.begin(), terms_.end(), number,
                       [](const KeyTerm& term, std::uint32_t n) { return term.number < n; });
  return found != terms_.end() && found->number == number ? &*found : nullptr;
}

void Keyring::add_term(Random& random, UnixTime now) {
  const std::uint32_t number = terms_.empty() ? 1 : active().number + 1;
  CHECK(number != 0);
  terms_.push_back({number, SecretBytes(random.bytes(barrier_key_size)), now, 0});
}

void Keyring::count(std::uint32_t number, std::int64_t encryptions) {
  for (KeyTerm& term : terms_)
    if (term.number == number) term.encryptions += encryptions;
}

}  // namespace signet::core
