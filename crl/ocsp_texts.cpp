// SPDX-License-Identifier: Apache-2.0
#include "crl/ocsp_texts.hpp"

namespace signet::crl {

std::shared_ptr<const CertId> OcspTexts::find(std::string_view text) const {
  const Part& part = parts_[part_of(text)];
  const std::lock_guard lock(part.mutex);
  const auto found = part.known.find(text);
  return found == part.known.end() ? nullptr : found->second;
}

void OcspTexts::remember(std::string_view text, const CertId& id) {
  if (text.size() > longest_text) return;
  Part& part = parts_[part_of(text)];
  const std::lock_guard lock(part.mutex);
  if (part.known.size() >= most_a_part) part.known.clear();
  part.known.try_emplace(std::string(text), std::make_shared<const CertId>(id));
}

}  // namespace signet::crl
