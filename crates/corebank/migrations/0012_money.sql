-- Money that a channel moves: payments and what became of them, holds under request ids, journals that undo another.

-- The journal that this one mirrors (冲正); at most one mirrors another.
ALTER TABLE core_journal ADD COLUMN reversal_of BIGINT;
CREATE UNIQUE INDEX core_journal_by_original ON core_journal (tenant_id, reversal_of) WHERE reversal_of IS NOT NULL;

-- A hold under a request id has an end; one under a number of the bank's own has neither.
ALTER TABLE core_hold ADD COLUMN request_id TEXT;
ALTER TABLE core_hold ADD COLUMN until_ms BIGINT;
-- The command that ended it.
ALTER TABLE core_hold ADD COLUMN ended_by TEXT;
CREATE UNIQUE INDEX core_hold_by_request ON core_hold (tenant_id, request_id) WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX core_hold_by_ender ON core_hold (tenant_id, ended_by) WHERE ended_by IS NOT NULL;
CREATE INDEX core_hold_by_end ON core_hold (tenant_id, state, until_ms);

-- One row per payment that was posted. The payee is an account of the institution's own, or sealed.
-- state: done (行内), pending, settling (the rail has it), confirmed, returned, reversed.
CREATE TABLE core_payment (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  journal_no BIGINT NOT NULL,
  payer BIGINT NOT NULL,
  payee BIGINT,
  payee_sealed BYTEA,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  fee_fen BIGINT NOT NULL CHECK (fee_fen >= 0),
  rail TEXT NOT NULL,
  -- What the payer could spend after it: part of the answer, which is the same for ever.
  available_fen BIGINT NOT NULL,
  hold_id TEXT,
  state TEXT NOT NULL,
  due_at_ms BIGINT,
  -- The journal of its return or of its reversal.
  back_journal BIGINT,
  -- Why it was returned.
  reason TEXT NOT NULL,
  PRIMARY KEY (tenant_id, request_id),
  CHECK ((payee IS NULL) = (payee_sealed IS NOT NULL)),
  CHECK ((state = 'returned' OR state = 'reversed') = (back_journal IS NOT NULL))
);
CREATE INDEX core_payment_by_due ON core_payment (tenant_id, state, due_at_ms);
CREATE UNIQUE INDEX core_payment_by_journal ON core_payment (tenant_id, journal_no);
CREATE UNIQUE INDEX core_payment_by_hold ON core_payment (tenant_id, hold_id) WHERE hold_id IS NOT NULL;
