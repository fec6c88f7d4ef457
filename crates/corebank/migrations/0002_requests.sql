-- Commands under their ids, reservations, what happened for others to read, counters of tries.

-- One row per command for ever. state: done, rejected, fenced (a tombstone that refuses a late original).
CREATE TABLE core_request (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload_hash BYTEA NOT NULL,
  state TEXT NOT NULL,
  result_code TEXT NOT NULL,
  journal_no BIGINT,
  accepted_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, request_id)
);

-- state: held, posted, voided, expired; leaves held at most once.
CREATE TABLE core_hold (
  tenant_id BIGINT NOT NULL,
  hold_no BIGINT NOT NULL,
  acct_id BIGINT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  held_at_ms BIGINT NOT NULL,
  ended_at_ms BIGINT,
  PRIMARY KEY (tenant_id, hold_no)
);
CREATE INDEX core_hold_by_account ON core_hold (tenant_id, acct_id, state);

-- Gapless per institution; a reader that sees a gap knows that it missed something.
CREATE TABLE core_event (
  tenant_id BIGINT NOT NULL,
  event_seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  journal_no BIGINT,
  line_no BIGINT,
  acct_id BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, event_seq)
);

-- Tries used up on one day: subject is pin:<cust_no> or party:<blind index of the claimed number>.
CREATE TABLE core_counter (
  tenant_id BIGINT NOT NULL,
  subject TEXT NOT NULL,
  day BIGINT NOT NULL,
  used BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, subject, day)
);

CREATE TABLE core_pin (
  tenant_id BIGINT NOT NULL,
  cust_no BIGINT NOT NULL,
  hash TEXT NOT NULL,
  set_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, cust_no)
);

-- How far the generated history of an institution has been written.
CREATE TABLE core_seed (
  tenant_id BIGINT NOT NULL PRIMARY KEY,
  seed BIGINT NOT NULL,
  today BIGINT NOT NULL,
  done BIGINT NOT NULL,
  planned BIGINT NOT NULL
);
