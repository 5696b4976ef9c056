-- SPDX-License-Identifier: Apache-2.0
-- oldest-binary: 0.1.0
-- What tokens keep for themselves; `value` is sealed. Rows go with their token in the same statement, whatever
-- removes it. A batch inserts into its tables by rising name: this one comes after `tokens`.
CREATE TABLE tokens_cubbyholes (
  token BYTEA NOT NULL REFERENCES tokens (id_hash) ON DELETE CASCADE,
  path TEXT COLLATE "C" NOT NULL,
  value BYTEA NOT NULL,
  PRIMARY KEY (token, path)
);
