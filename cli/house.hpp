// SPDX-License-Identifier: Apache-2.0
// The composition root: every part of a server, built in order and wired to each other once.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "core/audit/audit.hpp"
#include "core/background.hpp"
#include "core/lease/expiry.hpp"
#include "core/lease/leases.hpp"
#include "core/mounts.hpp"
#include "core/pipeline.hpp"
#include "core/policy/policies.hpp"
#include "core/seal/barrier.hpp"
#include "core/seal/seal.hpp"
#include "core/services.hpp"
#include "core/token/tokens.hpp"
#include "core/wrapping_key.hpp"
#include "storage/database.hpp"

#include <memory>
#include <string>

namespace signet::cli {

/// Each member may use those above it; they go in the opposite order.
class House {
 public:
  House(std::unique_ptr<storage::Database> database, core::AuditOptions audit,
        core::ServerInfo info, Clock& clock, Random& random);
  House(const House&) = delete;
  House& operator=(const House&) = delete;
  ~House();

  /// Background work; requests may come before.
  void start();
  /// Ends background work and forgets the keys. Requests have ended.
  void stop();

 private:
  std::unique_ptr<storage::Database> database_;

 public:
  Clock& clock;
  Random& random;
  core::ServerInfo info;
  core::Barrier barrier;
  core::Seal seal;
  core::Audit audit;
  core::Policies policies;
  core::Tokens tokens;
  core::Registry registry;
  core::Mounts mounts;
  core::Leases leases;
  core::WrappingKey wrapping_key;
  core::Services services;
  core::Pipeline pipeline;
  core::Background background;
  core::LeaseExpiry expiry;
};

}  // namespace signet::cli
