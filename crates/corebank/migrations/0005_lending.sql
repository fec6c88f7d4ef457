-- Loans by instalments and who stands for them, time deposits, limits of an account's own, where an account was opened,
-- who looks after a customer.

CREATE TABLE core_loan (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  method TEXT NOT NULL,
  months BIGINT NOT NULL,
  repay_acct_id BIGINT,
  PRIMARY KEY (tenant_id, acct_id)
);

-- The principals of a loan's instalments add up to its principal; what is not paid of them is what it owes.
CREATE TABLE core_instalment (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  due_on BIGINT NOT NULL,
  principal_fen BIGINT NOT NULL CHECK (principal_fen >= 0),
  interest_fen BIGINT NOT NULL CHECK (interest_fen >= 0),
  paid_principal_fen BIGINT NOT NULL CHECK (paid_principal_fen >= 0 AND paid_principal_fen <= principal_fen),
  paid_interest_fen BIGINT NOT NULL CHECK (paid_interest_fen >= 0 AND paid_interest_fen <= interest_fen),
  -- When nothing of it was left to pay.
  paid_on BIGINT,
  PRIMARY KEY (tenant_id, acct_id, seq)
);

-- cust_no stands for the loan acct_id up to amount_fen.
CREATE TABLE core_guarantee (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  until BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, acct_id, cust_no)
);
CREATE INDEX core_guarantee_by_customer ON core_guarantee (tenant_id, cust_no, acct_id);

-- renewal: off, same_term, months (then renewal_months says for how many).
CREATE TABLE core_term (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  form TEXT NOT NULL,
  -- Null for a notice deposit.
  months BIGINT,
  -- What the days bear when it is taken before it matures.
  call_rate_bp BIGINT NOT NULL,
  renewal TEXT NOT NULL,
  renewal_months BIGINT,
  PRIMARY KEY (tenant_id, acct_id)
);

-- Where there is no row, the standard of the account's class holds.
CREATE TABLE core_limit (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  limit_on TEXT NOT NULL,
  single_fen BIGINT,
  day_fen BIGINT,
  PRIMARY KEY (tenant_id, acct_id, limit_on)
);

CREATE TABLE core_branch (
  tenant_id BIGINT NOT NULL,
  branch_no BIGINT NOT NULL,
  name TEXT NOT NULL,
  bank_no TEXT NOT NULL,
  address TEXT NOT NULL,
  phone TEXT NOT NULL,
  PRIMARY KEY (tenant_id, branch_no)
);
ALTER TABLE core_account ADD COLUMN branch_no BIGINT;

-- Staff; while one is away until a day, the substitute looks after their customers.
CREATE TABLE core_officer (
  tenant_id BIGINT NOT NULL,
  officer_no BIGINT NOT NULL,
  name_sealed BYTEA NOT NULL,
  phone TEXT NOT NULL,
  branch_no BIGINT NOT NULL,
  away_until BIGINT,
  substitute_no BIGINT,
  PRIMARY KEY (tenant_id, officer_no)
);
ALTER TABLE core_customer ADD COLUMN officer_no BIGINT;
