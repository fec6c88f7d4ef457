-- Reminders of bills (缴费提醒), and what orders need that pay a household's bills (自动代扣).

-- One for each household that is reminded of. It is due on `due_day` and looked at from `next_at_ms`, by `day_no` (1 to 31) and
-- `minute_no` of each month. `state` is live | off | over (it cannot go on). `said` is what the last due day came to (owed |
-- silent | gone | empty for nothing to say), `said_fen` what was owed, on the due day `said_day`.
CREATE TABLE bill_reminder (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT NOT NULL, household_id BIGINT NOT NULL,
  state TEXT NOT NULL, version BIGINT NOT NULL, day_no BIGINT NOT NULL, minute_no BIGINT NOT NULL, due_day BIGINT NOT NULL,
  next_at_ms BIGINT, said TEXT NOT NULL, said_fen BIGINT NOT NULL, said_day BIGINT NOT NULL,
  made_at_ms BIGINT NOT NULL, ended_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE INDEX bill_reminder_due ON bill_reminder (next_at_ms);
CREATE INDEX bill_reminder_of ON bill_reminder (tenant_id, binding_id, state);

-- How often in a row there was too little money for a bill.
ALTER TABLE payment_order ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
-- What the household owed on the due day, where nothing was paid and it is known.
ALTER TABLE payment_order_run ADD COLUMN owed_fen BIGINT;
