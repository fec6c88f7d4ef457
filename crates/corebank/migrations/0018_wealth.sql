-- Wealth products that an institution sells for a wealth company (代销理财), units of customers, and orders under way. Units are
-- hundredths of one, net values millionths of a yuan. Money on its way stands in the ledger's account 2242.

-- days: how long it is closed; none: dealt on any dealing day. Net value on a day: 1000000 at base_day, and by day_micro more
-- each day, give and take swing_micro; a row of core_wealth_nav counts more.
CREATE TABLE core_wealth_product (
  tenant_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  issuer TEXT NOT NULL,
  grade BIGINT NOT NULL CHECK (grade BETWEEN 1 AND 5),
  low_bp BIGINT NOT NULL,
  high_bp BIGINT NOT NULL,
  least_fen BIGINT NOT NULL CHECK (least_fen > 0),
  step_fen BIGINT NOT NULL CHECK (step_fen > 0),
  days BIGINT CHECK (days > 0),
  sale_from BIGINT NOT NULL,
  sale_until BIGINT,
  quota_fen BIGINT,
  sold_fen BIGINT NOT NULL CHECK (sold_fen >= 0),
  redeems_in BIGINT NOT NULL CHECK (redeems_in > 0),
  large_fen BIGINT,
  base_day BIGINT NOT NULL,
  day_micro BIGINT NOT NULL,
  swing_micro BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, code),
  CHECK (quota_fen IS NULL OR sold_fen <= quota_fen)
);

-- A day besides Saturdays and Sundays on which nothing of a product is dealt.
CREATE TABLE core_wealth_closed (
  tenant_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  on_day BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, code, on_day)
);

-- A net value as it was published, good until the next one.
CREATE TABLE core_wealth_nav (
  tenant_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  on_day BIGINT NOT NULL,
  micro BIGINT NOT NULL CHECK (micro > 0),
  PRIMARY KEY (tenant_id, code, on_day)
);

-- acct_id: where its money goes when it ends. `frozen` units are being sold.
CREATE TABLE core_wealth_holding (
  tenant_id BIGINT NOT NULL,
  holding_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  units BIGINT NOT NULL CHECK (units >= 0),
  frozen BIGINT NOT NULL CHECK (frozen >= 0 AND frozen <= units),
  cost_fen BIGINT NOT NULL CHECK (cost_fen >= 0),
  begun_on BIGINT NOT NULL,
  matures_on BIGINT,
  PRIMARY KEY (tenant_id, holding_id)
);
CREATE INDEX core_wealth_holding_by_customer ON core_wealth_holding (tenant_id, cust_no);
CREATE INDEX core_wealth_holding_by_end ON core_wealth_holding (tenant_id, matures_on);

-- One row per order. kind: buy, sell; carried (bought before the books began here), matured. state: pending, done, back (not
-- confirmed, the money returned), undone. `settle_no` is the journal that ended it.
CREATE TABLE core_wealth_order (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  cust_no BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  holding_id BIGINT,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  units BIGINT,
  cost_fen BIGINT NOT NULL,
  on_day BIGINT NOT NULL,
  due_on BIGINT NOT NULL,
  state TEXT NOT NULL,
  settle_no BIGINT,
  PRIMARY KEY (tenant_id, request_id)
);
CREATE INDEX core_wealth_order_by_customer ON core_wealth_order (tenant_id, cust_no, state);
CREATE INDEX core_wealth_order_by_holding ON core_wealth_order (tenant_id, holding_id);
