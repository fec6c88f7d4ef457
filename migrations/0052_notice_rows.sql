-- Notices of accounts (动账提醒): which accounts are signed up and how, by which ways each follower is told, and every notice
-- from the core's event to its delivery.

-- 动账签约. `account_index` is the keyed hash of the account's number. `sides` is both | in | out. What was posted before
-- `since_ms` is not told.
CREATE TABLE notice_account (
  tenant_id BIGINT NOT NULL, account_index BYTEA NOT NULL, binding_id BIGINT NOT NULL, follower_id BIGINT NOT NULL,
  account_key TEXT NOT NULL, is_on BOOLEAN NOT NULL, sides TEXT NOT NULL, least_fen BIGINT NOT NULL, has_balance BOOLEAN NOT NULL,
  since_ms BIGINT NOT NULL, changed_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, account_index));
CREATE INDEX notice_account_of_binding ON notice_account (tenant_id, binding_id, account_key);

-- A follower's own choice by category and way; where there is none the default holds.
CREATE TABLE notice_choice (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, category TEXT NOT NULL, way TEXT NOT NULL, is_on BOOLEAN NOT NULL,
  changed_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower_id, category, way));

-- 免打扰: minutes of the day in China; from 22:00 to 7:00 is 1320, 420.
CREATE TABLE notice_quiet (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, from_minute BIGINT NOT NULL, to_minute BIGINT NOT NULL,
  changed_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower_id));

-- How far an institution's events have become notices; a row since the first account of it offers them.
CREATE TABLE notice_cursor (tenant_id BIGINT NOT NULL PRIMARY KEY, last_seq BIGINT NOT NULL);

-- Which of an account's templates (模板消息) tells a category, and the form WeChat has of it. `state` is live | withdrawn.
CREATE TABLE notice_template (
  tenant_id BIGINT NOT NULL, account_id BIGINT NOT NULL, category TEXT NOT NULL, template_id TEXT NOT NULL, form TEXT NOT NULL,
  state TEXT NOT NULL, checked_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, account_id, category));

-- One notice for one line of the core and one binding, whatever comes twice: `notice_key`, which is also WeChat's client_msg_id.
-- `state` is waiting | sending | accepted | delivered | unsure | held | dropped; a live row has `next_at_ms`. `order_no` keeps an
-- account's notices in the core's order; a parked row (quiet hours, a reversal that waits for its original) holds up no other.
-- `tried` names ways that are no use any more for this notice.
CREATE TABLE notice (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, notice_key TEXT NOT NULL, kind TEXT NOT NULL, follower_id BIGINT NOT NULL,
  binding_id BIGINT NOT NULL, account_key TEXT NOT NULL, order_no BIGINT NOT NULL, serial_hash BYTEA NOT NULL, reverses_hash BYTEA,
  facts_sealed BYTEA NOT NULL, state TEXT NOT NULL, way TEXT NOT NULL, tried TEXT NOT NULL, why TEXT NOT NULL,
  tries BIGINT NOT NULL, epoch BIGINT NOT NULL, is_parked BOOLEAN NOT NULL, message_id TEXT, posted_at_ms BIGINT NOT NULL,
  made_at_ms BIGINT NOT NULL, wired_at_ms BIGINT, next_at_ms BIGINT, ended_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX notice_by_key ON notice (tenant_id, notice_key);
CREATE INDEX notice_due ON notice (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX notice_open ON notice (tenant_id, binding_id, account_key, order_no) WHERE next_at_ms IS NOT NULL;
CREATE INDEX notice_by_message ON notice (tenant_id, message_id);
CREATE INDEX notice_by_serial ON notice (tenant_id, serial_hash);
CREATE INDEX notice_by_reversed ON notice (tenant_id, reverses_hash);
CREATE INDEX notice_of_follower ON notice (tenant_id, follower_id, id);
CREATE INDEX notice_ended ON notice (ended_at_ms);

-- How a template message ended, when WeChat said so before its acceptance was written down.
CREATE TABLE notice_result (
  tenant_id BIGINT NOT NULL, message_id TEXT NOT NULL, status TEXT NOT NULL, at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, message_id));
CREATE INDEX notice_result_by_time ON notice_result (at_ms);

-- What is spent of WeChat's window (客服消息) since the follower's message `since_key`.
CREATE TABLE follower_window (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, since_key BIGINT NOT NULL, spent BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, follower_id));
