-- Cases (业务单): applications and complaints, from a draft saved per step to their end. What was answered is sealed; `number` is
-- what a person reads out, there from the submission on. `binding_id` is empty where nobody had to be bound.
CREATE TABLE case_file (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT, kind TEXT NOT NULL,
  number TEXT, state TEXT NOT NULL, reason TEXT NOT NULL, stage BIGINT NOT NULL, at_step BIGINT NOT NULL, version BIGINT NOT NULL,
  answers_sealed BYTEA NOT NULL, open_key TEXT, begun_at_ms BIGINT NOT NULL, saved_at_ms BIGINT NOT NULL,
  submitted_at_ms BIGINT, due_at_ms BIGINT, ended_at_ms BIGINT, urged_at_ms BIGINT, PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX case_by_number ON case_file (tenant_id, number) WHERE number IS NOT NULL;
-- Invariant: a follower has one open case of a kind, except of kinds one may have many of (a complaint), whose `open_key` is empty.
CREATE UNIQUE INDEX case_open ON case_file (tenant_id, follower_id, open_key) WHERE open_key IS NOT NULL;
CREATE INDEX case_of_follower ON case_file (tenant_id, follower_id, id);
CREATE INDEX case_of_binding ON case_file (tenant_id, binding_id, id);
CREATE INDEX case_to_do ON case_file (tenant_id, state, due_at_ms);
-- What happened to a case, in order. `note_sealed` is what an officer wrote for the customer, empty for nothing.
CREATE TABLE case_event (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL,
  stage BIGINT NOT NULL, reason TEXT NOT NULL, note_sealed BYTEA NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE INDEX case_event_of ON case_event (tenant_id, case_id, id);
-- How many numbers a day has given out; a day is days since 1970 in China.
CREATE TABLE case_number (
  tenant_id BIGINT NOT NULL, day BIGINT NOT NULL, used BIGINT NOT NULL, PRIMARY KEY (tenant_id, day));
