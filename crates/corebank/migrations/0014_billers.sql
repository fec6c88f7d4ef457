-- Billers (缴费): who is contracted, whose households they know, what those owe, and which payment was for which bill.

-- Facts of a biller (name, rule of its numbers) are the program's; a row says that it is contracted here.
CREATE TABLE core_biller (
  tenant_id BIGINT NOT NULL,
  biller TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  -- In which order billers of one kind are named.
  seq BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, biller)
);
CREATE INDEX core_biller_by_kind ON core_biller (tenant_id, kind, seq);

-- A household is found by a keyed hash of its number. `holder_sealed`: name and place.
CREATE TABLE core_household (
  tenant_id BIGINT NOT NULL,
  house_no BIGINT NOT NULL,
  biller TEXT NOT NULL,
  number_index BYTEA NOT NULL,
  holder_sealed BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, house_no)
);
CREATE UNIQUE INDEX core_household_by_number ON core_household (tenant_id, biller, number_index);

-- state: open, paying (debited, the biller has not confirmed), paid.
CREATE TABLE core_bill (
  tenant_id BIGINT NOT NULL,
  bill_no TEXT NOT NULL,
  house_no BIGINT NOT NULL,
  period BIGINT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  due_on BIGINT NOT NULL,
  state TEXT NOT NULL,
  -- The request of the payment that pays or paid it.
  paid_by TEXT,
  PRIMARY KEY (tenant_id, bill_no),
  CHECK ((state = 'open') = (paid_by IS NULL))
);
CREATE INDEX core_bill_of ON core_bill (tenant_id, house_no, state);

-- One row per payment to a biller; `settled_no` is the journal by which the biller got it.
CREATE TABLE core_bill_payment (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  biller TEXT NOT NULL,
  house_no BIGINT,
  bill_no TEXT,
  settled_no BIGINT,
  PRIMARY KEY (tenant_id, request_id)
);
