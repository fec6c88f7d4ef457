-- Receiving codes (收款码), payments that came by one, and the codes of cash that is booked.

-- `kept_sealed` is the account and whose it is (masked), and the note. `account_key` is the account's short name within the
-- binding. Without a sum a code may be printed and lives until it is changed; with one it ends. state: live | ended.
CREATE TABLE collect_code (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, binding_id BIGINT NOT NULL, wx_account_id BIGINT NOT NULL, account_key TEXT NOT NULL,
  kept_sealed BYTEA NOT NULL, amount_fen BIGINT, state TEXT NOT NULL, made_at_ms BIGINT NOT NULL, expires_at_ms BIGINT,
  ended_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE INDEX collect_code_of ON collect_code (tenant_id, binding_id, state);

-- A payment to whose code was opened; `is_fixed`: the code named the sum.
CREATE TABLE payment_shown (
  tenant_id BIGINT NOT NULL, payment_id BIGINT NOT NULL, code_id BIGINT NOT NULL, is_fixed BOOLEAN NOT NULL,
  PRIMARY KEY (tenant_id, payment_id));

-- What a login that began at such a code goes on with.
ALTER TABLE oauth_state ADD COLUMN shown TEXT;

-- The code of a cash booking, for the customer's page: gone when the booking is over.
CREATE TABLE cash_code (
  tenant_id BIGINT NOT NULL, payment_id BIGINT NOT NULL, code_sealed BYTEA NOT NULL, PRIMARY KEY (tenant_id, payment_id));
