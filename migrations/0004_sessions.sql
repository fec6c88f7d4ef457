-- Ways into H5: one-time links, OAuth states, sessions. Only hashes of secrets are kept.
CREATE TABLE link (
  tenant_id BIGINT NOT NULL, token_hash BYTEA NOT NULL, account_id BIGINT NOT NULL, follower_id BIGINT NOT NULL,
  page TEXT NOT NULL, task TEXT NOT NULL, opens_with TEXT NOT NULL, state TEXT NOT NULL, expires_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, token_hash));
CREATE TABLE oauth_state (
  tenant_id BIGINT NOT NULL, state_hash BYTEA NOT NULL, cookie_hash BYTEA NOT NULL, account_id BIGINT NOT NULL,
  link_hash BYTEA, page TEXT NOT NULL, state TEXT NOT NULL, code_hash BYTEA, follower_id BIGINT, home_tenant_id BIGINT, expires_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, state_hash));
CREATE TABLE session (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, slug TEXT NOT NULL, secret_hash BYTEA NOT NULL,
  previous_hash BYTEA, renewed_at_ms BIGINT,
  account_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, agent_class TEXT NOT NULL, page TEXT NOT NULL, link_hash BYTEA,
  created_at_ms BIGINT NOT NULL, seen_at_ms BIGINT NOT NULL, ended_at_ms BIGINT,
  PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX session_by_slug ON session (tenant_id, slug);
