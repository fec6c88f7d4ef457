-- What is known of a follower beside the conversation (binding, agreements, results that wait) has a version of its own: a
-- turn reads it and does not write it.
ALTER TABLE seat ADD COLUMN facts BIGINT NOT NULL DEFAULT 0;
-- SQLite only: seats of turns recorded together, one row a batch, until they are swept into `seat` (docs/adr/0015-seats-written-behind.md).
-- One log for all tenants, kept under the union; every seat in it is sealed with its own tenant's key.
CREATE TABLE seat_log (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, seats BYTEA NOT NULL, PRIMARY KEY (tenant_id, id) -- sqlite: without rowid
);
