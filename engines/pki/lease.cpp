// SPDX-License-Identifier: Apache-2.0
// Certificates that hang on leases (roles with generate_lease): one that ends early is revoked.
#include "core/lease/terms.hpp"
#include "engines/pki/leaf.hpp"
#include "engines/pki/pki.hpp"
#include "engines/pki/status.hpp"
#include "storage/revocations.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace signet::pki {

core::Json leased_certificate(std::int64_t authority, const Serial& serial, UnixTime not_after) {
  return {{"authority", authority},
          {"serial_number", serial.colons()},
          {"not_after", not_after.seconds}};
}

Result<void> PkiEngine::revoke_secret(const core::LeasedSecret& secret, storage::CommitUnit& unit) {
  const auto serial = Serial::parse(secret.data.at("serial_number").get<std::string>());
  if (!serial) throw Fault("a lease names no serial number");
  storage::RevocationRow row;
  row.issuer = secret.data.at("authority").get<std::int64_t>();
  row.serial = to_bytes(serial->magnitude());
  row.mount = context_.mount_id;
  row.revoked_at = context_.clock.now();
  row.not_after = UnixTime{secret.data.at("not_after").get<std::int64_t>()};
  // The usual end of a lease is that of its certificate: nobody need list that one.
  if (row.not_after < row.revoked_at + expiry_slack &&
      !issuers()->config().crl.allow_expired_cert_revocation)
    return {};
  unit.after_commit(
      [this, authority = row.issuer, number = row.serial] { status_->revoked(authority, number); });
  storage::RevocationStore::stage_unless_revoked(unit, std::move(row));
  return {};
}

}  // namespace signet::pki
