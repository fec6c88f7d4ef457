-- The books: institutions, the bank's own accounts, customers' accounts, journals and their entries.
-- Money is fen, instants are milliseconds UTC, days are YYYYMMDD. Journals and entries are only ever added.

CREATE TABLE core_tenant (
  tenant_id BIGINT NOT NULL PRIMARY KEY,
  legal_no TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  currency TEXT NOT NULL,
  business_date BIGINT NOT NULL,
  day_state TEXT NOT NULL,
  opens_at_ms BIGINT,
  last_customer BIGINT NOT NULL,
  last_journal BIGINT NOT NULL,
  last_posted_at_ms BIGINT NOT NULL,
  last_event BIGINT NOT NULL,
  -- Journals from this one on have events; earlier ones are generated history.
  events_from BIGINT NOT NULL,
  chain_hash BYTEA NOT NULL
);

-- Leading digits of the cards an institution issues.
CREATE TABLE core_bin (
  tenant_id BIGINT NOT NULL,
  bin TEXT NOT NULL,
  card TEXT NOT NULL,
  PRIMARY KEY (tenant_id, bin)
);

-- The bank's own accounts. They keep no totals: everyone posts to them, so a stored total would be one hot row.
CREATE TABLE core_gl (
  tenant_id BIGINT NOT NULL,
  gl_no BIGINT NOT NULL,
  name TEXT NOT NULL,
  normal_side TEXT NOT NULL,
  PRIMARY KEY (tenant_id, gl_no)
);

-- C2 columns are sealed; *_index are keyed blind indexes.
CREATE TABLE core_customer (
  tenant_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  name_sealed BYTEA NOT NULL,
  id_type TEXT NOT NULL,
  id_index BYTEA NOT NULL,
  id_sealed BYTEA NOT NULL,
  mobile_sealed BYTEA,
  state TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, cust_no)
);
CREATE UNIQUE INDEX core_customer_by_id ON core_customer (tenant_id, id_type, id_index);

-- Accounts of customers, of every kind: one row answers a balance.
-- Worth is credits minus debits, negative where the customer owes.
CREATE TABLE core_account (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  product TEXT NOT NULL,
  class BIGINT,
  number_index BYTEA NOT NULL,
  number_sealed BYTEA NOT NULL,
  tail TEXT NOT NULL,
  opened_on BIGINT NOT NULL,
  posted_debit_fen BIGINT NOT NULL CHECK (posted_debit_fen >= 0),
  posted_credit_fen BIGINT NOT NULL CHECK (posted_credit_fen >= 0),
  held_fen BIGINT NOT NULL CHECK (held_fen >= 0),
  -- What may be owed at most: the limit of a credit card, the principal of a loan, else 0.
  limit_fen BIGINT NOT NULL CHECK (limit_fen >= 0),
  rate_bp BIGINT NOT NULL,
  -- Credit card: last bill. Loan: next instalment. Deposit: interest at maturity in due_fen.
  billed_on BIGINT,
  due_on BIGINT,
  due_fen BIGINT,
  minimum_fen BIGINT,
  ends_on BIGINT,
  version BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, acct_id),
  CHECK (posted_credit_fen - posted_debit_fen - held_fen >= -limit_fen)
);
CREATE UNIQUE INDEX core_account_by_number ON core_account (tenant_id, number_index);
CREATE INDEX core_account_by_customer ON core_account (tenant_id, cust_no, acct_id);

CREATE TABLE core_journal (
  tenant_id BIGINT NOT NULL,
  journal_no BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  core_date BIGINT NOT NULL,
  posted_at_ms BIGINT NOT NULL,
  kind TEXT NOT NULL,
  channel_serial TEXT,
  channel_date BIGINT,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  summary TEXT NOT NULL,
  explain TEXT NOT NULL,
  PRIMARY KEY (tenant_id, journal_no)
);
CREATE UNIQUE INDEX core_journal_by_request ON core_journal (tenant_id, request_id);

-- account_kind C: a customer's, account is acct_id; G: the bank's own, account is gl_no and balance_after_fen is null.
CREATE TABLE core_entry (
  tenant_id BIGINT NOT NULL,
  journal_no BIGINT NOT NULL,
  line_no BIGINT NOT NULL,
  account_kind TEXT NOT NULL,
  account BIGINT NOT NULL,
  side TEXT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  balance_after_fen BIGINT,
  posted_at_ms BIGINT NOT NULL,
  label TEXT NOT NULL,
  counterparty TEXT NOT NULL,
  PRIMARY KEY (tenant_id, journal_no, line_no) -- sqlite: without rowid
);
CREATE INDEX core_entry_by_account ON core_entry (tenant_id, account_kind, account, posted_at_ms, journal_no, line_no);

-- hash = SM3(previous hash, tenant, journal_no, the journal, its entries)
CREATE TABLE core_chain (
  tenant_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, seq) -- sqlite: without rowid
);
