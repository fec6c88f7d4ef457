-- WeChat's tokens and tickets, one row per (appid, kind), changed by compare-and-set. The union keeps them for all banks.
CREATE TABLE wechat_token (
  tenant_id BIGINT NOT NULL, appid TEXT NOT NULL, kind TEXT NOT NULL, version BIGINT NOT NULL,
  lease_until_ms BIGINT NOT NULL, lease_by TEXT NOT NULL, body_sealed BYTEA,
  PRIMARY KEY (tenant_id, appid, kind));
