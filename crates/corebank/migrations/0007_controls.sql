-- What customers switch for their accounts at the channel's request, and how long their document is good.
ALTER TABLE core_customer ADD COLUMN id_ends_on BIGINT;
-- A switch (交易锁): what it is on, and between which hours; both the same: all day. Night needs hours.
CREATE TABLE core_lock (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  lock_on TEXT NOT NULL,
  from_hour BIGINT NOT NULL CHECK (from_hour >= 0 AND from_hour <= 23),
  to_hour BIGINT NOT NULL CHECK (to_hour >= 0 AND to_hour <= 23),
  since_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, acct_id, lock_on)
);
-- Small payments without a PIN (小额免密): none of it until there is a row.
CREATE TABLE core_no_pass (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  is_on BOOLEAN NOT NULL,
  cap_fen BIGINT NOT NULL CHECK (cap_fen > 0),
  PRIMARY KEY (tenant_id, acct_id)
);
-- Platforms that may take money from an account (快捷支付签约). One that was ended stays.
CREATE TABLE core_agreement (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  agreement_no BIGINT NOT NULL,
  platform TEXT NOT NULL,
  kind TEXT NOT NULL,
  signed_on BIGINT NOT NULL,
  ended_at_ms BIGINT,
  PRIMARY KEY (tenant_id, acct_id, agreement_no)
);
