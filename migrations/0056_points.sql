-- Points of a credit card exchanged for wares (积分兑换), and points given month by month.

-- Offered in chat first. `state` is offered | left | sent | done | refused | manual; from `sent` on it may have happened. Its id is
-- the core's request id. `target_sealed` is whose card (C2), wiped once it is known what became of it. `made_on` is a day of China.
CREATE TABLE exchange (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT NOT NULL,
  ware TEXT NOT NULL, ware_name TEXT NOT NULL, amount BIGINT NOT NULL, points BIGINT NOT NULL, handover TEXT NOT NULL,
  state TEXT NOT NULL, why TEXT NOT NULL, core_serial TEXT NOT NULL, left_points BIGINT, target_sealed BYTEA NOT NULL,
  made_on BIGINT, valid_until_ms BIGINT, offered_at_ms BIGINT NOT NULL, known_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE INDEX exchange_of_binding ON exchange (tenant_id, binding_id, state, made_on);
CREATE INDEX exchange_of_follower ON exchange (tenant_id, follower_id, state);
CREATE INDEX exchange_by_state ON exchange (state, offered_at_ms);

-- Points given to a good cause each month (每月自动捐). It is due on `due_day` and looked at from `next_at_ms`, by `day_no` (1 to 31)
-- and `minute_no` of each month. `state` is live | off | over (it cannot go on; `why` says so).
CREATE TABLE gift_plan (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT NOT NULL,
  owner_id BIGINT NOT NULL, project TEXT NOT NULL, points BIGINT NOT NULL, day_no BIGINT NOT NULL, minute_no BIGINT NOT NULL,
  state TEXT NOT NULL, why TEXT NOT NULL, version BIGINT NOT NULL, due_day BIGINT NOT NULL, next_at_ms BIGINT,
  made_at_ms BIGINT NOT NULL, ended_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE INDEX gift_plan_due ON gift_plan (next_at_ms);
CREATE INDEX gift_plan_of ON gift_plan (tenant_id, binding_id, state);
-- The plan and the due day a gift came of: one gift for each, whatever dies in between.
ALTER TABLE gift ADD COLUMN plan_id BIGINT;
ALTER TABLE gift ADD COLUMN plan_day BIGINT;
CREATE UNIQUE INDEX gift_by_plan ON gift (tenant_id, plan_id, plan_day);

-- How far each project was when an institution's givers were last thanked for it: quarters of its goal.
CREATE TABLE gift_step (
  tenant_id BIGINT NOT NULL, owner_id BIGINT NOT NULL, project TEXT NOT NULL, step_no BIGINT NOT NULL, at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, owner_id, project));
-- Who was thanked in which quarter of a year (20264): once at most.
CREATE TABLE gift_thanks (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, quarter_no BIGINT NOT NULL, at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, follower_id, quarter_no));
