-- Stamped statements (盖章流水): the file, sealed, until `file_ends_at_ms`; what the public may check, until `ends_at_ms`.
CREATE TABLE stamped (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, account_key TEXT NOT NULL,
  first_day TEXT NOT NULL, last_day TEXT NOT NULL, state TEXT NOT NULL, code_hash BYTEA NOT NULL, facts_sealed BYTEA NOT NULL,
  file_sealed BYTEA, file_hash BYTEA, asked_at_ms BIGINT NOT NULL, file_ends_at_ms BIGINT NOT NULL, ends_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX stamped_by_code ON stamped (tenant_id, code_hash);
-- Invariant: a follower has one live file of an account and a span; asking again gets that one.
CREATE UNIQUE INDEX stamped_same ON stamped (tenant_id, follower_id, account_key, first_day, last_day)
  WHERE state IN ('making', 'ready');
