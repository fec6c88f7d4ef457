-- Who talks to us. A follower's rows carry the tenant that serves them now.
CREATE TABLE follower (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, account_id BIGINT NOT NULL, openid TEXT NOT NULL,
  is_following BOOLEAN NOT NULL, scene TEXT, first_seen_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id));
-- The road from WeChat's name for a person to ours; the house's own, hence not keyed by tenant first.
CREATE UNIQUE INDEX follower_by_openid ON follower (account_id, openid);
CREATE TABLE seat (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, version BIGINT NOT NULL,
  last_key BIGINT NOT NULL, body_sealed BYTEA, PRIMARY KEY (tenant_id, follower_id));
CREATE TABLE turn (
  tenant_id BIGINT NOT NULL, message_key BIGINT NOT NULL, follower_id BIGINT NOT NULL,
  previous_key BIGINT NOT NULL, at_ms BIGINT NOT NULL, state BIGINT NOT NULL, body_sealed BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, message_key, follower_id));
-- Messages acknowledged before their answer was ready; removed by the unit that records the answer.
CREATE TABLE turn_pending (
  tenant_id BIGINT NOT NULL, message_key BIGINT NOT NULL, follower_id BIGINT NOT NULL,
  at_ms BIGINT NOT NULL, heard_sealed BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, message_key, follower_id));
CREATE TABLE unread (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL,
  body_sealed BYTEA NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE INDEX unread_by_follower ON unread (tenant_id, follower_id, id);
CREATE TABLE leave_message (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, kind TEXT NOT NULL,
  body_sealed BYTEA NOT NULL, state TEXT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
