-- A new data key is published first and used from a later moment on, when every process has read it.
-- `resealed_at_ms`: from then on nothing is sealed with an older key any more.
ALTER TABLE tenant_key ADD COLUMN use_from_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tenant_key ADD COLUMN resealed_at_ms BIGINT;
-- The secret of a login's one-time codes, and the last half minute one was taken for: each code works once.
ALTER TABLE staff ADD COLUMN totp_sealed BYTEA;
ALTER TABLE staff ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
