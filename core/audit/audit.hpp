// SPDX-License-Identifier: Apache-2.0
// The audit devices of this node: who writes, who fails, what it means (core.md section 10).
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/sealed.hpp"
#include "base/secret.hpp"
#include "base/snapshot.hpp"
#include "core/audit/device.hpp"
#include "core/audit/entry.hpp"
#include "storage/audit_devices.hpp"
#include "storage/database.hpp"
#include "storage/settings.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

/// A device as an operator asks for it.
struct AuditDeviceInput {
  std::string path;  ///< "file" or "file/"
  std::string type;
  std::string description;
  std::map<std::string, std::string> options;
  bool local = false;
};

/// What the configuration file decides.
struct AuditOptions {
  /// `sys/audit/:path` may enable `file` devices below `directories` (absolute paths; the words
  /// "stdout" and "discard" allow those); else it answers 400.
  bool api_enable_allowed = true;
  std::vector<std::string> directories;
  bool require_audit = false;             ///< no device at all: every request fails
  bool prefix_allowed = false;            ///< the option `prefix` may be used
  std::vector<AuditDeviceInput> devices;  ///< `audit "file" "path" { … }` stanzas
};

class Audit {
 public:
  /// `kind` of the change number that enabling, disabling and headers raise (owner:
  /// root_namespace); when it rose, load().
  static constexpr std::string_view change_kind = "audit";

  Audit(AuditOptions options, storage::Database& database, Sealer& sealer, Clock& clock,
        Random& random);
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  /// Reads rows and stanzas and opens what is new; devices that stay keep their files. On unseal
  /// and when the number rose. A device that cannot be opened stays in the list, refuses lines and
  /// is tried again with each.
  /// @throws Fault, Unavailable: the rows cannot be read or were forged
  void load();
  /// On seal. What is under way may still write its response entries.
  void unload();
  /// SIGHUP: new stanzas of the configuration file (if given), then every file opened anew.
  void reopen(std::optional<std::vector<AuditDeviceInput>> devices = std::nullopt);

  /// Opens, writes the test entry (unless the option skip_test), stages the row; the device works
  /// once committed.
  Result<void> enable(const AuditDeviceInput& input, storage::CommitUnit& unit);
  /// Unknown paths are no error. 400: the device comes from the configuration file.
  Result<void> disable(std::string_view path, storage::CommitUnit& unit);
  /// By path ("file/"), sorted.
  [[nodiscard]] std::vector<AuditDeviceInput> list() const;
  /// What entries of that device show for `input`. 400: no such device, input empty.
  [[nodiscard]] Result<std::string> hash(std::string_view path, std::string_view input) const;

  /// True when a device accepted the entry, or when there is none and none is required. False: the
  /// request fails with 500 `internal error` (before: nothing runs; after: the result is withheld).
  [[nodiscard]] bool log_request(const AuditRecord& record) const;
  [[nodiscard]] bool log_response(const AuditRecord& record) const;
  [[nodiscard]] bool has_devices() const;

  /// Request headers that entries carry, by lower-case name.
  [[nodiscard]] AuditHeaders headers() const;
  void set_header(std::string_view name, bool is_hashed, storage::CommitUnit& unit);
  void remove_header(std::string_view name, storage::CommitUnit& unit);

 private:
  struct Device;
  struct State;
  using DevicePointer = std::shared_ptr<const Device>;
  [[nodiscard]] std::shared_ptr<const State> state() const;
  [[nodiscard]] Result<DevicePointer> make(const AuditDeviceInput& input, const Uuid& id,
                                           const SecretBytes& salt, bool is_declared) const;
  [[nodiscard]] DevicePointer make_anyway(const AuditDeviceInput& input, const Uuid& id,
                                          const SecretBytes& salt, bool is_declared) const;
  [[nodiscard]] Result<void> check_allowed(const AuditDeviceInput& input) const;
  [[nodiscard]] Result<void> test(const Device& device) const;
  [[nodiscard]] bool log(const State& state, std::string_view type,
                         const AuditRecord& record) const;
  void load_locked();
  [[nodiscard]] DevicePointer declared(const AuditDeviceInput& input, const State* before) const;
  [[nodiscard]] DevicePointer stored(const storage::AuditDeviceRow& row, const State* before) const;
  [[nodiscard]] SecretBytes salt_of(std::string_view path) const;
  void stage_headers(AuditHeaders headers, const State& before, storage::CommitUnit& unit);
  void edit(const std::function<void(State&)>& change);

  AuditOptions options_;
  storage::Database& database_;
  Sealer& sealer_;
  Clock& clock_;
  Random& random_;
  storage::AuditDeviceStore devices_;
  storage::SettingStore settings_;
  std::mutex change_;      // one change of the state at a time
  Snapshot<State> state_;  // entries under way share the devices they began with
  Snapshot<State> last_;   // after sealing, for response entries
};

}  // namespace signet::core
