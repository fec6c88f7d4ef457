-- Deposits on offer besides those of fixed terms (通知存款, 大额存单). Notice deposits have a standard of the sandbox's where
-- there is no row. sold_fen counts what was opened and not undone, to the fen; a null quota has no end.
CREATE TABLE core_offer (
  tenant_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  months BIGINT,
  rate_bp BIGINT NOT NULL CHECK (rate_bp >= 0),
  least_fen BIGINT NOT NULL CHECK (least_fen > 0),
  quota_fen BIGINT CHECK (quota_fen >= 0),
  sold_fen BIGINT NOT NULL CHECK (sold_fen >= 0 AND (quota_fen IS NULL OR sold_fen <= quota_fen)),
  PRIMARY KEY (tenant_id, code)
);

-- 通知: one row for each that was given. state: open (good on due_on, and on that day only), back (taken back), used. An open
-- one whose day has passed was not used. taken_fen is what was taken of it; the rest bears nothing for the days of notice, which the
-- payment `charged_by` has borne. closed_by is the payment that used it.
CREATE TABLE core_notice (
  tenant_id BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  notice_no BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  given_on BIGINT NOT NULL,
  due_on BIGINT NOT NULL,
  state TEXT NOT NULL,
  taken_fen BIGINT NOT NULL CHECK (taken_fen >= 0),
  back_on BIGINT,
  back_request TEXT,
  closed_by TEXT,
  charged_by TEXT,
  PRIMARY KEY (tenant_id, acct_id, notice_no),
  CHECK ((state = 'used') = (closed_by IS NOT NULL)),
  CHECK ((state = 'back') = (back_on IS NOT NULL AND back_request IS NOT NULL))
);
CREATE UNIQUE INDEX core_notice_by_request ON core_notice (tenant_id, request_id);
