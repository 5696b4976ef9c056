// SPDX-License-Identifier: Apache-2.0
#include "cli/house.hpp"

#include "auth/registry.hpp"
#include "engines/registry.hpp"

#include <utility>

namespace signet::cli {
namespace {

// The pipeline looks for the system module when it is made: the registry is filled before.
core::Services& with_modules(core::Registry& registry, core::Services& services) {
  engines::register_all(registry, services);
  auth::register_all(registry, services);
  return services;
}

}  // namespace

House::House(std::unique_ptr<storage::Database> database, core::AuditOptions audit_options,
             core::ServerInfo server_info, Clock& clock_, Random& random_)
    : database_(std::move(database)),
      clock(clock_),
      random(random_),
      info(std::move(server_info)),
      barrier(*database_, clock, random),
      seal(*database_, barrier, clock, random, info.build),
      audit(std::move(audit_options), *database_, barrier, clock, random),
      policies(*database_, database_->changes(), barrier, clock),
      tokens(*database_, database_->changes(), barrier, clock, random),
      mounts(*database_, database_->changes(), barrier, clock, random, registry),
      leases(*database_, database_->changes(), barrier, seal, clock, random, mounts),
      wrapping_key(*database_, barrier),
      services{*database_, database_->changes(),
               clock,      random,
               barrier,    seal,
               audit,      policies,
               tokens,     mounts,
               leases,     wrapping_key,
               registry,   info},
      pipeline(with_modules(registry, services)),
      background(services),
      expiry(leases, seal, database_->changes()) {
  core::connect(services);
}

House::~House() { stop(); }

void House::start() {
  background.start();
  expiry.start();
}

void House::stop() {
  expiry.stop();
  background.stop();
  seal.seal();
}

}  // namespace signet::cli
