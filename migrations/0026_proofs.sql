-- What a bound customer has proved on a page: known | code | digits | face | pin, for one thing, in one session, for some minutes.
-- Takes the place of undo_proof, which nothing writes any more and the next release drops.
CREATE TABLE proof (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, kind TEXT NOT NULL, session_id BIGINT NOT NULL, intent BYTEA NOT NULL,
  expires_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower_id, kind));
-- One-time codes with which a branch unlocks a customer's PIN: live | used | used_up | replaced. Whose it is and the code
-- itself are keyed hashes; they end within minutes and are swept.
CREATE TABLE unlock_code (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, customer_index BYTEA NOT NULL, code_hash BYTEA NOT NULL,
  tries_left BIGINT NOT NULL, state TEXT NOT NULL, issued_by BIGINT NOT NULL, expires_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX unlock_code_live ON unlock_code (tenant_id, customer_index) WHERE state = 'live';
