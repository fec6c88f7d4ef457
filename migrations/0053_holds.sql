-- Money set aside at the core for a transfer that leaves tomorrow (预约转账的留款), where the core can hold.

-- `id` is the order's. `request_id` names the hold at the core for ever. `state` is 10 asked | 20 open | 30 carried (a payment is
-- made out of it) | 40 to be given back | 60 used | 61 refused | 62 given back; what is not over is looked at from `next_at_ms`.
CREATE TABLE payment_hold (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, draft_id BIGINT NOT NULL, request_id TEXT NOT NULL, state BIGINT NOT NULL,
  why TEXT NOT NULL, version BIGINT NOT NULL, tries BIGINT NOT NULL, until_ms BIGINT NOT NULL, made_at_ms BIGINT NOT NULL,
  since_ms BIGINT NOT NULL, next_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX payment_hold_by_request ON payment_hold (tenant_id, request_id);
CREATE UNIQUE INDEX payment_hold_by_draft ON payment_hold (tenant_id, draft_id);
CREATE INDEX payment_hold_due ON payment_hold (next_at_ms);

-- The hold a payment is made out of; empty for one that is made without.
ALTER TABLE payment ADD COLUMN hold TEXT NOT NULL DEFAULT '';
