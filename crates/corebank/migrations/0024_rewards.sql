-- What points of a credit card buy (积分兑换), and what was exchanged. The points of an exchange stand in core_point_entry: a card's
-- lots on one side, holder 'shop' on the other.

-- `stock` is how many there were in all, `sold` how many of them are gone. `handovers` has words with commas between.
CREATE TABLE core_ware (
  tenant_id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  points BIGINT NOT NULL CHECK (points > 0),
  stock BIGINT NOT NULL CHECK (stock >= 0),
  sold BIGINT NOT NULL CHECK (sold >= 0),
  handovers TEXT NOT NULL,
  PRIMARY KEY (tenant_id, code),
  CHECK (sold <= stock)
);

-- One row for each exchange that was made.
CREATE TABLE core_exchange (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  cust_no BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  ware TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  points BIGINT NOT NULL CHECK (points > 0),
  handover TEXT NOT NULL,
  -- Points left on the card after it: part of the answer, which is the same for ever.
  left_points BIGINT NOT NULL,
  core_date BIGINT NOT NULL,
  order_no BIGINT NOT NULL,
  made_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, request_id)
);
CREATE UNIQUE INDEX core_exchange_by_order ON core_exchange (tenant_id, order_no);
