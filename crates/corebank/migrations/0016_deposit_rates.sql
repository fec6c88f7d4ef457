-- Rates of time deposits that an institution set itself; where there is no row, the sandbox's own list holds.
CREATE TABLE core_deposit_rate (
  tenant_id BIGINT NOT NULL,
  months BIGINT NOT NULL,
  rate_bp BIGINT NOT NULL CHECK (rate_bp >= 0),
  PRIMARY KEY (tenant_id, months)
);
