-- How arrivals of an account are told: each, or gathered by hour or day ('' | hour | day).
ALTER TABLE notice_account ADD COLUMN digest TEXT NOT NULL DEFAULT '';

-- Which of an account's subscription notices (订阅通知) tells a category, and the form WeChat has of it. `is_long`: one consent is
-- worth many.
CREATE TABLE notice_subscription (
  tenant_id BIGINT NOT NULL, account_id BIGINT NOT NULL, category TEXT NOT NULL, template_id TEXT NOT NULL, form TEXT NOT NULL,
  is_long BOOLEAN NOT NULL, is_live BOOLEAN NOT NULL, checked_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, account_id, category));

-- Consents of a follower by template: how many one-time notices may still be sent, or that any may. `last_key` is the event that
-- changed it last, for WeChat tells each up to three times.
CREATE TABLE notice_grant (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, template_id TEXT NOT NULL, left_count BIGINT NOT NULL,
  is_always BOOLEAN NOT NULL, last_key BIGINT NOT NULL, changed_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, follower_id, template_id));
