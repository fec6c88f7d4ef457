-- Bills (缴费): households whose bills a customer pays, which payments were for which, and what nobody can be paid for yet.

-- A household that was paid for, whichever binding the customer has. `home_sealed` holds biller, number, name and nickname.
CREATE TABLE household (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, binding_id BIGINT NOT NULL, kind TEXT NOT NULL, home_sealed BYTEA NOT NULL,
  added_at_ms BIGINT NOT NULL, paid_at_ms BIGINT NOT NULL, times BIGINT NOT NULL, removed_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE INDEX household_of ON household (tenant_id, binding_id, id);

-- One row for each payment of a bill, made with its draft: of what kind, for which household (`due_sealed`). `is_kept` says that
-- its household was put among the customer's.
CREATE TABLE bill (
  tenant_id BIGINT NOT NULL, payment_id BIGINT NOT NULL, binding_id BIGINT NOT NULL, kind TEXT NOT NULL, due_sealed BYTEA NOT NULL,
  is_kept BOOLEAN NOT NULL, made_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, payment_id));
CREATE INDEX bill_of ON bill (tenant_id, binding_id, made_at_ms);

-- Who asked for a kind of bill that nobody is contracted for here, once for each month.
CREATE TABLE bill_demand (
  tenant_id BIGINT NOT NULL, kind TEXT NOT NULL, month_no BIGINT NOT NULL, follower_id BIGINT NOT NULL, asked_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, kind, month_no, follower_id));
