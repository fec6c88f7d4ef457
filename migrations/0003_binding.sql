-- Follower ↔ customer, and what the way there needs.
CREATE TABLE binding (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, state TEXT NOT NULL,
  customer_index BYTEA NOT NULL, customer_sealed BYTEA NOT NULL, accounts_sealed BYTEA NOT NULL,
  is_elder BOOLEAN NOT NULL, bound_at_ms BIGINT NOT NULL, ended_at_ms BIGINT, end_reason TEXT,
  PRIMARY KEY (tenant_id, id));
-- Invariant: one live binding a follower, and one live follower a customer within an institution.
CREATE UNIQUE INDEX binding_live_follower ON binding (tenant_id, follower_id) WHERE state = 'live';
CREATE UNIQUE INDEX binding_live_customer ON binding (tenant_id, customer_index) WHERE state = 'live';
-- `claim_index` tells a second tap of one claim from another claim; `answer` is what the first tap was told (codes only).
CREATE TABLE bind_try (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, step TEXT NOT NULL, claim_index BYTEA NOT NULL, answer TEXT NOT NULL,
  claim_sealed BYTEA NOT NULL, mobile_masked TEXT NOT NULL, started_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower_id));
CREATE TABLE counter (
  tenant_id BIGINT NOT NULL, subject BYTEA NOT NULL, kind TEXT NOT NULL, window_start_ms BIGINT NOT NULL,
  used BIGINT NOT NULL, PRIMARY KEY (tenant_id, subject, kind));
CREATE TABLE otp (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, purpose TEXT NOT NULL,
  intent BYTEA NOT NULL, code_hash BYTEA NOT NULL, tries_left BIGINT NOT NULL, state TEXT NOT NULL,
  wrong_hash BYTEA, wrong_at_ms BIGINT,
  sent_at_ms BIGINT NOT NULL, expires_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX otp_live ON otp (tenant_id, follower_id, purpose) WHERE state = 'live';
CREATE TABLE pin_key (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, session_id BIGINT NOT NULL, secret_sealed BYTEA NOT NULL,
  nonce TEXT NOT NULL, state TEXT NOT NULL, expires_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE consent (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, agreement TEXT NOT NULL,
  version TEXT NOT NULL, text_hash BYTEA NOT NULL, channel TEXT NOT NULL, given_at_ms BIGINT NOT NULL,
  withdrawn_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
