-- 先停几天: from `changed_at_ms` on, until then what comes in and goes on is not told; money that goes out, due days and security words are.
CREATE TABLE notice_pause (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, until_ms BIGINT NOT NULL, changed_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, follower_id));

-- Template messages that were begun for an account on a day in China (days since 1970), by institution: its quota is one for all.
CREATE TABLE notice_sent (
  tenant_id BIGINT NOT NULL, account_id BIGINT NOT NULL, day BIGINT NOT NULL, sent BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, account_id, day));
CREATE INDEX notice_sent_by_day ON notice_sent (day);
