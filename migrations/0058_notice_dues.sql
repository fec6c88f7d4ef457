-- What is due (还款日, 账单, 到期): how far each institution's customers were asked about on a day, and what is to be told once more.

-- `after_binding` is the last binding of the day `day_no` that was looked at; `tries` counts looks at the page behind it of whom the
-- core said nothing.
CREATE TABLE notice_sweep (
  tenant_id BIGINT NOT NULL PRIMARY KEY, day_no BIGINT NOT NULL, after_binding BIGINT NOT NULL, tries BIGINT NOT NULL);

-- 「明天再提醒我」 of something due: `owed_key` is kind, account and day of it; `state` is wished | told.
CREATE TABLE notice_again (
  tenant_id BIGINT NOT NULL, binding_id BIGINT NOT NULL, owed_key TEXT NOT NULL, follower_id BIGINT NOT NULL, day_no BIGINT NOT NULL,
  state TEXT NOT NULL, made_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, binding_id, owed_key));
CREATE INDEX notice_again_by_time ON notice_again (made_at_ms);
