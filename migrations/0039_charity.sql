-- Good causes (公益): projects, points given to them, and which payments were gifts.

-- A project of an institution's own, or of the province. `maker` wrote it down and `checker` let it pass: two persons.
-- One share (一份) is unit_points and buys what unit_words says. state: open, closed. An empty payee_number takes no money.
CREATE TABLE charity_project (
  tenant_id BIGINT NOT NULL, code TEXT NOT NULL, title TEXT NOT NULL, story TEXT NOT NULL,
  fundraiser TEXT NOT NULL, licence TEXT NOT NULL, unit_points BIGINT NOT NULL, unit_words TEXT NOT NULL,
  goal_points BIGINT NOT NULL, ends_on BIGINT NOT NULL, state TEXT NOT NULL,
  payee_number TEXT NOT NULL, payee_name TEXT NOT NULL, maker TEXT NOT NULL, checker TEXT NOT NULL, at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, code));

-- A gift of points. state: offered, left, sent (told to the core), given, refused, manual (the core's answer speaks of something
-- else), voiding, voided. `given_on` is the day it counts for, `lamp_no` the core's; the target (C2) is wiped once it is known.
CREATE TABLE gift (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT NOT NULL,
  owner_id BIGINT NOT NULL, project TEXT NOT NULL, points BIGINT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
  given_on BIGINT, lamp_no BIGINT, left_points BIGINT, core_serial TEXT NOT NULL, target_sealed BYTEA NOT NULL,
  valid_until_ms BIGINT, void_reason TEXT NOT NULL, voided_by BIGINT, offered_at_ms BIGINT NOT NULL, known_at_ms BIGINT,
  PRIMARY KEY (tenant_id, id));
CREATE INDEX gift_of_binding ON gift (tenant_id, binding_id, state, given_on);
CREATE INDEX gift_of_follower ON gift (tenant_id, follower_id, state);

-- Which payments are gifts, and to what.
CREATE TABLE gift_cash (
  tenant_id BIGINT NOT NULL, payment_id BIGINT NOT NULL, owner_id BIGINT NOT NULL, project TEXT NOT NULL,
  is_anonymous BOOLEAN NOT NULL, PRIMARY KEY (tenant_id, payment_id));
CREATE INDEX gift_cash_of_project ON gift_cash (tenant_id, owner_id, project);
