-- Credit cards' terms, batches of payments with everybody's share, and what the social security offices tell the bank.
-- A card's bills and points are not kept: they follow from the entries, which never change.

CREATE TABLE core_card_product (
  tenant_id BIGINT NOT NULL,
  product TEXT NOT NULL,
  annual_fen BIGINT NOT NULL CHECK (annual_fen >= 0),
  free_after BIGINT,
  cash_percent BIGINT NOT NULL,
  cash_fee_bp BIGINT NOT NULL,
  cash_fee_least_fen BIGINT NOT NULL,
  day_rate_bp BIGINT NOT NULL,
  late_fee_bp BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, product)
);

CREATE TABLE core_card (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  statement_day BIGINT NOT NULL CHECK (statement_day >= 1 AND statement_day <= 28),
  due_day BIGINT NOT NULL CHECK (due_day >= 1 AND due_day <= 28),
  PRIMARY KEY (tenant_id, acct_id)
);

-- state: announced, handed_in, paid. counts_on is the day it was paid, else the day it is expected.
CREATE TABLE core_batch (
  tenant_id BIGINT NOT NULL,
  batch_no BIGINT NOT NULL,
  class TEXT NOT NULL,
  title TEXT NOT NULL,
  payer TEXT NOT NULL,
  period TEXT NOT NULL,
  state TEXT NOT NULL,
  counts_on BIGINT NOT NULL,
  is_dated BOOLEAN NOT NULL,
  PRIMARY KEY (tenant_id, batch_no)
);
CREATE UNIQUE INDEX core_batch_by_title ON core_batch (tenant_id, class, title, payer, period);

-- state: waiting, paid, failed. A paid share has its journal, and only a paid one.
CREATE TABLE core_share (
  tenant_id BIGINT NOT NULL,
  batch_no BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  state TEXT NOT NULL,
  reason TEXT,
  journal_no BIGINT,
  PRIMARY KEY (tenant_id, batch_no, cust_no),
  CHECK ((state = 'paid') = (journal_no IS NOT NULL))
);
CREATE INDEX core_share_by_customer ON core_share (tenant_id, cust_no, batch_no);

CREATE TABLE core_pension (
  tenant_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  scheme TEXT NOT NULL,
  monthly_fen BIGINT NOT NULL,
  pay_day BIGINT NOT NULL,
  certified_on BIGINT,
  certify_by BIGINT,
  is_paused BOOLEAN NOT NULL,
  PRIMARY KEY (tenant_id, cust_no)
);

-- With a journal: paid through this bank.
CREATE TABLE core_contribution (
  tenant_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  insurance TEXT NOT NULL,
  year BIGINT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  paid_on BIGINT NOT NULL,
  place TEXT NOT NULL,
  journal_no BIGINT,
  PRIMARY KEY (tenant_id, cust_no, insurance, year)
);

CREATE TABLE core_social_card (
  tenant_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  stage TEXT NOT NULL,
  since BIGINT NOT NULL,
  branch TEXT NOT NULL,
  is_active BOOLEAN NOT NULL,
  PRIMARY KEY (tenant_id, cust_no)
);

-- The fund out of which medical accounts are fed.
INSERT INTO core_gl (tenant_id, gl_no, name, normal_side) SELECT tenant_id, 2014, '医保基金存款', 'C' FROM core_tenant;
