// SPDX-License-Identifier: Apache-2.0
// Key/value secrets, version 2 (engines.md section 3): every write is a numbered version, older
// ones stay readable until they are pruned. Routes stand beside their handlers: each v2_*.cpp has a
// function that makes its part of the table.
#pragma once

#include "base/clock.hpp"
#include "core/engine.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/route.hpp"
#include "engines/kv/fields.hpp"
#include "engines/kv/readers.hpp"
#include "engines/kv/turns.hpp"
#include "storage/kv.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace signet::kv {

// Fields of requests; defined where they are used.
struct ReadFields;
struct WriteFields;
struct SubkeysFields;
struct ConfigFields;
struct MetadataFields;
struct VersionsFields;
struct TransactionFields;
struct SearchFields;

// The parts of the route table, one a file.
std::vector<core::Route> config_routes();
std::vector<core::Route> data_routes();
std::vector<core::Route> patch_routes();
std::vector<core::Route> version_routes();
std::vector<core::Route> metadata_routes();
std::vector<core::Route> list_routes();
std::vector<core::Route> transaction_routes();
std::vector<core::Route> search_routes();
std::vector<core::Route> wrong_routes();

/// Whether a mount with these options keeps versions.
bool is_version_2(const std::map<std::string, std::string>& options);

storage::KvTime time_of(const Clock& clock);

/// What a write is decided on: read at the existence check, and once more when another writer of
/// the key had the turn in between.
struct WriteTurn final : core::Kept {
  Turns::Turn turn;
  std::uint64_t number = 0;
  storage::KvState state;
};

class KvV2 final : public core::Engine {
 public:
  using Request = core::Request;
  using Response = core::Response;

  /// @param readers  shared by the kv mounts of the process
  KvV2(const core::EngineContext& context, std::shared_ptr<Readers> readers)
      : context_(context),
        store_(context.database, context.sealer, context.mount_id),
        readers_(std::move(readers)) {}

  [[nodiscard]] const core::RouteTable& routes() const override;
  void unmounted(storage::CommitUnit& unit) override;
  Result<void> retuned(const core::Mount& mount, storage::CommitUnit& unit) override;
  void tick() override;

  // v2_config.cpp
  Result<Response> read_config(Request&, const PathField&);
  Result<Response> write_config(Request&, const ConfigFields&);

  // v2_data.cpp
  Result<Response> read(Request&, const ReadFields&);
  Result<Response> write(Request&, const WriteFields&);
  Result<bool> exists(Request&, const core::Captures&);

  // v2_patch.cpp
  Result<Response> patch(Request&, const WriteFields&);
  Result<Response> subkeys(Request&, const SubkeysFields&);

  // v2_versions.cpp
  Result<Response> remove_current(Request&, const PathField&);
  Result<Response> remove_versions(Request&, const VersionsFields&);
  Result<Response> undelete(Request&, const VersionsFields&);
  Result<Response> destroy(Request&, const VersionsFields&);

  // v2_metadata.cpp
  Result<Response> read_metadata(Request&, const PathField&);
  Result<Response> write_metadata(Request&, const MetadataFields&);
  Result<Response> patch_metadata(Request&, const MetadataFields&);
  Result<Response> remove_metadata(Request&, const PathField&);

  // v2_list.cpp
  Result<Response> list(Request&, const ListFields&);
  Result<Response> scan(Request&, const ListFields&);
  Result<Response> list_detailed(Request&, const ListFields&);
  Result<Response> scan_detailed(Request&, const ListFields&);

  // v2_transaction.cpp
  Result<Response> write_all(Request&, const TransactionFields&);

  // v2_search.cpp
  Result<Response> search(Request&, const SearchFields&);

  // v2.cpp
  Result<Response> refuse_root(Request&, const PathField&);
  Result<Response> refuse_path(Request&, const PathField&);

 private:
  struct Step;
  [[nodiscard]] Result<std::vector<Step>> read_steps(Request& request) const;
  /// Counts who read the version.
  void note_read(Request& request, const std::string& path, std::int64_t version);
  /// The turn at a key and what it stands on; throws Unavailable when it is not to be had in time.
  WriteTurn& take_turn(Request& request, const std::string& path);
  /// Stages `value` as the key's next version. `cas` as the caller gave it.
  Result<Response> stage_version(Request& request, const std::string& path,
                                 const storage::KvState& state, std::optional<std::int64_t> cas,
                                 BytesView value);
  storage::KvState state_for_metadata(Request& request, const std::string& path);
  Result<Response> store_metadata(Request& request, const MetadataFields& fields, bool is_patch);

  core::EngineContext context_;
  storage::KvStore store_;
  std::shared_ptr<Readers> readers_;
  Turns turns_;
};

/// The effective settings of a key on its mount (engines.md sections 3.3 and 3.7).
std::int64_t version_limit(const storage::KvState& state);
bool needs_cas(const storage::KvState& state);
/// When a version written now is deleted by itself; nullopt: never.
std::optional<storage::KvTime> deletion_of(const storage::KvState& state, storage::KvTime now);
/// A body's `options.cas`; nullopt: not given.
Result<std::optional<std::int64_t>> read_cas(const core::Json& body);
/// Why a write with this `cas` must not be; nothing: it may.
Result<void> check_cas(const storage::KvState& state, std::optional<std::int64_t> cas);
Error cas_mismatch();

/// What answers show of a version, but for its number.
core::Json to_json(const storage::KvVersion& version);
/// The same with its number and the key's custom metadata.
core::Json to_json(const storage::KvVersion& version, const std::string& custom_metadata);
/// The body of GET metadata/.
core::Json to_json(const storage::KvStore::Described& described);
std::string to_text(storage::KvTime at);

/// An answer of status 404 that says what is not there any more.
core::Response gone(core::Json data);

}  // namespace signet::kv
