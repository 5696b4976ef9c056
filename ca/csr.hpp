// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ca/extensions.hpp"
#include "ca/general_name.hpp"
#include "ca/name.hpp"
#include "crypto/key.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace signet::ca {

/// A PKCS#10 certification request (RFC 2986) whose own signature was verified.
struct Csr {
  Der der;
  DistinguishedName subject;
  crypto::PublicKey public_key;
  SubjectAltNames sans;
  std::optional<KeyUsage> key_usage;
  std::optional<ExtKeyUsages> ext_key_usage;
  std::optional<BasicConstraints> basic_constraints;
  std::vector<Extension> extensions;  ///< every requested extension, raw, in order
};

/// What the caller demands of a request's key; asked as soon as type and size are known, before the
/// key is built or a signature verified.
using KeyCheck = std::function<Result<void>(const crypto::KeySpec&)>;

/// At most 64 KiB. Errors (400): "certificate request could not be parsed: ...", "RSA keys < 2048
/// bits are unsafe and not supported", "Refusing to sign CSR with empty PublicKey ..." for key
/// algorithms that are not ours, "request signature invalid", and what `accepts_key` says.
Result<Csr> parse_csr(BytesView der, const KeyCheck& accepts_key = {});
/// The first PEM block, whatever its label. Also: "\"csr\" is empty", "csr contains no data".
Result<Csr> parse_csr_pem(std::string_view pem, const KeyCheck& accepts_key = {});

/// A request for `key`, signed by it. SANs come first in the extension request (critical when the
/// subject is empty), then `extensions`; no attribute when there are neither.
Der build_csr(const DistinguishedName& subject, const SubjectAltNames& sans,
              const std::vector<Extension>& extensions, const crypto::PrivateKey& key,
              const crypto::SignatureScheme& scheme);

}  // namespace signet::ca
