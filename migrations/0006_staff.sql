-- Who works here. Passwords are Argon2id strings; sessions are kept as hashes.
CREATE TABLE staff (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, login TEXT NOT NULL, password_hash TEXT NOT NULL,
  role TEXT NOT NULL, failed BIGINT NOT NULL, locked_until_ms BIGINT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX staff_login ON staff (tenant_id, login);
CREATE TABLE staff_session (
  tenant_id BIGINT NOT NULL, secret_hash BYTEA NOT NULL, staff_id BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL, seen_at_ms BIGINT NOT NULL, ended_at_ms BIGINT,
  PRIMARY KEY (tenant_id, secret_hash));
CREATE INDEX leave_message_open ON leave_message (tenant_id, state, id);
