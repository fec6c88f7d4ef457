-- Risk assessments (风险测评): what a customer answered, sealed with what came of it (C2). The latest of a customer counts, whatever
-- binding made it, and the day before `until_day` is the last it is good for.
CREATE TABLE risk_assessment (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, follower_id BIGINT NOT NULL, binding_id BIGINT NOT NULL,
  result_sealed BYTEA NOT NULL, taken_at_ms BIGINT NOT NULL, until_day BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE INDEX risk_assessment_of ON risk_assessment (tenant_id, binding_id, id);
