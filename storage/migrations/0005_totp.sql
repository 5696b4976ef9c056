-- SPDX-License-Identifier: Apache-2.0
-- oldest-binary: 0.1.0
-- Codes of totp that were accepted, one a key and time step, and how often a step was tried. `key` is drawn when the
-- key is written; `expires_at` is UTC seconds.
CREATE TABLE totp_used (
  mount BYTEA NOT NULL,
  key BYTEA NOT NULL,
  step BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (mount, key, step)
);
CREATE INDEX totp_used_expires_at ON totp_used (mount, expires_at);
CREATE TABLE totp_attempts (
  mount BYTEA NOT NULL,
  key BYTEA NOT NULL,
  step BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (mount, key, step)
);
CREATE INDEX totp_attempts_expires_at ON totp_attempts (mount, expires_at);
