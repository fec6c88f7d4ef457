-- What customers change about their own accounts on a page (锁、免密、快捷支付、限额): what was asked for and what the core said of
-- it. asked | done | refused. `wish_sealed` leads to the account until that is known, then it is emptied.
CREATE TABLE setting_order (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, account_key TEXT NOT NULL, kind TEXT NOT NULL,
  thing TEXT NOT NULL, state TEXT NOT NULL, wish_sealed BYTEA NOT NULL, outcome TEXT NOT NULL, asked_at_ms BIGINT NOT NULL, due_at_ms BIGINT NOT NULL,
  settled_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
-- Invariant: one wish for one account at a time (`thing` tells wishes apart); asked for again meanwhile, it is the same order.
CREATE UNIQUE INDEX setting_order_open ON setting_order (tenant_id, follower_id, account_key, thing) WHERE state = 'asked';
CREATE INDEX setting_order_of ON setting_order (tenant_id, follower_id, id);
-- How a follower wants to be told: pages read aloud, and how fast.
CREATE TABLE manner (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, reads BOOLEAN NOT NULL, is_slow BOOLEAN NOT NULL,
  set_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower_id));
