// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine.hpp"
#include "engines/pki/role.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace signet::pki {

/// A role as it was at `number`; `role` is null when there was none.
struct RoleView {
  std::int64_t number = 0;
  std::shared_ptr<const Role> role;  // shared with the cache and with leaf templates
};

/// A mount's roles, read when asked for and kept until one of the mount changes.
class Roles {
 public:
  static constexpr std::string_view kind = "pki-roles";

  explicit Roles(const core::EngineContext& context) : context_(context) {}
  /// @throws Unavailable
  RoleView find(std::string_view name);
  void write(storage::CommitUnit& unit, const std::string& name, const Role& role) const;
  void remove(storage::CommitUnit& unit, std::string_view name) const;

 private:
  static constexpr std::size_t most_kept = 10'000;
  core::EngineContext context_;
  std::mutex mutex_;
  std::int64_t number_ = -1;
  std::map<std::string, std::shared_ptr<const Role>, std::less<>> kept_;
};

}  // namespace signet::pki
