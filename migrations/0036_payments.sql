-- Payments: what a customer wants paid, where it stands, every step of it, every call to the core, and whom they pay.

-- `state` is a number of core.md §2 (10 draft … 80 manual). `intent_sealed` holds who pays whom (C2) and never changes;
-- `intent_hash` is what a code or a PIN confirms; `result_sealed` is what the core said. `payee_index` is a keyed hash by which
-- an equal payment is known for some minutes. A payment counts against the limits of the day `counted_on` while its state counts.
CREATE TABLE payment (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT NOT NULL, product TEXT NOT NULL,
  state BIGINT NOT NULL, version BIGINT NOT NULL, why TEXT NOT NULL, reject TEXT NOT NULL,
  intent_sealed BYTEA NOT NULL, intent_hash BYTEA NOT NULL, result_sealed BYTEA,
  payee_index BYTEA NOT NULL, payer_key TEXT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0), fee_fen BIGINT NOT NULL CHECK (fee_fen >= 0),
  serial_no TEXT NOT NULL, channel_date BIGINT NOT NULL, counted_on BIGINT,
  core_serial TEXT, core_date BIGINT,
  valid_until_ms BIGINT, is_sending BOOLEAN NOT NULL, is_broken BOOLEAN NOT NULL, tries BIGINT NOT NULL,
  lease_owner TEXT NOT NULL, lease_epoch BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL, since_ms BIGINT NOT NULL, next_at_ms BIGINT, ended_at_ms BIGINT,
  PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX payment_by_serial ON payment (tenant_id, serial_no);
CREATE INDEX payment_due ON payment (next_at_ms);
CREATE INDEX payment_counted ON payment (tenant_id, binding_id, counted_on);
CREATE INDEX payment_of_follower ON payment (tenant_id, follower_id, id);
CREATE INDEX payment_by_state ON payment (tenant_id, state, since_ms);

-- What a customer said in chat that they want paid, until the page has made a payment of it; the newest counts.
CREATE TABLE payment_wish (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT NOT NULL, wish_sealed BYTEA NOT NULL,
  payment_id BIGINT, state TEXT NOT NULL, made_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE INDEX payment_wish_of ON payment_wish (tenant_id, follower_id, state);
-- All bindings of one customer, ended ones too: a day's limit does not begin anew with a new binding.
CREATE INDEX binding_by_customer ON binding (tenant_id, customer_index);

-- One row for each step: only ever added.
CREATE TABLE payment_event (
  tenant_id BIGINT NOT NULL, payment_id BIGINT NOT NULL, seq BIGINT NOT NULL, from_state BIGINT NOT NULL, to_state BIGINT NOT NULL,
  why TEXT NOT NULL, epoch BIGINT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, payment_id, seq));

-- One row for each command sent to a core, written and committed before its first byte: kind P post, R reverse.
CREATE TABLE core_call (
  tenant_id BIGINT NOT NULL, payment_id BIGINT NOT NULL, epoch BIGINT NOT NULL, request_id TEXT NOT NULL, kind TEXT NOT NULL,
  payload_hash BYTEA NOT NULL, sent_at_ms BIGINT NOT NULL, valid_until_ms BIGINT NOT NULL, outcome TEXT NOT NULL, answered_at_ms BIGINT,
  PRIMARY KEY (tenant_id, payment_id, epoch));
CREATE INDEX core_call_by_request ON core_call (tenant_id, request_id);

-- Whom a customer has paid or wants to pay (收款人). `who_sealed` holds name, number and bank.
CREATE TABLE payee (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, binding_id BIGINT NOT NULL, who_sealed BYTEA NOT NULL,
  added_at_ms BIGINT NOT NULL, paid_at_ms BIGINT, times BIGINT NOT NULL, removed_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE INDEX payee_of ON payee (tenant_id, binding_id, id);
