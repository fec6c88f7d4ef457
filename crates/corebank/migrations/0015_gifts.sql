-- Points that were given to a good cause, in double entry: a card's lots on one side, the project on the other, and the lamp's
-- number, which has no gap. A project's ledger stands with whoever runs it, and institutions of the same core give to it.

-- carried_*: what it had when its ledger began here. `lamps` is the number given out last.
CREATE TABLE core_gift_project (
  tenant_id BIGINT NOT NULL,
  project TEXT NOT NULL,
  carried_lamps BIGINT NOT NULL CHECK (carried_lamps >= 0),
  carried_points BIGINT NOT NULL CHECK (carried_points >= 0),
  lamps BIGINT NOT NULL,
  points BIGINT NOT NULL CHECK (points >= 0),
  PRIMARY KEY (tenant_id, project)
);

-- One row for each gift that was made. state: given, voided (its number is never given again).
CREATE TABLE core_gift (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  cust_no BIGINT NOT NULL,
  owner_id BIGINT NOT NULL,
  project TEXT NOT NULL,
  points BIGINT NOT NULL CHECK (points > 0),
  lamp_no BIGINT NOT NULL,
  -- Points left on the cards after it: part of the answer, which is the same for ever.
  left_points BIGINT NOT NULL,
  core_date BIGINT NOT NULL,
  given_at_ms BIGINT NOT NULL,
  state TEXT NOT NULL,
  voided_by TEXT,
  PRIMARY KEY (tenant_id, request_id),
  CHECK ((state = 'voided') = (voided_by IS NOT NULL))
);
CREATE UNIQUE INDEX core_gift_by_lamp ON core_gift (owner_id, project, lamp_no);
CREATE UNIQUE INDEX core_gift_by_void ON core_gift (tenant_id, voided_by) WHERE voided_by IS NOT NULL;

-- The lines of one command add up to nothing. holder: card (a lot of acct_id's, earned on that day) or project.
CREATE TABLE core_point_entry (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  line_no BIGINT NOT NULL,
  holder TEXT NOT NULL,
  acct_id BIGINT,
  earned_on BIGINT,
  owner_id BIGINT,
  project TEXT,
  points BIGINT NOT NULL CHECK (points <> 0),
  PRIMARY KEY (tenant_id, request_id, line_no),
  CHECK ((holder = 'card') = (acct_id IS NOT NULL)),
  CHECK ((holder = 'card') = (earned_on IS NOT NULL)),
  CHECK ((holder = 'project') = (project IS NOT NULL))
);
CREATE INDEX core_point_entry_by_card ON core_point_entry (tenant_id, acct_id, earned_on);
CREATE INDEX core_point_entry_by_project ON core_point_entry (owner_id, project);

-- A payment into an account of the institution's own that is more than a transfer: `loan|part|ahead`. Empty else.
ALTER TABLE core_payment ADD COLUMN payee_kind TEXT NOT NULL DEFAULT '';
