-- Who is here: the keys that seal a tenant's data, institutions, Official Accounts, what a county may do.
CREATE TABLE tenant_key (
  tenant_id BIGINT NOT NULL, purpose TEXT NOT NULL, key_no BIGINT NOT NULL,
  alg TEXT NOT NULL, wrapped BYTEA NOT NULL, created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, purpose, key_no));
CREATE TABLE institution (
  tenant_id BIGINT NOT NULL PRIMARY KEY, code TEXT NOT NULL, kind TEXT NOT NULL,
  name TEXT NOT NULL, short TEXT NOT NULL, color TEXT NOT NULL, phone TEXT NOT NULL,
  state TEXT NOT NULL, version BIGINT NOT NULL);
CREATE TABLE branch (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL,
  phone TEXT NOT NULL, lat_e6 BIGINT NOT NULL, lon_e6 BIGINT NOT NULL, hours TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id));
CREATE TABLE account (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, appid TEXT NOT NULL, original_id TEXT NOT NULL,
  name TEXT NOT NULL, kind TEXT NOT NULL, is_verified BOOLEAN NOT NULL, connected TEXT NOT NULL,
  mode TEXT NOT NULL, is_provincial BOOLEAN NOT NULL, state TEXT NOT NULL,
  token_sealed BYTEA NOT NULL, previous_token_sealed BYTEA,
  aes_key_sealed BYTEA NOT NULL, previous_aes_key_sealed BYTEA, secret_sealed BYTEA NOT NULL,
  version BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE entitlement (
  tenant_id BIGINT NOT NULL, item TEXT NOT NULL, is_allowed BOOLEAN NOT NULL,
  changed_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, item));
CREATE TABLE account_event (
  tenant_id BIGINT NOT NULL, account_id BIGINT NOT NULL, message_key BIGINT NOT NULL, id BIGINT NOT NULL,
  event TEXT NOT NULL, body_sealed BYTEA NOT NULL, at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, account_id, message_key));
CREATE TABLE audit (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, at_ms BIGINT NOT NULL, actor TEXT NOT NULL,
  act TEXT NOT NULL, subject TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id));
