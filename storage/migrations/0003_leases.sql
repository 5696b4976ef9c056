-- SPDX-License-Identifier: Apache-2.0
-- oldest-binary: 0.1.0
-- What was given out for a time. Times are UTC seconds; `record` is sealed. `state` is 0 while the lease runs, 1
-- when it ends (its secret is being taken back) and 2 when that failed for good. `due_at` is when a worker takes it
-- up next; null: nobody does.
CREATE TABLE leases (
  namespace BYTEA NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  mount BYTEA NOT NULL,
  token BYTEA,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  due_at BIGINT,
  state BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  problem TEXT COLLATE "C" NOT NULL,
  record BYTEA NOT NULL,
  PRIMARY KEY (namespace, id)
);
CREATE INDEX leases_due_at ON leases (due_at);
CREATE INDEX leases_token ON leases (token);
CREATE INDEX leases_mount ON leases (mount);
CREATE INDEX leases_irrevocable ON leases (namespace, id) WHERE state = 2;
-- Tokens are found by the path that made them, too: they are leases by another name.
ALTER TABLE tokens ADD COLUMN path TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX tokens_path ON tokens (namespace, path);
