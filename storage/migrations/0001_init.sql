-- SPDX-License-Identifier: Apache-2.0
-- oldest-binary: 0.1.0
-- Ids are 16 bytes, times UTC seconds. `record` and other columns marked sealed hold values of core/seal.
CREATE TABLE seal (
  id INTEGER NOT NULL PRIMARY KEY,
  config TEXT COLLATE "C" NOT NULL,
  root_key BYTEA NOT NULL,
  keyring BYTEA NOT NULL,
  keyring_version BIGINT NOT NULL,
  lookup_keys BYTEA NOT NULL,
  cluster_id BYTEA NOT NULL,
  cluster_name TEXT COLLATE "C" NOT NULL
);
CREATE TABLE changes (
  kind TEXT COLLATE "C" NOT NULL,
  owner BYTEA NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (kind, owner)
);
CREATE TABLE settings (
  namespace BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  record BYTEA NOT NULL,
  PRIMARY KEY (namespace, name)
);
CREATE TABLE mounts (
  id BYTEA NOT NULL PRIMARY KEY,
  namespace BYTEA NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  path TEXT COLLATE "C" NOT NULL,
  record BYTEA NOT NULL,
  UNIQUE (namespace, class, path)
);
CREATE TABLE policies (
  namespace BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  record BYTEA NOT NULL,
  PRIMARY KEY (namespace, name)
);
CREATE TABLE audit_devices (
  id BYTEA NOT NULL PRIMARY KEY,
  path TEXT COLLATE "C" NOT NULL UNIQUE,
  record BYTEA NOT NULL
);
CREATE TABLE tokens (
  id_hash BYTEA NOT NULL PRIMARY KEY,
  namespace BYTEA NOT NULL,
  accessor TEXT COLLATE "C" NOT NULL UNIQUE,
  parent BYTEA,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  uses BIGINT NOT NULL,
  record BYTEA NOT NULL
);
CREATE INDEX tokens_parent ON tokens (parent);
CREATE INDEX tokens_expires_at ON tokens (expires_at);
CREATE TABLE secrets (
  mount BYTEA NOT NULL,
  path TEXT COLLATE "C" NOT NULL,
  value BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (mount, path)
);
-- One (subject name, key) of a mount: what certificates, revocations and CRLs hang on. Kept when issuers go.
CREATE TABLE authorities (
  number BIGINT NOT NULL PRIMARY KEY,
  mount BYTEA NOT NULL,
  subject BYTEA NOT NULL,
  spki_hash BYTEA NOT NULL,
  UNIQUE (mount, spki_hash, subject)
);
CREATE TABLE issuers (
  id BYTEA NOT NULL PRIMARY KEY,
  mount BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  authority BIGINT NOT NULL,
  key_id BYTEA,
  certificate BYTEA NOT NULL,
  record BYTEA NOT NULL
);
CREATE INDEX issuers_mount ON issuers (mount, id);
CREATE TABLE issuer_keys (
  id BYTEA NOT NULL PRIMARY KEY,
  mount BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  spki BYTEA NOT NULL,
  record BYTEA NOT NULL
);
CREATE INDEX issuer_keys_mount ON issuer_keys (mount, id);
CREATE TABLE certificates (
  issuer BIGINT NOT NULL,
  serial BYTEA NOT NULL,
  mount BYTEA NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  not_before BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  der BYTEA NOT NULL,
  spki_hash BYTEA NOT NULL,
  entity BYTEA,
  PRIMARY KEY (issuer, serial)
);
CREATE INDEX certificates_mount ON certificates (mount, serial);
CREATE INDEX certificates_not_after ON certificates (not_after);
CREATE TABLE revocations (
  issuer BIGINT NOT NULL,
  serial BYTEA NOT NULL,
  mount BYTEA NOT NULL,
  revoked_at BIGINT NOT NULL,
  reason BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  shard BIGINT NOT NULL,
  PRIMARY KEY (issuer, serial)
);
CREATE INDEX revocations_mount ON revocations (mount, serial);
CREATE INDEX revocations_revoked_at ON revocations (revoked_at);
CREATE TABLE crls (
  issuer BIGINT NOT NULL,
  shard BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  this_update BIGINT NOT NULL,
  next_update BIGINT NOT NULL,
  size BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (issuer, shard, kind)
);
CREATE TABLE crl_chunks (
  issuer BIGINT NOT NULL,
  shard BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  chunk BIGINT NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (issuer, shard, kind, number, chunk)
);
CREATE TABLE nodes (
  id BYTEA NOT NULL PRIMARY KEY,
  seen BIGINT NOT NULL,
  address TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL
);
CREATE TABLE jobs (
  name TEXT COLLATE "C" NOT NULL,
  owner BYTEA NOT NULL,
  wanted BIGINT NOT NULL,
  done BIGINT NOT NULL,
  fence BIGINT NOT NULL,
  claimed_until BIGINT NOT NULL,
  PRIMARY KEY (name, owner)
);
