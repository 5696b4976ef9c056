-- SPDX-License-Identifier: Apache-2.0
-- oldest-binary: 0.1.0
-- Version 2 of kv. Times of keys and versions are UTC microseconds, durations seconds; `value` is sealed.
CREATE TABLE kv_configs (
  mount BYTEA NOT NULL PRIMARY KEY,
  max_versions BIGINT NOT NULL,
  cas_required BIGINT NOT NULL,
  metadata_cas_required BIGINT NOT NULL,
  delete_version_after BIGINT NOT NULL,
  leak_check BIGINT NOT NULL
);
CREATE TABLE kv_paths (
  mount BYTEA NOT NULL,
  path TEXT COLLATE "C" NOT NULL,
  current_version BIGINT NOT NULL,
  oldest_version BIGINT NOT NULL,
  metadata_version BIGINT NOT NULL,
  max_versions BIGINT NOT NULL,
  cas_required BIGINT NOT NULL,
  metadata_cas_required BIGINT NOT NULL,
  delete_version_after BIGINT NOT NULL,
  custom_metadata TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (mount, path)
);
-- `origin` is 1 where the value still stands as version 1 of kv sealed it (a mount that was upgraded), else 0.
CREATE TABLE kv_versions (
  mount BYTEA NOT NULL,
  path TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  deleted_at BIGINT,
  destroyed BIGINT NOT NULL,
  value BYTEA,
  origin BIGINT NOT NULL,
  PRIMARY KEY (mount, path, version)
);
-- Who read which version. `consumer` is an entity's id, or a token's accessor where it has no entity; times are
-- UTC seconds.
CREATE TABLE consumers (
  mount BYTEA NOT NULL,
  path TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  consumer TEXT COLLATE "C" NOT NULL,
  first_read BIGINT NOT NULL,
  last_read BIGINT NOT NULL,
  reads BIGINT NOT NULL,
  PRIMARY KEY (mount, path, version, consumer)
);
CREATE INDEX consumers_last_read ON consumers (last_read);
-- Keyed hashes of the texts in values, on mounts that ask for it: what leak-check looks up.
CREATE TABLE kv_value_hashes (
  hash BYTEA NOT NULL,
  mount BYTEA NOT NULL,
  path TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (hash, mount, path, version)
);
CREATE INDEX kv_value_hashes_place ON kv_value_hashes (mount, path, version);
