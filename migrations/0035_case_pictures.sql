-- Photographs that are answers of a form, sealed; they go with the answers of their case.
CREATE TABLE case_picture (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL, field TEXT NOT NULL, mime TEXT NOT NULL,
  picture_sealed BYTEA NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE INDEX case_picture_of ON case_picture (tenant_id, case_id, id);
