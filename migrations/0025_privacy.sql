-- A copy of what is kept about a follower (个人信息副本): making | ready | failed | over; the file, sealed, until `ends_at_ms`. The
-- token opens it once, in the session it was made for.
CREATE TABLE privacy_export (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, state TEXT NOT NULL, file_sealed BYTEA,
  token_hash BYTEA, token_session BIGINT, token_ends_at_ms BIGINT, token_used_at_ms BIGINT,
  asked_at_ms BIGINT NOT NULL, ends_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
-- Invariant: one at a time; asked for again, it is the one that is there.
CREATE UNIQUE INDEX privacy_export_live ON privacy_export (tenant_id, follower_id) WHERE state IN ('making', 'ready');
-- What one person did, without reading everybody's.
CREATE INDEX audit_by_actor ON audit (tenant_id, actor, id);
