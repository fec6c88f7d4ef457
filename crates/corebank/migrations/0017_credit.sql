-- Revolving credit lines: contracts under which loans are drawn. A line is no account; its number is above every account's.
CREATE TABLE core_credit_line (
  tenant_id BIGINT NOT NULL,
  line_no BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  product TEXT NOT NULL,
  -- Last four digits of the contract's number.
  tail TEXT NOT NULL,
  limit_fen BIGINT NOT NULL CHECK (limit_fen > 0),
  rate_bp BIGINT NOT NULL CHECK (rate_bp >= 0),
  -- What is drawn is paid back by then.
  ends_on BIGINT NOT NULL,
  -- The bank lets nothing more be drawn.
  is_cut BOOLEAN NOT NULL,
  PRIMARY KEY (tenant_id, line_no)
);
CREATE INDEX core_credit_line_by_customer ON core_credit_line (tenant_id, cust_no, line_no);

-- The line under which a loan was drawn.
ALTER TABLE core_loan ADD COLUMN line_no BIGINT;
CREATE INDEX core_loan_by_line ON core_loan (tenant_id, line_no) WHERE line_no IS NOT NULL;

-- The account that a payment opened, where it is not its payee.
ALTER TABLE core_payment ADD COLUMN opened BIGINT;

-- Instalments of credit cards: what was split (`amount_fen`), by the journal that booked it. The bill of `billed_on`, or one
-- purchase (`line`). `fee_fen` is each instalment's; the first stands in the bill of `first_bill`.
CREATE TABLE core_card_plan (
  tenant_id BIGINT NOT NULL,
  journal_no BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  months BIGINT NOT NULL CHECK (months > 0),
  fee_fen BIGINT NOT NULL CHECK (fee_fen >= 0),
  first_bill BIGINT NOT NULL,
  billed_on BIGINT,
  line TEXT,
  made_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, journal_no),
  CHECK ((billed_on IS NULL) = (line IS NOT NULL))
);
CREATE UNIQUE INDEX core_card_plan_by_bill ON core_card_plan (tenant_id, acct_id, billed_on) WHERE billed_on IS NOT NULL;
CREATE UNIQUE INDEX core_card_plan_by_line ON core_card_plan (tenant_id, line) WHERE line IS NOT NULL;
