-- The chain over the audit trail: each row with its place and its hash, gapless for each institution. Nothing is ever changed here.
CREATE TABLE audit_chain (
  tenant_id BIGINT NOT NULL, seq BIGINT NOT NULL, audit_id BIGINT NOT NULL, hash BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, seq));
CREATE UNIQUE INDEX audit_chain_of_row ON audit_chain (tenant_id, audit_id);

-- Rows that are not in the chain yet; written with the row, gone some seconds later.
CREATE TABLE audit_open (
  tenant_id BIGINT NOT NULL, audit_id BIGINT NOT NULL, PRIMARY KEY (tenant_id, audit_id));
INSERT INTO audit_open (tenant_id, audit_id) SELECT tenant_id, id FROM audit;
