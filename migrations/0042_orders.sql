-- Transfers at a later time (预约转账): what a customer proved once, and each time it came due.

-- `order_sealed` holds who pays whom and when (C2), as the draft that was proved (`draft_id`) froze it. `state` is live | done |
-- cancelled | over (it cannot go on; `why` says so). A live order is due on `due_day` and looked at from `next_at_ms`.
CREATE TABLE payment_order (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT NOT NULL, draft_id BIGINT NOT NULL,
  state TEXT NOT NULL, why TEXT NOT NULL, version BIGINT NOT NULL, order_sealed BYTEA NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0), due_day BIGINT NOT NULL, next_at_ms BIGINT,
  made_at_ms BIGINT NOT NULL, ended_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX payment_order_by_draft ON payment_order (tenant_id, draft_id);
CREATE INDEX payment_order_due ON payment_order (next_at_ms);
CREATE INDEX payment_order_of ON payment_order (tenant_id, binding_id, state);

-- Once for each due day, whatever dies in between: the payment that was made of it, or why none was.
CREATE TABLE payment_order_run (
  tenant_id BIGINT NOT NULL, order_id BIGINT NOT NULL, due_day BIGINT NOT NULL, payment_id BIGINT, outcome TEXT NOT NULL,
  at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, order_id, due_day));
