-- What a follower who goes to another institution leaves behind can still be found: turns stay where they were answered.
ALTER TABLE follower ADD COLUMN moved_at_ms BIGINT;
-- Who served a follower before; `home_tenant_id` serves them now.
CREATE TABLE former_home (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, home_tenant_id BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, follower_id));
-- The road back from a follower to all of them; the house's own, hence not keyed by tenant first.
CREATE INDEX former_home_of ON former_home (follower_id);
-- Operators' commands that were taken: each works once, whichever process it comes to.
CREATE TABLE operator_command (
  tenant_id BIGINT NOT NULL, once TEXT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, once));
-- The same span for another purpose or in another language is another file; a keyed hash of both, empty for neither.
ALTER TABLE stamped ADD COLUMN variant TEXT NOT NULL DEFAULT '';
DROP INDEX stamped_same;
CREATE UNIQUE INDEX stamped_same ON stamped (tenant_id, follower_id, account_key, first_day, last_day, variant)
  WHERE state IN ('making', 'ready');
