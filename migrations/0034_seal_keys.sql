-- What an institution signs its papers with. Certificates stay, so that old papers can be checked; the secret is wiped when
-- another key takes over (`ended_at_ms`).
CREATE TABLE seal_key (
  tenant_id BIGINT NOT NULL, no BIGINT NOT NULL, certificate BYTEA NOT NULL, secret_sealed BYTEA NOT NULL,
  made_at_ms BIGINT NOT NULL, ended_at_ms BIGINT, PRIMARY KEY (tenant_id, no));
-- For papers that are read abroad; empty where an institution has none.
ALTER TABLE institution ADD COLUMN english TEXT NOT NULL DEFAULT '';
