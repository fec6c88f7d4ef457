-- What cores tell by themselves: each event once, under the core's own number, and how far each institution's stream is whole.
-- Nothing above `last_seq` is acted on; `gap_since_ms` is when something above it came while the next was missing.
CREATE TABLE core_stream (
  tenant_id BIGINT NOT NULL PRIMARY KEY, last_seq BIGINT NOT NULL, gap_since_ms BIGINT, is_alarmed BIGINT NOT NULL,
  contradicted BIGINT NOT NULL);

-- The event is personal data. `digest` is of what came: the same number with something else in it is never taken for the first.
CREATE TABLE core_inbox (
  tenant_id BIGINT NOT NULL, seq BIGINT NOT NULL, event_sealed BYTEA NOT NULL, digest BYTEA NOT NULL, via TEXT NOT NULL,
  came_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, seq));
CREATE INDEX core_inbox_by_time ON core_inbox (came_at_ms);
