-- Cores that speak ISO 8583 number no stream; then we number it here as messages come. A stream is numbered by one side only.
ALTER TABLE core_stream ADD COLUMN numbered_here BIGINT NOT NULL DEFAULT 0;

-- Messages that were acknowledged, by what their sender knows them by: class, acquirer, time and trace number, hashed. A message
-- that moved nothing has no event; one that is sent again changes nothing, and with other content it is refused.
CREATE TABLE core_iso (
  tenant_id BIGINT NOT NULL, message_key BYTEA NOT NULL, digest BYTEA NOT NULL, first_seq BIGINT, core_serial TEXT NOT NULL,
  came_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, message_key));
CREATE INDEX core_iso_by_time ON core_iso (came_at_ms);
