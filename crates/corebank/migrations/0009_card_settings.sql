-- What a customer may set on a credit card: activation, PINs, whether the PIN is asked for at the till, limits, closing.
ALTER TABLE core_card ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT TRUE;
-- The first card of a customer waits for a signature before the bank's own eyes (面签).
ALTER TABLE core_card ADD COLUMN needs_signing BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE core_card ADD COLUMN asks_pin BOOLEAN NOT NULL DEFAULT FALSE;
-- Keyed hash of the three digits on the back; null where none was ever printed.
ALTER TABLE core_card ADD COLUMN cvv_index BYTEA;
-- Up to here a higher limit is granted without anyone looking at it.
ALTER TABLE core_card ADD COLUMN granted_fen BIGINT NOT NULL DEFAULT 0;
-- While a limit is raised for a time: through which day, and what it was before.
ALTER TABLE core_card ADD COLUMN raised_until BIGINT;
ALTER TABLE core_card ADD COLUMN limit_before_fen BIGINT;
-- The day on which a card that is being closed is gone.
ALTER TABLE core_card ADD COLUMN closes_on BIGINT;

-- pin_use: spend, query.
CREATE TABLE core_card_pin (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  pin_use TEXT NOT NULL,
  hash TEXT NOT NULL,
  set_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, acct_id, pin_use)
);

-- What each command about a card came to, for ever. until: the closing day, or the last one of a raised limit.
CREATE TABLE core_card_change (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  acct_id BIGINT NOT NULL,
  came TEXT NOT NULL,
  limit_fen BIGINT NOT NULL,
  until BIGINT,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, request_id)
);
