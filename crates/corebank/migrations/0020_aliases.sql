-- By whose reserved mobile number an account is found (手机号收款): one account a customer, by a keyed hash of the number.
CREATE TABLE core_alias (
  tenant_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  mobile_index BYTEA NOT NULL,
  since_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, cust_no)
);
CREATE INDEX core_alias_by_mobile ON core_alias (tenant_id, mobile_index);

-- Cash that is booked: one row per payment to a till (`rail` till). `salt` and `verifier` are what a code and a word are
-- checked with; neither is kept. state: booked, taken, ended (run out, called off, or too many wrong tries).
CREATE TABLE core_cash (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  cust_no BIGINT NOT NULL,
  -- By which the machine finds it; none where no number is reserved.
  mobile_index BYTEA,
  salt TEXT NOT NULL,
  verifier TEXT NOT NULL,
  until_ms BIGINT NOT NULL,
  wrong BIGINT NOT NULL,
  state TEXT NOT NULL,
  ended_at_ms BIGINT,
  -- run_out, called_off, locked; empty while booked and when taken.
  why TEXT NOT NULL,
  -- The machine it was taken at, and the journal by which it left.
  machine TEXT NOT NULL,
  taken_no BIGINT,
  PRIMARY KEY (tenant_id, request_id),
  CHECK ((state = 'booked') = (ended_at_ms IS NULL)),
  CHECK ((state = 'taken') = (taken_no IS NOT NULL))
);
CREATE INDEX core_cash_by_mobile ON core_cash (tenant_id, mobile_index, state);
