-- Reconciliation (对账): which files of the core were taken, what differed, how each day stands.

-- One row for each file that was taken; a day's later ones take the place of those before by an operator's word.
CREATE TABLE recon_file (
  tenant_id BIGINT NOT NULL, source TEXT NOT NULL, core_date BIGINT NOT NULL, version BIGINT NOT NULL,
  digest BYTEA NOT NULL, file_no BIGINT NOT NULL, line_count BIGINT NOT NULL, debit_fen BIGINT NOT NULL, credit_fen BIGINT NOT NULL,
  taken_by TEXT NOT NULL, taken_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, source, core_date, version));

-- One row for each payment or group of lines that is not M0 (core.md §8), and for each payment that people decide about without a
-- file (class HAND). `item` is the channel's serial, or a hash for what is none of ours. state: waiting (跨日), open, proposed,
-- resolved, superseded. `before_state` is where the payment stood. `line_sealed` is the core's line (C2); `evidence` is digest#line.
CREATE TABLE recon_diff (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, source TEXT NOT NULL, core_date BIGINT NOT NULL, version BIGINT NOT NULL,
  item TEXT NOT NULL, class TEXT NOT NULL, why TEXT NOT NULL, state TEXT NOT NULL,
  payment_id BIGINT, before_state BIGINT, amount_fen BIGINT, core_fen BIGINT, line_sealed BYTEA, evidence TEXT NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, maker BIGINT, checker BIGINT,
  found_at_ms BIGINT NOT NULL, proposed_at_ms BIGINT, decided_at_ms BIGINT,
  PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX recon_diff_once ON recon_diff (tenant_id, source, core_date, version, item);
CREATE INDEX recon_diff_open ON recon_diff (tenant_id, state, core_date);
CREATE INDEX recon_diff_of_payment ON recon_diff (tenant_id, payment_id);

-- How a day stands: running, BALANCED, OPEN_DIFF, FILE_MISSING. `counts` is how many were of each class, M0 first.
CREATE TABLE recon_day (
  tenant_id BIGINT NOT NULL, source TEXT NOT NULL, core_date BIGINT NOT NULL, version BIGINT NOT NULL, state TEXT NOT NULL,
  counts TEXT NOT NULL, overdue BIGINT NOT NULL, report_digest BYTEA, ran_at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, source, core_date));
