-- Stopping and freeing cards (锁卡、解锁、挂失、解挂): what was asked for and what the core said of it. asked | done | refused.
-- `target_sealed` leads to the account until that is known, then it is emptied.
CREATE TABLE card_order (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, account_key TEXT NOT NULL, wish TEXT NOT NULL,
  state TEXT NOT NULL, target_sealed BYTEA NOT NULL, outcome TEXT NOT NULL, stop_no TEXT NOT NULL, ends_at_ms BIGINT,
  asked_at_ms BIGINT NOT NULL, settled_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
-- Invariant: one wish for one account at a time. Asked for again meanwhile, it is the same order with the same request id.
CREATE UNIQUE INDEX card_order_open ON card_order (tenant_id, follower_id, account_key, wish) WHERE state = 'asked';
CREATE INDEX card_order_of ON card_order (tenant_id, follower_id, id);
-- A right code that lets the PIN be asked for: for this one thing, in this session, for some minutes.
CREATE TABLE undo_proof (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, session_id BIGINT NOT NULL, intent BYTEA NOT NULL,
  expires_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower_id));
-- The customer froze the channel (停用微信银行).
ALTER TABLE binding ADD COLUMN frozen_at_ms BIGINT;
-- Short name of the account questions are about unless they name one (默认账户).
ALTER TABLE binding ADD COLUMN default_account TEXT;
-- Advertising was declined (退订营销); goes along when another institution takes over.
ALTER TABLE follower ADD COLUMN no_marketing_at_ms BIGINT;
