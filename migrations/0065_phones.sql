-- The phones a follower opened pages on, each by the hash of a cookie of its own. The first is trusted as it is; another one is once a
-- code was typed right on it. The newest few of each follower are kept, without an end: who has none left would have a first one again.
CREATE TABLE phone (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, phone_hash BYTEA NOT NULL,
  seen_at_ms BIGINT NOT NULL, proved_at_ms BIGINT, PRIMARY KEY (tenant_id, follower_id, phone_hash));
ALTER TABLE session ADD COLUMN phone_hash BYTEA;
